"""Who is told that a specimen is of no use, or that nobody will perform an order."""

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.selectors import To
from emr.notices.services import Holders, notify, withdraw
from encounters.orders.models import ServiceRequest
from encounters.specimens.models import Specimen, SpecimenRequest

REJECTED = "specimens.rejected"
CANCELLED = "specimens.cancelled"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=REJECTED,
            title=_("A specimen was rejected, %(department)s"),
            body=_("Tube %(label)s has to be taken again; the reason stands on its page."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(60, "head_nurse")),
        )
    )
    register_kind(
        Kind(
            code=CANCELLED,
            title=_("An order won't be performed, %(department)s"),
            body=_(
                "Order %(number)s was cancelled or refused by who performs it: see why, and decide what instead."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(120, "doctor")),
        )
    )


def _department(request: ServiceRequest | None, specimen: Specimen | None = None) -> Organization | None:
    stay = specimen.encounter if specimen is not None else request.encounter if request is not None else None
    return stay.department if stay is not None else None


def tell_of_rejected(specimen: Specimen, *, by: User | None = None) -> None:
    """Ring for the ward's nurses, who draw again, and for whoever ordered its tests."""
    department = _department(None, specimen)
    requests = ServiceRequest.objects.filter(specimen_rows__specimen=specimen).select_related("requester")
    people: dict[int, User] = {request.requester_id: request.requester for request in requests}
    to: list[To] = [person for person in people.values() if person.is_active]
    if department is not None:
        to.append(Holders("nurse", department))
    notify(
        kind=REJECTED,
        key=f"{REJECTED}:{specimen.pk}",
        facility=specimen.facility,
        to=to,
        parameters={
            "department": department.name if department else "",
            "label": specimen.accession_number,
        },
        department=department,
        about=specimen,
        link=("encounters:specimens:of_stay", specimen.encounter.uuid),
        by=by,
    )


def taken_again(specimen: Specimen, *, by: User | None = None) -> None:
    """The tests are drawn anew: nobody has to be told any more that they were rejected."""
    current = specimen.tests.filter(is_current=True).values("request")
    failed = SpecimenRequest.objects.filter(
        request__in=current, is_current=False, specimen__status=Specimen.Status.UNSATISFACTORY
    )
    for number in set(failed.values_list("specimen", flat=True)):
        withdraw(facility=specimen.facility, key=f"{REJECTED}:{number}", by=by)


def tell_of_cancelled(request: ServiceRequest, *, by: User | None = None) -> None:
    """Ring for whoever ordered it; for the ward's doctors where that person has left."""
    department = _department(request)
    to: list[To] = [request.requester] if request.requester.is_active else []
    if not to and department is not None:
        to = [Holders("doctor", department)]
    notify(
        kind=CANCELLED,
        key=f"{CANCELLED}:{request.pk}",
        facility=request.facility,
        to=to,
        parameters={
            "department": department.name if department else "",
            "number": request.placer_number,
        },
        department=department,
        about=request,
        link=("encounters:specimens:progress", request.uuid),
        by=by,
    )
