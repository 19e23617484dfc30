"""A test that is added to one that has its tube already: nobody draws blood twice for it."""

from django.db import transaction

from emr.accounts.models import User
from encounters.orders.models import ServiceRequest
from encounters.specimens.models import RequestEvent, Specimen, SpecimenRequest
from encounters.specimens.services.progress import note_step


@transaction.atomic
def use_same_tube(*, request: ServiceRequest, of: ServiceRequest, by: User | None, system: str = "") -> bool:
    """The added test is made from the tube of the other one; False where that one has none of use: then it is wanted."""
    test = SpecimenRequest.objects.select_related("specimen").filter(request=of, is_current=True).first()
    if test is None or test.specimen.status != Specimen.Status.AVAILABLE:
        return False
    if SpecimenRequest.objects.filter(request=request, is_current=True).exists():
        return True
    SpecimenRequest.objects.create(facility_id=request.facility_id, specimen=test.specimen, request=request)
    is_here = test.specimen.received_at is not None
    note_step(
        request=request,
        kind=RequestEvent.Kind.RECEIVED if is_here else RequestEvent.Kind.COLLECTED,
        key=f"shared:{test.specimen_id}",
        at=test.specimen.received_at or test.specimen.collected_at,
        specimen=test.specimen,
        by=by,
        system=system,
    )
    return True
