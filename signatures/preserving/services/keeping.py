"""What was appended, stored once, and the level told with it."""

from django.db import transaction

from emr.audit.services import record
from emr.storage.services import store_bytes
from encounters.documents.models import DocumentBytes
from signatures.preserving.models import Preservation
from signatures.preserving.selectors import is_busy
from signatures.preserving.services.raising import Raised
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import latest_revision


@transaction.atomic
def keep_raised(raised: Raised) -> Preservation | None:
    """Store the PDF as the next revision, the levels verified in it, and when to look again.

    None when there is another PDF meanwhile, or somebody is signing: it stays due. Locks the version's requests: a
    signature already made over the present PDF must still find it the newest.
    """
    requests = list(
        SigningRequest.objects.select_for_update()
        .filter(version_id=raised.version_id)
        .defer("tail")
        .order_by("pk")
    )
    row = (
        Preservation.objects.select_for_update(of=("self",))
        .select_related("facility", "version__document__patient")
        .defer("version__composition")
        .get(version_id=raised.version_id)
    )
    if latest_revision(raised.version_id) != raised.base_revision or is_busy(raised.version_id):
        return None
    if raised.pdf is not None:
        attachment = store_bytes(raised.pdf, content_type="application/pdf", facility=row.facility)
        DocumentBytes.objects.create(
            version=row.version,
            revision=raised.base_revision + 1,
            attachment=attachment,
            sha256=attachment.sha256,
        )
    for request in requests:
        level = raised.levels.get(f"Signature{request.step}", request.level)
        if request.status == SigningRequest.Status.COMPLETED and level != request.level:
            detail = {"level": level, "was": request.level}
            request.level = level
            request.save(update_fields=["level"])
            record("signature.preserve", of=request, patient=row.version.document.patient, detail=detail)
    _note(row, raised)
    return row


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
