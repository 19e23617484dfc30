"""What is to be carried out in a shift, and what was: the orders' times beside the nurses' check marks."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.bedside.models import Execution
from encounters.bedside.rhythm import CATEGORIES, Category, Slot, slots
from encounters.orders.models import Order, ServiceRequest
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift

DONE, NOT_DONE, OVERDUE, DUE, LATER, HELD = "done", "not-done", "overdue", "due", "later", "held"
_RANK = {OVERDUE: 0, DUE: 1, LATER: 2, HELD: 3, NOT_DONE: 4, DONE: 5}
_OPEN = [Order.Status.ACTIVE, Order.Status.ON_HOLD]
_ENDED = [Order.Status.COMPLETED, Order.Status.REVOKED]


@dataclass(frozen=True, slots=True)
class Task:
    """One time of an order, and what was made of it."""

    order: ServiceRequest
    slot: Slot
    execution: Execution | None
    state: str

    @property
    def is_open(self) -> bool:
        """It waits to be carried out."""
        return self.state in {OVERDUE, DUE, LATER}


def current_executions() -> QuerySet[Execution]:
    """What holds: rows taken back, and those that took them back, left out."""
    held = Execution.objects.filter(replaced_by=None).exclude(outcome=Execution.Outcome.ENTERED_IN_ERROR)
    return held.select_related("performer")


def _orders(stay_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> Iterable[ServiceRequest]:
    kept = current_executions().filter(slot_at__gte=since, slot_at__lt=until)
    return (
        ServiceRequest.objects.filter(
            Q(status__in=_OPEN) | Q(status__in=_ENDED, status_changed_at__gte=since),
            encounter__in=list(stay_ids),
            category__in=CATEGORIES,
            confirmed_at__isnull=False,
        )
        .select_related("entry")
        .prefetch_related(Prefetch("executions", kept, to_attr="kept"))
        .order_by("category", "position", "pk")
    )


def tasks_by_stay(
    stay_ids: Collection[int], shift: Shift, before: Shift | None = None, *, at: dt.datetime | None = None
) -> dict[int, list[Task]]:
    """{stay: its tasks of the shift, the pressing ones first}; two queries whatever the number of stays.

    `before`: the shift before, whose timed tasks that nobody did are still owed. `at`: the moment, else now.
    """
    moment = at or now()
    shifts = [before, shift] if before is not None else [shift]
    found: dict[int, list[Task]] = {pk: [] for pk in stay_ids}
    orders = list(_orders(stay_ids, shifts[0].start - dt.timedelta(hours=12), shift.end))
    followed = _followed(orders)
    for order in orders:
        for task in _tasks_of_order(order, shifts, moment):
            if task.execution is None and order.pk in followed:
                continue
            is_owed = task.state == OVERDUE and task.slot.due_by != shift.start
            if task.slot.at >= shift.start or task.slot.due_by > shift.start or is_owed:
                found[order.encounter_id].append(task)
    for tasks in found.values():
        tasks.sort(key=lambda task: (_RANK[task.state], task.slot.at))
    return found


def _followed(orders: list[ServiceRequest]) -> set[int]:
    """Orders in effect that a newer one of the stay has taken the place of: one care level and one diet hold at a time,
    and what is to be watched is written anew each day in the same words.
    """
    newest: dict[tuple[int, str, str], ServiceRequest] = {}
    held = [order for order in orders if order.status in _OPEN and order.category != Category.PROCEDURE]
    for order in sorted(held, key=lambda order: (order.happens_at, order.pk)):
        newest[_place(order)] = order
    return {order.pk for order in held if newest[_place(order)].pk != order.pk}


def _place(order: ServiceRequest) -> tuple[int, str, str]:
    words = (order.code or fold(order.text)) if order.category == Category.MONITORING else ""
    return order.encounter_id, order.category, words


def _tasks_of_order(order: ServiceRequest, shifts: list[Shift], moment: dt.datetime) -> list[Task]:
    kept: list[Execution] = order.kept  # type: ignore[attr-defined]  # prefetched
    done = {execution.slot_at: execution for execution in kept}
    tasks = []
    for slot in slots(order, shifts):
        execution = done.get(slot.at)
        if execution is None and order.status in _ENDED:
            continue  # stopped, or carried on by a newer order: nobody owes it any more
        tasks.append(Task(order, slot, execution, _state(order, slot, execution, moment)))
    return tasks


def _state(order: ServiceRequest, slot: Slot, execution: Execution | None, moment: dt.datetime) -> str:
    if execution is not None:
        return DONE if execution.outcome == Execution.Outcome.DONE else NOT_DONE
    if order.status == Order.Status.ON_HOLD:
        return HELD
    if moment > slot.due_by:
        return OVERDUE
    return DUE if slot.at <= moment else LATER


def tasks_of(stay: Encounter, shift: Shift, before: Shift | None = None) -> list[Task]:
    """One stay's tasks of the shift."""
    return tasks_by_stay([stay.pk], shift, before)[stay.pk]


def task_at(order: ServiceRequest, slot_at: dt.datetime, shifts: list[Shift]) -> Task | None:
    """The order's task of that time, as it stands now; None where the order has no such time."""
    order.kept = list(current_executions().filter(order=order, slot_at=slot_at))  # type: ignore[attr-defined]
    return next((task for task in _tasks_of_order(order, shifts, now()) if task.slot.at == slot_at), None)
