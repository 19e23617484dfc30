"""The long proof of a file's signatures and seals: levels B-LT and B-LTA (ETSI EN 319 142-1 §6), and its renewal.

Signed first, raised later: validation data of the signers' and timestamp authorities' certificates are appended to the PDF
(its DSS), then a document timestamp over all of it. What is written is verified before it is kept, and the level is the one
that verification finds in the file, never the one that was meant.
"""

import datetime as dt
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.serialization import Encoding

from emr.common.clock import now
from emr.storage.services import read_bytes
from signatures.certificates.selectors import revocations
from signatures.certificates.trust import trust_roots
from signatures.preserving.models import Preservation
from signatures.preserving.selectors import RENEW_BEFORE, is_busy, newest_file
from signatures.preserving.settings import LEVELS, wanted_level
from signatures.signing import cms, timestamp
from signatures.verification.verdicts import INVALID_REASONS, Report

# Vain attempts wait longer and longer; an authority that answers somebody else ends the wait.
_FIRST_PAUSE, _LONGEST_PAUSE = dt.timedelta(minutes=5), dt.timedelta(hours=6)
_LONG = dt.timedelta(days=30)
# The fields of people's signatures (`signing`); any other is a seal's.
_BY_A_PERSON = "Signature"


@dataclass(frozen=True)
class Raised:
    """What was found out about a file, not stored yet. `pdf` is None where nothing is to be appended.

    `levels`: {field name: level} of its signatures in the file as it would be kept.
    """

    preservation_id: int
    base_revision: int
    pdf: bytes | None = None
    levels: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    next_try_at: dt.datetime | None = None
    protected_until: dt.datetime | None = None

    @property
    def level(self) -> str:
        """The weakest signature's."""
        return min(self.levels.values(), key=LEVELS.index, default="")


def raise_level(*, preservation_id: int) -> Raised | None:
    """Append what the newest PDF lacks; slow, changes nothing. None when nothing is due, or somebody signs.

    Raises UnfitPdf, DamagedFile.
    """
    row = (
        Preservation.objects.select_related("version", "bundle__attachment__key", "paper__sealed__key")
        .defer("version__composition", "bundle__content")
        .filter(pk=preservation_id, next_try_at__lte=now())
        .first()
    )
    base = newest_file(row) if row is not None and not is_busy(row) else None
    if row is None or base is None:
        return None
    raised = raise_bytes(
        read_bytes(base.attachment),
        preservation_id=row.pk,
        revision=base.revision,
        wanted=wanted_level(row.facility_id),
    )
    return _paused(raised, row.attempts)


def raise_bytes(pdf: bytes, *, preservation_id: int, revision: int, wanted: str) -> Raised:
    """What the PDF lacks for the level that is wanted, appended and verified; asks the authorities, touches no row.

    Raises UnfitPdf.
    """
    from signatures.preserving.gathering import gather  # noqa: PLC0415 -- loads pyHanko, which only the worker needs
    from signatures.signing.pades import append_evidence  # noqa: PLC0415

    before = _verify(pdf)

    def told(after: Report, problem: str, again_at: dt.datetime | None, grown: bytes | None = None) -> Raised:
        return Raised(
            preservation_id=preservation_id,
            base_revision=revision,
            pdf=grown,
            levels=_levels(after),
            problem=problem,
            next_try_at=again_at,
            protected_until=_protected_until(after),
        )

    if (rest := _at_rest(before, wanted)) is not None:
        return told(before, *rest)
    if _bare(before):
        # The facility sealed while the timestamp authority was away: a document timestamp first, the rest right after it.
        stamped = _archive(pdf, revision)
        after = _verify(stamped) if stamped is not None else before
        if _is_broken(after):
            return told(before, "doubted", now() + _LONG)
        return told(after, "" if stamped is not None else "unreachable", now(), stamped)
    found = gather(pdf, before, roots=_roots())
    grown = pdf
    if found.evidence and not found.problem:  # all of it or nothing: each revision is a whole file more
        grown = append_evidence(
            pdf,
            certificates=found.evidence.certificates,
            responses=found.evidence.responses,
            lists=found.evidence.lists,
        )
    problem, again_at = found.problem, found.again_at
    if not problem and _wants_archive(before, wanted):
        sealed = _archive(grown, revision)
        if sealed is None:
            problem = "unreachable"
        elif _is_better(sealed, before):
            grown = sealed
        else:
            problem, again_at = "no_better", now() + _LONG
    after = _verify(grown) if grown is not pdf else before
    if grown is not pdf and (_is_broken(after) or len(after.signatures) < len(before.signatures)):
        # Nothing is kept that verification doubts; but a revocation that came to light is kept, whatever it does.
        if not any("revoked" in one.problems for one in after.signatures):
            return told(before, "doubted", now() + _LONG)
        problem, again_at = "revoked", None
    return told(after, problem, again_at, grown if grown is not pdf else None)


