"""Judging files: a stranger's, one of ours, the one behind a printed code."""

import base64
import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from emr.storage.models import Attachment
from emr.storage.revisions import newest_of
from emr.storage.services import DamagedFile, read_bytes
from encounters.bundles.models import RecordExtract
from encounters.bundles.seals import Judged
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from signatures.certificates.selectors import revocations
from signatures.certificates.trust import trust_roots
from signatures.verification.cage import TooHeavy, verify_caged
from signatures.verification.selectors import is_kept, newest_bytes
from signatures.verification.verdicts import INVALID_REASONS, Report

if TYPE_CHECKING:
    from signatures.verification.evidence import Evidence

_MOST_ASKED = 5  # signers of one file: nobody has the server ask for long


def trusted_roots() -> list[bytes]:
    """Whom this instance trusts, DER."""
    return [root.public_bytes(Encoding.DER) for root in trust_roots()]


def verify_upload(data: bytes) -> tuple[Report, bool]:
    """(report, whether exactly these bytes are kept here) for a file that anybody may have sent."""
    try:
        report = verify_caged(data, roots=trusted_roots(), revoked=revocations())
        if asked := ask_authorities(report):
            report = verify_caged(data, roots=trusted_roots(), revoked=revocations(), asked=asked)
    except TooHeavy:
        report = Report(hashlib.sha256(data).hexdigest(), len(data), problems=["unreadable", "too_heavy"])
    return report, is_kept(report.sha256)


def verify_stored(stored: DocumentBytes) -> Report:
    """Judge a file of our own: its signatures, and that it still is what was stored."""
    return verify_kept(stored.attachment, sha256=stored.sha256)


def verify_kept(attachment: Attachment, *, sha256: str) -> Report:
    """The same for any PDF that is kept here under this digest."""
    try:
        data = read_bytes(attachment)
    except DamagedFile:
        return Report(sha256, 0, problems=["unreadable"])
    from signatures.verification.report import verify_pdf  # noqa: PLC0415 -- loads pyHanko

    report = verify_pdf(data, roots=trusted_roots(), revoked=revocations())
    if asked := ask_authorities(report):
        report = verify_pdf(data, roots=trusted_roots(), revoked=revocations(), asked=asked)
    if report.sha256 != sha256:
        report.problems.append("differs")
    return report


def judge_file(data: bytes) -> Judged:
    """Whether the signatures in a file of our own making hold: a record's file, or a document taken out of one."""
    from signatures.verification.report import verify_pdf  # noqa: PLC0415 -- loads pyHanko
    from signatures.verification.words import problem_text  # noqa: PLC0415

    report = verify_pdf(data, roots=trusted_roots(), revoked=revocations())
    if asked := ask_authorities(report):
        report = verify_pdf(data, roots=trusted_roots(), revoked=revocations(), asked=asked)
    problems = [*report.problems, *(problem for one in report.signatures for problem in one.problems)]
    return Judged(
        verdict=report.verdict.value,
        signers=[one.signer for one in report.signatures if one.kind == "signature"],
        problems=[str(problem_text(problem)) for problem in dict.fromkeys(problems)],
    )


def ask_authorities(report: Report) -> "Evidence | None":
    """What authorities answer now about signers whose standing is all that the file leaves open; None without an answer.

    The certificates come out of the report: a stranger's file itself is opened in its cage alone.
    """
    whom = [one.certificates for one in report.signatures if one.problems == ["revocation_unchecked"]]
    if not whom or INVALID_REASONS.intersection(report.problems):
        return None
    from asn1crypto import x509  # noqa: PLC0415 -- with what loads pyHanko

    from signatures.verification.asking import ask_about  # noqa: PLC0415
    from signatures.verification.evidence import Evidence  # noqa: PLC0415

    told, roots = Evidence(), [x509.Certificate.load(root) for root in trusted_roots()]
    for certificates in whom[:_MOST_ASKED]:
        signer, *above = (x509.Certificate.load(base64.b64decode(one)) for one in certificates)
        told += ask_about(signer, among=above, roots=roots, since=None)[0]
    return told or None


def verify_extract(extract: RecordExtract) -> Report | None:
    """Judge the file of an extract; None while it isn't made."""
    attachment = getattr(getattr(extract, "bundle", None), "attachment", None)
    if attachment is None:
        return None
    newest = newest_of(attachment)
    return verify_kept(newest, sha256=newest.sha256)


def verify_code(version: DocumentVersion) -> tuple[Report | None, bool]:
    """(report of the newest PDF of a version, whether the version is the document's current one)."""
    stored = newest_bytes(version)
    document = version.document
    is_current = (
        document.current_version_id == version.pk and document.status != Document.Status.ENTERED_IN_ERROR
    )
    return (verify_stored(stored) if stored is not None else None), is_current
