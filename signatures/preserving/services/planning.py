"""For which files something is to be done, and when."""

from django.db import transaction

from emr.common.clock import now
from emr.outbox import publish
from emr.outbox.models import OutboxEvent
from encounters.bundles.models import Bundle
from encounters.documents.models import DocumentVersion
from encounters.scanning.models import Paper
from signatures.preserving.models import Preservation
from signatures.preserving.selectors import (
    SETTLES_IN,
    due,
    ending,
    too_low,
    unknown_bundles,
    unknown_papers,
    unknown_versions,
)
from signatures.signing.models import SigningRequest

BATCH = 20
A_NIGHT = 2000
TOPIC = "file.preservation_due"


@transaction.atomic
def note_signed(*, version_id: int) -> Preservation:
    """A signature stands in the version's PDF: its proof is to be looked for. Heard twice, it is noted once."""
    row = _row_of(version_id)
    row.next_try_at, row.attempts = now(), 0
    row.save(update_fields=["next_try_at", "attempts"])
    return row


@transaction.atomic
def note_sealed(*, version_id: int) -> Preservation:
    """The facility's seal stands in the version's PDF. Where somebody is still to sign, it is left to them for a day."""
    row = _row_of(version_id)
    is_open = SigningRequest.objects.filter(version=version_id, status__in=SigningRequest.OPEN).exists()
    row.next_try_at, row.attempts = now() + SETTLES_IN if is_open else now(), 0
    row.save(update_fields=["next_try_at", "attempts"])
    return row


def _row_of(version_id: int) -> Preservation:
    version = DocumentVersion.objects.defer("composition").get(pk=version_id)
    row, _ = Preservation.objects.get_or_create(
        version=version, defaults={"facility_id": version.facility_id}
    )
    return row


@transaction.atomic
def note_bundle(*, bundle_id: int) -> None:
    """A record's file, or an extract of it, stands under the seal."""
    _take_in(bundle=Bundle.objects.defer("content").get(pk=bundle_id))


@transaction.atomic
def note_paper(*, paper_id: int) -> None:
    """The copy of a paper stands under the seal."""
    _take_in(paper=Paper.objects.get(pk=paper_id))


def _take_in(**whose: DocumentVersion | Bundle | Paper) -> bool:
    """Keep account of a file from now on; whether nobody did before."""
    (file,) = whose.values()
    _row, is_new = Preservation.objects.get_or_create(
        **whose, defaults={"facility_id": file.facility_id, "next_try_at": now()}
    )
    return is_new


@transaction.atomic
def ask_for_raising(limit: int = BATCH) -> int:
    """Have the files raised that are due, longest first; returns how many are asked for."""
    under_way = OutboxEvent.objects.filter(topic=TOPIC, done_at=None)
    asked = {payload["preservation_id"] for payload in under_way.values_list("payload", flat=True)}
    if under_way.filter(failed_at=None).count() >= limit:
        return 0
    waiting = list(due().exclude(pk__in=asked).values_list("pk", flat=True)[:limit])
    for preservation_id in waiting:
        publish(TOPIC, preservation_id=preservation_id)
    return len(waiting)


@transaction.atomic
def try_the_others() -> int:
    """An authority answers again: nobody else waits for the end of their pause. Returns how many that are."""
    waiting = Preservation.objects.filter(problem=Preservation.Problem.UNREACHABLE, next_try_at__gt=now())
    return waiting.update(next_try_at=now())


@transaction.atomic
def plan_ahead(*, facility_id: int) -> int:
    """The night's look: renew what ends soon, raise what the facility now wants higher, take in what was signed or sealed
    before accounts were kept. Returns how many.
    """
    planned = ending().update(next_try_at=now(), attempts=0)
    planned += too_low(facility_id).update(next_try_at=now(), attempts=0)
    for version in unknown_versions().defer("composition")[:A_NIGHT]:
        planned += _take_in(version=version)
    for bundle in unknown_bundles().defer("content")[:A_NIGHT]:
        planned += _take_in(bundle=bundle)
    for paper in unknown_papers()[:A_NIGHT]:
        planned += _take_in(paper=paper)
    return planned