def _at_rest(before: Report, wanted: str) -> tuple[str, dt.datetime | None] | None:
    """(the problem, "" for none; when to look again), where nothing can or need be appended; None: there is more to do."""
    if _is_broken(before):
        return "doubted", now() + _LONG
    bare = _bare(before)
    if bare and (not _can_stamp() or any(name.startswith(_BY_A_PERSON) for name in bare)):
        return "no_timestamp", None
    if bare or _ends_soon(before):
        return None
    if not _publishes(before):
        return "unpublished", None
    return ("", None) if wanted == "B-T" else None


def _bare(report: Report) -> list[str]:
    """The fields of signatures without any timestamp."""
    return [one.field for one in report.signatures if one.kind == "signature" and one.timestamped_at is None]


def _paused(raised: Raised, attempts: int) -> Raised:
    """With the next try, where an authority is away or answers out of stock: later after each vain one."""
    if raised.problem not in {"unreachable", "old_answer"}:
        return raised
    soonest = now() + min(_FIRST_PAUSE * 2 ** min(attempts, 10), _LONGEST_PAUSE)
    return replace(raised, next_try_at=max(raised.next_try_at or soonest, soonest))


def _roots() -> list[bytes]:
    return [root.public_bytes(Encoding.DER) for root in trust_roots()]


def _verify(pdf: bytes) -> Report:
    from signatures.verification.report import verify_pdf  # noqa: PLC0415 -- loads pyHanko

    return verify_pdf(pdf, roots=_roots(), revoked=revocations())


def _is_broken(report: Report) -> bool:
    """Whether verification refuses the file. That revocation isn't proven yet is what we are here for."""
    problems = {*report.problems, *(code for one in report.signatures for code in one.problems)}
    return bool(problems & INVALID_REASONS) or bool(problems - {"revocation_unchecked"})


def _levels(report: Report) -> dict[str, str]:
    return {one.field: one.level for one in report.signatures if one.kind == "signature"}


def _protected_until(report: Report) -> dt.datetime | None:
    """Until when the outermost timestamp can be relied on."""
    stamps = [one for one in report.signatures if one.ends_at is not None]
    archives = [one for one in stamps if one.kind == "timestamp"]
    if archives:
        return archives[-1].ends_at
    return min((one.ends_at for one in stamps if one.ends_at is not None), default=None)


def _can_stamp() -> bool:
    return timestamp.is_configured()


def _publishes(report: Report) -> bool:
    """Whether some signer's authority publishes revocations: without that no level above B-T can be had."""
    return any(one.kind == "signature" and one.revocation != "unpublished" for one in report.signatures)


def _ends_soon(report: Report) -> bool:
    ends_at = _protected_until(report)
    return ends_at is not None and ends_at < now() + RENEW_BEFORE


def _wants_archive(report: Report, wanted: str) -> bool:
    """Whether a document timestamp is to seal the file: some proof lies unsealed, or the last seal ends soon."""
    if not _can_stamp():
        return False
    return _ends_soon(report) or (wanted == "B-LTA" and _is_unsealed(report))


def _is_unsealed(report: Report) -> bool:
    return any(
        one.kind == "signature" and one.level != "B-LTA" and one.revocation != "unpublished"
        for one in report.signatures
    )


def _archive(pdf: bytes, revision: int) -> bytes | None:
    """The PDF under a document timestamp; None while the authority is away."""
    from signatures.signing import pades  # noqa: PLC0415 -- loads pyHanko

    prepared = pades.prepare_timestamp(pdf, field_name=f"Timestamp{revision + 1}", reserved=cms.TOKEN_MAXIMUM)
    try:
        token = timestamp.fetch_token(prepared.digest)
    except timestamp.NoTimestamp:
        return None
    return pades.embed(
        pdf + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=token,
    )


def _is_better(sealed: bytes, before: Report) -> bool:
    """Whether the new timestamp lasts longer than what was there, where that was all it was for."""
    if _is_unsealed(before):
        return True
    old, new = _protected_until(before), _protected_until(_verify(sealed))
    return old is None or (new is not None and new > old)
