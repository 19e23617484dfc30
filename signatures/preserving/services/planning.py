"""For which versions something is to be done, and when."""

from django.db import transaction

from emr.common.clock import now
from emr.outbox import publish
from emr.outbox.models import OutboxEvent
from encounters.documents.models import DocumentVersion
from signatures.preserving.models import Preservation
from signatures.preserving.selectors import due, ending, unknown_versions

BATCH = 20
A_NIGHT = 2000
TOPIC = "document_version.preservation_due"


@transaction.atomic
def note_signed(*, version_id: int) -> Preservation:
    """A signature stands in the version's PDF: its proof is to be looked for. Heard twice, it is noted once."""
    version = DocumentVersion.objects.defer("composition").get(pk=version_id)
    row, _ = Preservation.objects.get_or_create(
        version=version, defaults={"facility_id": version.facility_id}
    )
    row.next_try_at, row.attempts = now(), 0
    row.save(update_fields=["next_try_at", "attempts"])
    return row


@transaction.atomic
def note_sealed(*, version_id: int) -> None:
    """A seal was put on after people had signed: it wants proof too. What nobody has signed yet waits for who signs."""
    Preservation.objects.filter(version_id=version_id).update(next_try_at=now(), attempts=0)


@transaction.atomic
def ask_for_raising(limit: int = BATCH) -> int:
    """Have the versions raised that are due, longest first; returns how many are asked for."""
    under_way = OutboxEvent.objects.filter(topic=TOPIC, done_at=None)
    asked = {payload["document_version_id"] for payload in under_way.values_list("payload", flat=True)}
    if under_way.filter(failed_at=None).count() >= limit:
        return 0
    waiting = list(due().exclude(version_id__in=asked).values_list("version_id", flat=True)[:limit])
    for version_id in waiting:
        publish(TOPIC, document_version_id=version_id)
    return len(waiting)


@transaction.atomic
def try_the_others() -> int:
    """An authority answers again: nobody else waits for the end of their pause. Returns how many that are."""
    waiting = Preservation.objects.filter(problem=Preservation.Problem.UNREACHABLE, next_try_at__gt=now())
    return waiting.update(next_try_at=now())


@transaction.atomic
def plan_ahead() -> int:
    """The night's look: renew what ends soon, take in what was signed before accounts were kept. Returns how many."""
    planned = ending().update(next_try_at=now(), attempts=0)
    for version in unknown_versions().defer("composition")[:A_NIGHT]:
        _, is_new = Preservation.objects.get_or_create(
            version=version, defaults={"facility_id": version.facility_id, "next_try_at": now()}
        )
        planned += is_new
    return planned
