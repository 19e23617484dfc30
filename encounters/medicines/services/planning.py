"""From orders to due doses: made ahead, again and again, and never touched once somebody has answered them.

An order's doses follow from what it says and from how it stands (`_why_ended`), so that an event may come twice, late or
not at all: the next one, or the hourly look ahead, makes the same rows.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import now
from encounters.medicines.models import DueDose
from encounters.medicines.selectors.events import newest_event
from encounters.medicines.selectors.tables import hours_for
from encounters.medicines.times import Course, Slot, slots_of
from encounters.orders.models import MedicationRequest, Order
from encounters.orders.regimens import step_on, total_days
from encounters.orders.selectors.changes import is_unchanged
from encounters.visits.models import Encounter

AHEAD = dt.timedelta(hours=48)
# What is older when an order is confirmed was nobody's to give; what is older at the hourly look is left alone.
_BEHIND, _LATELY = dt.timedelta(hours=24), dt.timedelta(hours=1)
Ended = DueDose.Ended
EVENT_SLOT = "event"
_ON_THE_TRAY = (
    "number",
    "label_count",
    "tray_id",
    "batch",
    "expires_on",
    "due_at",
    "postpone_reason",
)
_GONE = frozenset({"cancelled", "entered-in-error"})
Why = Callable[[dt.datetime], str | None]


@transaction.atomic
def plan_order(*, order_id: int, since: dt.datetime | None = None) -> int:
    """Make, end and bring back the order's unanswered doses, as it stands now; returns how many rows changed.

    `since`: make none that were due before. The order's row is locked, so that nobody gives while its doses change.
    """
    order = (
        MedicationRequest.objects.select_for_update(of=("self",))
        .select_related("entry", "encounter__department", "based_on")
        .get(pk=order_id)
    )
    if order.status == Order.Status.DRAFT or not order.confirmed_at:
        return 0
    held = {dose.slot: dose for dose in DueDose.objects.select_for_update(of=("self",)).filter(order=order)}
    why = _why_ended(order)
    if order.before_event:
        return _plan_before(order, held.get(EVENT_SLOT), why)
    changed = sum(_settle(dose, why(dose.due_at)) for dose in held.values())
    if order.status != Order.Status.ACTIVE or order.as_needed or order.encounter.status != "in-progress":
        return changed
    fresh = [slot for slot in _slots(order, since) if slot.name not in held and why(slot.at) == ""]
    doses = [_dose(order, slot) for slot in fresh]
    _take_labels_over(order, doses)
    DueDose.objects.bulk_create(doses)
    return changed + len(fresh)


def _plan_before(order: MedicationRequest, dose: DueDose | None, why: Why) -> int:
    """The one dose before an operation: made when its time is told, moved with it, ended when it is put off."""
    event = newest_event(order)
    wanted_at = None
    if event is not None and event.at is not None:
        wanted_at = event.at - dt.timedelta(minutes=order.minutes_before or 0)
    if dose is None:
        is_wanted = order.status == Order.Status.ACTIVE and order.encounter.status == "in-progress"
        if wanted_at is None or not is_wanted or why(wanted_at) != "":
            return 0
        _dose(order, Slot(EVENT_SLOT, wanted_at)).save()
        return 1
    if wanted_at is None:
        ended = why(dose.due_at)
        return _settle(dose, ended if ended else Ended.PUT_OFF)
    moved = 0
    if dose.outcome == DueDose.Outcome.OPEN and dose.planned_at != wanted_at:
        dose.planned_at = dose.due_at = wanted_at
        dose.postpone_reason = ""
        dose.save(update_fields=["planned_at", "due_at", "postpone_reason"])
        moved = 1
    return moved + _settle(dose, why(wanted_at))


def _take_labels_over(order: MedicationRequest, fresh: list[DueDose]) -> None:
    """A round that carries the medicine on without a change leaves the labelled doses on the tray as they are."""
    if not isinstance(order.based_on, MedicationRequest) or not is_unchanged(order, order.based_on):
        return
    before = DueDose.objects.select_for_update(of=("self",)).filter(order=order.based_on_id, outcome="")
    labelled = {dose.planned_at: dose for dose in before.exclude(number="")}
    for dose in fresh:
        earlier = labelled.get(dose.planned_at)
        if earlier is None:
            continue
        for name in _ON_THE_TRAY:
            setattr(dose, name, getattr(earlier, name))
        earlier.number, earlier.tray_id = "", None
        earlier.save(update_fields=["number", "tray"])


def _dose(order: MedicationRequest, slot: Slot) -> DueDose:
    return DueDose(
        facility_id=order.facility_id,
        patient_id=order.patient_id,
        encounter_id=order.encounter_id,
        order=order,
        slot=slot.name,
        planned_at=slot.at,
        due_at=slot.at,
        amount=amount_at(order, slot.at),
        unit=order.dose_unit,
    )


def amount_at(order: MedicationRequest, at: dt.datetime) -> Decimal:
    """How much is ordered for that time: of a taper what its day says, else the order's dose."""
    if not order.steps:
        return order.dose
    begins = order.steps_from or order.happens_at
    step = step_on(order.taper, max((at - begins) // dt.timedelta(days=1), 0))
    return step.dose if step is not None else order.dose


def _slots(order: MedicationRequest, since: dt.datetime | None) -> list[Slot]:
    begins = _begins(order)
    confirmed = order.confirmed_at or begins
    earliest = max(confirmed - _BEHIND, since or confirmed - _BEHIND)
    last = _last_answered(order)
    found = slots_of(course_of(order), now() + AHEAD)
    return [
        slot
        for slot in found
        if slot.at >= (begins if order.occurrence_at else earliest) and (last is None or slot.at > last)
    ]


def _begins(order: MedicationRequest) -> dt.datetime:
    if order.occurrence_at is not None:
        return order.occurrence_at
    return order.happens_at.replace(second=0, microsecond=0)


def _last_answered(order: MedicationRequest) -> dt.datetime | None:
    """A round that was confirmed after the morning's dose was given doesn't ask for that dose again."""
    if order.based_on_id is None:
        return None
    answered = DueDose.objects.filter(order=order.based_on_id, kind=DueDose.Kind.SCHEDULED).exclude(
        outcome=DueDose.Outcome.OPEN
    )
    return answered.order_by("-planned_at").values_list("planned_at", flat=True).first()


def course_of(order: MedicationRequest) -> Course:
    """What of the order decides when it is given; hours are its own, else the ward's."""
    times = tuple(order.times)
    if not times and order.times_per_day and order.occurrence_at is None:
        times = hours_for(order.facility_id, order.encounter.department, order.times_per_day)
    urgent = order.priority in {Order.Priority.STAT, Order.Priority.URGENT}
    begins = _begins(order)
    if urgent and order.confirmed_at is not None and not order.origin:
        begins = max(begins, order.confirmed_at.replace(second=0, microsecond=0))
    return Course(
        starts_at=begins,
        days=order.days,
        until_on=order.until_on,
        times=times,
        once_at=order.occurrence_at,
        first_now=urgent and order.based_on_id is None,
        over_at=(order.steps_from or order.happens_at) + dt.timedelta(days=total_days(order.taper))
        if order.steps
        else None,
    )


def _why_ended(order: MedicationRequest) -> Why:
    """For a time: why an unanswered dose of then isn't wanted; "" where it is, None where it stays as it is."""
    stay = order.encounter
    changed = order.status_changed_at or now()
    whole = {Order.Status.ENTERED_IN_ERROR: Ended.ERROR, Order.Status.REVOKED: Ended.STOPPED}
    if order.status in whole:
        return lambda _at: whole[Order.Status(order.status)]
    if stay.status in _GONE:
        return lambda _at: Ended.LEFT
    if order.status == Order.Status.ON_HOLD:
        return lambda at: Ended.HELD if at >= changed else None
    if order.status == Order.Status.COMPLETED:
        after = order.continued_by.exclude(status__in=[Order.Status.DRAFT, Order.Status.ENTERED_IN_ERROR])
        following = after.select_related("entry").order_by("confirmed_at").first()
        cut = min(changed, _begins(following)) if isinstance(following, MedicationRequest) else changed
        return lambda at: Ended.CHANGED if at >= cut else None
    left, resumed = stay.ended_at, order.status_changed_at

    def why_of_active(at: dt.datetime) -> str | None:
        if left is not None and at >= left:
            return Ended.LEFT
        # What fell into the pause stays away; what was overdue before it is still somebody's to answer.
        return None if resumed is not None and at < resumed else ""

    return why_of_active


def _settle(dose: DueDose, why: str | None) -> int:
    """End an unanswered dose, or bring one back; whether that changed anything."""
    is_settled = dose.outcome != DueDose.Outcome.OPEN or dose.kind != DueDose.Kind.SCHEDULED
    if why is None or is_settled or dose.ended == why:
        return 0
    dose.ended, dose.ended_at = why, now() if why else None
    dose.save(update_fields=["ended", "ended_at"])
    return 1


def plan_stay(*, encounter_id: int) -> int:
    """The patient came, left, or came back: all the stay's medicines anew. Returns how many rows changed."""
    orders = MedicationRequest.objects.filter(encounter=encounter_id).exclude(status=Order.Status.DRAFT)
    return sum(plan_order(order_id=pk) for pk in orders.order_by("pk").values_list("pk", flat=True))


def plan_with_earlier(*, order_id: int) -> int:
    """The order, and the one that it carries on, whose later doses end with it."""
    earlier = MedicationRequest.objects.filter(continued_by=order_id).values_list("pk", flat=True)
    return sum(plan_order(order_id=pk) for pk in [*earlier, order_id])


def look_ahead() -> int:
    """Each hour, a facility at a time: the doses of the next two days. Returns how many rows were made."""
    made = 0
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            for pk in _running(facility):
                made += plan_order(order_id=pk, since=now() - _LATELY)
    return made


def _running(facility: Organization) -> list[int]:
    begins = Coalesce("effective_at", "entry__happened_at", "authored_at")
    ends = ExpressionWrapper(begins + F("days") * dt.timedelta(days=1), output_field=DateTimeField())
    today = timezone.localdate()
    found = (
        MedicationRequest.objects.filter(
            facility=facility,
            status=Order.Status.ACTIVE,
            as_needed=False,
            encounter__status=Encounter.Status.IN_PROGRESS,
        )
        .annotate(ends=ends)
        .filter(Q(ends__gte=now()) | Q(until_on__gte=today) | Q(occurrence_at__gte=now()))
    )
    return list(found.order_by("pk").values_list("pk", flat=True))
