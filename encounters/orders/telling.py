"""Who is told that another system refused an order: the doctor who confirmed it, then the ward's doctors."""

from django.utils.translation import gettext_lazy as _

from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.selectors import To
from emr.notices.services import Holders, notify, withdraw
from encounters.orders.models import MedicationRequest, OrderRefusal, ServiceRequest

REFUSED = "orders.refused"
PAGE = "encounters:orders:refusals"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=REFUSED,
            title=_("%(system)s refuses an order, %(department)s"),
            body=_("See why, and order something else, stop it, or settle it with them."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(30, "doctor", ("sms", "chat"))),
        )
    )


def tell_of_refusal(refusal: OrderRefusal, order: MedicationRequest | ServiceRequest) -> None:
    """Ring for who confirmed the order; for the ward's doctors where that person is gone."""
    department = order.encounter.department
    doctor = order.confirmed_by or order.requester
    to: list[To] = [doctor] if doctor.is_active else []
    if not to and department is not None:
        to = [Holders("doctor", department)]
    notify(
        kind=REFUSED,
        key=f"{REFUSED}:{refusal.pk}",
        facility=refusal.facility,
        to=to,
        parameters={"system": refusal.system, "department": department.name if department else ""},
        department=department,
        about=refusal,
        link=(PAGE,),
    )


def stop_telling(refusal: OrderRefusal, *, by: object = None) -> None:
    """It is settled."""
    withdraw(facility=refusal.facility, key=f"{REFUSED}:{refusal.pk}", by=by)  # type: ignore[arg-type]  # a User or None
