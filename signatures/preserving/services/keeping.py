"""What was appended, stored once, and the level told with it."""

from django.db import transaction

from emr.audit.services import record
from emr.storage.models import Attachment
from emr.storage.services import store_bytes
from encounters.documents.models import DocumentBytes
from signatures.preserving.models import Preservation, SealedRevision
from signatures.preserving.selectors import is_busy, newest_file
from signatures.preserving.services.raising import Raised
from signatures.signing.models import SigningRequest


@transaction.atomic
def keep_raised(raised: Raised) -> Preservation | None:
    """Store the PDF as the next revision, the levels verified in it, and when to look again.

    None when there is another PDF meanwhile, or somebody is signing: it stays due. Locks the version's requests: a
    signature already made over the present PDF must still find it the newest.
    """
    found = Preservation.objects.values_list("version_id", flat=True).get(pk=raised.preservation_id)
    requests = list(
        SigningRequest.objects.select_for_update().filter(version_id=found).defer("tail").order_by("pk")
    )
    row = (
        Preservation.objects.select_for_update(of=("self",))
        .select_related(
            "facility",
            "version__document__patient",
            "bundle__patient",
            "bundle__attachment",
            "paper__patient",
        )
        .defer("version__composition", "bundle__content")
        .get(pk=raised.preservation_id)
    )
    base = newest_file(row)
    if base is None or base.revision != raised.base_revision or is_busy(row):
        return None
    signed = [one for one in requests if one.status == SigningRequest.Status.COMPLETED]
    if raised.pdf is not None:
        attachment = store_bytes(raised.pdf, content_type="application/pdf", facility=row.facility)
        _append(row, raised, attachment, by_seal=not signed)
    for request in signed:
        level = raised.levels.get(f"Signature{request.step}", request.level)
        if level != request.level:
            detail = {"level": level, "was": request.level}
            request.level = level
            request.save(update_fields=["level"])
            patient = row.version.document.patient if row.version is not None else None
            record("signature.preserve", of=request, patient=patient, detail=detail)
    if not signed and row.level != raised.level:
        _tell_of_the_seal(row, raised)
    _note(row, raised)
    return row


def _append(row: Preservation, raised: Raised, attachment: Attachment, *, by_seal: bool) -> None:
    """One more revision. `by_seal`: nobody's signature stands in it, so proof of the seal doesn't make it a signed one."""
    number = raised.base_revision + 1
    if row.version is not None:
        DocumentBytes.objects.create(
            version=row.version,
            revision=number,
            attachment=attachment,
            sha256=attachment.sha256,
            by_seal=by_seal,
        )
        return
    SealedRevision.objects.create(
        facility=row.facility, preservation=row, number=number, attachment=attachment, level=raised.level
    )


def _tell_of_the_seal(row: Preservation, raised: Raised) -> None:
    whose = row.sealed or row.version
    patient = row.sealed.patient if row.sealed else row.version.document.patient if row.version else None
    record("seal.preserve", of=whose, patient=patient, detail={"level": raised.level, "was": row.level})


def _note(row: Preservation, raised: Raised) -> None:
    is_vain = raised.problem in {Preservation.Problem.UNREACHABLE, Preservation.Problem.OLD_ANSWER}
    row.problem, row.next_try_at = raised.problem, raised.next_try_at
    row.attempts = min(row.attempts + 1, 1000) if is_vain else 0
    row.protected_until = raised.protected_until
    changed = ["problem", "next_try_at", "attempts", "protected_until"]
    if row.level != raised.level:
        row.level = raised.level
        changed.append("level")
    row.save(update_fields=changed)
