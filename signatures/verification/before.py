"""What the judge says of a file whose next signature is about to be made; `signatures.signing` asks it there."""

from collections.abc import Mapping

from signatures.certificates.selectors import revocations
from signatures.signing.before import Judged
from signatures.verification.services import trusted_roots
from signatures.verification.verdicts import INVALID_REASONS
from signatures.verification.words import problem_text

_CHANGED = frozenset({"changed", "coverage", "modified", "appended", "malformed", "hidden"})


def judge(pdf: bytes) -> Mapping[str, Judged]:
    """{field: what is said of its signature}; a problem of the whole file is every signature's."""
    from signatures.verification.report import verify_pdf  # noqa: PLC0415 -- loads pyHanko

    report = verify_pdf(pdf, roots=trusted_roots(), revoked=revocations())
    found = {}
    for one in report.signatures:
        problems = [*report.problems, *one.problems]
        found[one.field] = Judged(
            holds=not INVALID_REASONS.intersection(problems),
            is_untouched=not _CHANGED.intersection(problems),
            problems=tuple(problem_text(problem) for problem in problems),
        )
    return found
