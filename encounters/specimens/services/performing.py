"""What the laboratory or the imaging department says of an order: taken on, in progress, refused, cancelled."""

import datetime as dt

from django.db import transaction

from emr.accounts.models import User
from encounters.orders.models import ServiceRequest
from encounters.orders.services import revoke_by_performer
from encounters.orders.services.lines import OPEN
from encounters.specimens import telling
from encounters.specimens.models import RequestEvent, Specimen, SpecimenRequest
from encounters.specimens.services.collecting import note_collected_elsewhere
from encounters.specimens.services.progress import note_step
from encounters.specimens.services.receiving import reject_specimen

Kind = RequestEvent.Kind
# Whoever works at it has the specimen.
_HAS_IT = {Kind.RECEIVED, Kind.STARTED, Kind.DONE}
_ENDS_IT = {Kind.CANCELLED, Kind.REFUSED}


@transaction.atomic
def note_performer_step(
    *,
    request: ServiceRequest,
    kind: str,
    at: dt.datetime,
    key: str,
    system: str,
    by: User | None = None,
    reason: str = "",
    reason_code: str = "",
    label: str = "",
    collected_at: dt.datetime | None = None,
) -> bool:
    """Keep what the performer says of the order, once (`key`); whether it was news.

    In progress: the specimen isn't wanted from the ward any more. Rejected: its tube is of no use (`reason_code` of
    Specimen.Reason; `label`: which tube, where it is said), the test is wanted again. Cancelled or refused: the order
    ends, whoever ordered it is told; an order that is answered or stopped already stays as it is. `by`: a technician who
    says so on a page of ours.
    """
    request = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if RequestEvent.objects.filter(request=request, key=key[:120]).exists():
        return False
    if kind == Kind.REJECTED:
        return _reject(
            request, at=at, key=key, system=system, by=by, reason=reason, code=reason_code, label=label
        )
    note_step(request=request, kind=kind, key=key, at=at, reason=reason, by=by, system=system)
    is_open = request.status in OPEN
    if kind in _HAS_IT and is_open and request.category == ServiceRequest.Category.LABORATORY and by is None:
        note_collected_elsewhere(request=request, at=collected_at or at, system=system, received_at=at)
    if kind in _ENDS_IT and is_open:
        revoke_by_performer(order=request, reason=reason, system=system, by=by)
        telling.tell_of_cancelled(request, by=by)
    return True


def _reject(
    request: ServiceRequest,
    *,
    at: dt.datetime,
    key: str,
    system: str,
    by: User | None,
    reason: str,
    code: str,
    label: str,
) -> bool:
    code = code if code in Specimen.Reason.values else Specimen.Reason.OTHER
    words = reason.strip() or (str(Specimen.Reason(code).label) if code == Specimen.Reason.OTHER else "")
    test = SpecimenRequest.objects.select_related("specimen").filter(request=request, is_current=True).first()
    if test is None or not _is_meant(test.specimen, label, at):
        # Nothing of ours is there to be of no use, or it was drawn anew meanwhile: the test waits, or doesn't, as it did.
        said = " · ".join(part for part in (str(Specimen.Reason(code).label), reason.strip()) if part)
        return note_step(
            request=request, kind=Kind.REJECTED, key=key, at=at, reason=said, by=by, system=system
        )
    reject_specimen(specimen=test.specimen, reason=code, text=words, by=by, system=system, at=at, key=key)
    return True


def _is_meant(specimen: Specimen, label: str, at: dt.datetime) -> bool:
    """Whether the word is about this tube: by its label, where one is named that is ours; else by the time."""
    if specimen.status != Specimen.Status.AVAILABLE or specimen.collected_at is None:
        return False
    if label and Specimen.objects.filter(encounter=specimen.encounter_id, accession_number=label).exists():
        return specimen.accession_number == label
    return specimen.collected_at <= at
