"""Who is told about orders: the doctor who is asked to answer for one, the ward or the doctor when it is refused."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common import wall
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.selectors import Holders, To
from emr.notices.services import notify, withdraw
from emr.notices.watches import register_watch
from encounters.orders.models import (
    MedicationRequest,
    OrderRefusal,
    PharmacyComment,
    ServiceRequest,
    SpokenOrder,
)

SPOKEN = "orders.spoken"
SPOKEN_OVERDUE = "orders.spoken_overdue"
SPOKEN_REJECTED = "orders.spoken_rejected"
PHARMACY_ASKS = "orders.pharmacy_asks"
PHARMACY_HOLDS = "orders.pharmacy_holds"
PHARMACY_ANSWERED = "orders.pharmacy_answered"
ORDERS_OF_STAY = "encounters:orders:of_stay"
PHARMACY_OF_STAY = "encounters:orders:pharmacy_of_stay"
PAGE = "encounters:orders:spoken"
REFUSED = "orders.refused"
REFUSALS = "encounters:orders:refusals"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=SPOKEN,
            title=_("A spoken order waits for you, %(department)s"),
            body=_("%(nurse)s has recorded it in your name. Confirm or reject it by %(due)s."),
            level=Level.ATTENTION,
        )
    )
    register_kind(
        Kind(
            code=SPOKEN_OVERDUE,
            title=_("A spoken order is not confirmed in time, %(department)s"),
            body=_(
                "It was asked of %(doctor)s until %(due)s. Another doctor of the department may decide too."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("sms", "chat")),
                Step(60, "head_of_department", ("sms", "chat")),
                Step(720, "director", ("sms", "chat")),
            ),
        )
    )
    register_kind(
        Kind(
            code=SPOKEN_REJECTED,
            title=_("A spoken order was not confirmed and stops, %(department)s"),
            body=_("See what %(doctor)s says about it before anything more of it is given."),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(15, "nurse"), Step(30, "head_nurse")),
        )
    )
    register_kind(
        Kind(
            code=PHARMACY_ASKS,
            title=_("The pharmacist asks about a medicine, %(department)s"),
            body=_("%(pharmacist)s waits for your answer; the order stays in effect."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(240, "doctor")),
        )
    )
    register_kind(
        Kind(
            code=PHARMACY_HOLDS,
            title=_("A medicine is held by the pharmacist, %(department)s"),
            body=_("%(pharmacist)s says why. It isn't given until you answer, resume or stop it."),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("sms", "chat")),
                Step(30, "doctor", ("sms", "chat")),
                Step(120, "head_of_department", ("sms", "chat")),
            ),
        )
    )
    register_kind(
        Kind(
            code=PHARMACY_ANSWERED,
            title=_("A doctor has answered you, %(department)s"),
            body=_("%(doctor)s answers your remark on a medicine."),
        )
    )
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
    register_watch("spoken orders", look)


def _key(kind: str, spoken: SpokenOrder) -> str:
    return f"{kind}:{spoken.pk}"


def _say(kind: str, spoken: SpokenOrder, to: list[To], by: User | None = None) -> None:
    department = spoken.encounter.department
    notify(
        kind=kind,
        key=_key(kind, spoken),
        facility=spoken.facility,
        to=to,
        parameters={
            "department": department.name if department else "",
            "nurse": spoken.recorded_by.titled_name,
            "doctor": spoken.prescriber.titled_name,
            "due": f"{timezone.localtime(spoken.due_at):%H:%M %d/%m}",
        },
        department=department,
        about=spoken,
        link=(PAGE,),
        due_at=spoken.due_at,
        by=by,
    )


def tell_prescriber(spoken: SpokenOrder, *, by: User) -> None:
    """The doctor hears of what was recorded in their name."""
    _say(SPOKEN, spoken, [spoken.prescriber], by)


def tell_of_rejection(spoken: SpokenOrder, *, by: User) -> None:
    """Who recorded it, and the ward's nurses of this hour, hear that it stops."""
    to: list[To] = [spoken.recorded_by]
    if spoken.encounter.department is not None:
        to.append(Holders("nurse", spoken.encounter.department))
    _say(SPOKEN_REJECTED, spoken, to, by)


def stop_telling(spoken: SpokenOrder, *, by: User | None = None) -> None:
    """A doctor has decided."""
    for kind in (SPOKEN, SPOKEN_OVERDUE):
        withdraw(facility=spoken.facility, key=_key(kind, spoken), by=by)


def look() -> None:
    """Each minute, a facility at a time: what is overdue climbs its ladder."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            late = SpokenOrder.objects.filter(
                facility=facility, outcome=SpokenOrder.Outcome.OPEN, due_at__lt=now()
            )
            for spoken in late.select_related(
                "facility", "encounter__department", "prescriber", "recorded_by"
            ).order_by("pk"):
                _say(SPOKEN_OVERDUE, spoken, [spoken.prescriber])


# -- the pharmacist ------------------------------------------------------------------------------------------------------


def _tell_of_medicine(
    kind: str, comment: PharmacyComment, order: MedicationRequest, *, to: list[To], link: str, by: User
) -> None:
    department = order.encounter.department
    notify(
        kind=kind,
        key=f"{kind}:{comment.pk}",
        facility=order.facility,
        to=to,
        parameters={
            "department": department.name if department else "",
            "pharmacist": by.titled_name,
            "doctor": by.titled_name,
        },
        department=department,
        about=comment,
        link=(link, order.encounter.uuid),
        by=by,
    )


def ask_prescriber(comment: PharmacyComment, order: MedicationRequest, *, by: User) -> None:
    """A remark that waits for an answer."""
    _tell_of_medicine(PHARMACY_ASKS, comment, order, to=[order.requester], link=ORDERS_OF_STAY, by=by)


def tell_of_hold(comment: PharmacyComment, order: MedicationRequest, *, by: User) -> None:
    """The order is on hold: its prescriber, and the ward's nurses, who must not give it."""
    to: list[To] = [order.requester]
    if order.encounter.department is not None:
        to.append(Holders("nurse", order.encounter.department))
    _tell_of_medicine(PHARMACY_HOLDS, comment, order, to=to, link=ORDERS_OF_STAY, by=by)


def tell_pharmacist(answer: PharmacyComment, order: MedicationRequest, *, by: User) -> None:
    """The one who asked hears the answer."""
    if answer.answers is not None:
        _tell_of_medicine(
            PHARMACY_ANSWERED, answer, order, to=[answer.answers.author], link=PHARMACY_OF_STAY, by=by
        )


def stop_asking_about(comment: PharmacyComment, *, by: User | None) -> None:
    """It is answered."""
    for kind in (PHARMACY_ASKS, PHARMACY_HOLDS):
        withdraw(facility=comment.facility, key=f"{kind}:{comment.pk}", by=by)


def stop_asking(order: MedicationRequest, *, by: User | None) -> None:
    """The order is no longer held: nobody need answer for the hold."""
    holds = PharmacyComment.objects.filter(
        order=order, kind__in=[PharmacyComment.Kind.HOLD, PharmacyComment.Kind.REFUSAL]
    )
    for comment in holds.select_related("facility"):
        stop_asking_about(comment, by=by)


# -- another system's refusal ---------------------------------------------------------------------------------------------


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
        link=(REFUSALS,),
    )


def stop_telling_of_refusal(refusal: OrderRefusal, *, by: object = None) -> None:
    """It is settled."""
    withdraw(facility=refusal.facility, key=f"{REFUSED}:{refusal.pk}", by=by)  # type: ignore[arg-type]  # a User or None
