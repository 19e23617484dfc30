"""What is to be carried out in a shift, and what was: the orders' times beside the nurses' check marks."""

import datetime as dt
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Case, F, Prefetch, Q, QuerySet, When
from django.db.models.functions import Coalesce

from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.vietnamese import fold
from encounters.bedside.models import Execution
from encounters.bedside.rhythm import CATEGORIES, Category, Slot, slots
from encounters.orders.models import Order, ServiceRequest
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift

DONE, NOT_DONE, OVERDUE, DUE, LATER, HELD = "done", "not-done", "overdue", "due", "later", "held"
RANK = {OVERDUE: 0, DUE: 1, LATER: 2, HELD: 3, NOT_DONE: 4, DONE: 5}
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
    return _held().select_related("performer")


def _held() -> QuerySet[Execution]:
    return Execution.objects.filter(replaced_by=None).exclude(outcome=Execution.Outcome.ENTERED_IN_ERROR)


def _orders(since: dt.datetime) -> QuerySet[ServiceRequest]:
    return ServiceRequest.objects.filter(
        Q(status__in=_OPEN) | Q(status__in=_ENDED, status_changed_at__gte=since),
        category__in=CATEGORIES,
        confirmed_at__isnull=False,
    ).order_by("category", "position", "pk")


class Line(NamedTuple):
    """As much of an order as a ward's list reads."""

    pk: int
    encounter_id: int
    category: str
    status: str
    code: str
    text: str
    frequency: str
    occurrence_at: dt.datetime | None
    until_on: dt.date | None
    days: int
    happens_at: dt.datetime


AnyLine = ServiceRequest | Line
# `Order.happens_at`, for PostgreSQL.
_HAPPENS_AT = Case(
    When(~Q(origin="") & Q(effective_at__isnull=False), then=F("effective_at")),
    default=Coalesce(F("entry__happened_at"), F("authored_at")),
)


@dataclass(slots=True)
class Load:
    """A stay's tasks of the shift, counted: late; for now and later; carried out or left out. The next, with its words."""

    overdue: int = 0
    due: int = 0
    done: int = 0
    next_at: dt.datetime | None = None
    next_text: str = ""
    next_rank: int = len(RANK)

    def add(self, line: Line, slot: Slot, state: str) -> None:
        """Count one more task."""
        if state in {DONE, NOT_DONE}:
            self.done += 1
        elif state != HELD:
            self.overdue += state == OVERDUE
            self.due += state != OVERDUE
            rank = RANK[state]
            if self.next_at is None or (rank, slot.at) < (self.next_rank, self.next_at):
                self.next_at, self.next_text, self.next_rank = slot.at, line.text, rank


def loads_by_stay(
    stay_ids: Collection[int], shift: Shift, before: Shift | None = None, *, at: dt.datetime | None = None
) -> dict[int, Load]:
    """{stay: its tasks of the shift, counted}; two queries whatever the number of stays. Words as for `tasks_of`."""
    moment, shifts = at or now(), [before, shift] if before is not None else [shift]
    since = _since(shifts)
    found = {pk: Load() for pk in stay_ids}
    lines = [Line(*row) for row in _lines(list(stay_ids), since)]
    kept: dict[int, dict[dt.datetime, str]] = {}
    for order_id, slot_at, outcome in _outcomes([line.pk for line in lines], since, shift.end):
        kept.setdefault(order_id, {})[slot_at] = outcome
    followed = _followed(lines)
    for line in lines:
        for slot, state in _times(line, kept.get(line.pk, {}), shifts, moment):
            if _is_owed(line, slot, state, shift, followed):
                found[line.encounter_id].add(line, slot, state)
    return found


@Compiled
def _lines(stay_ids: list[int], since: dt.datetime) -> QuerySet[Any, Any]:
    rows = _orders(since).filter(encounter__any_of=stay_ids).annotate(holds_from=_HAPPENS_AT)
    return rows.values_list(*Line._fields[:-1], "holds_from")


@Compiled
def _outcomes(order_ids: list[int], since: dt.datetime, until: dt.datetime) -> QuerySet[Any, Any]:
    found = _held().filter(order__any_of=order_ids, slot_at__gte=since, slot_at__lt=until)
    return found.values_list("order_id", "slot_at", "outcome")


def tasks_of(
    stay: Encounter, shift: Shift, before: Shift | None = None, *, at: dt.datetime | None = None
) -> list[Task]:
    """One stay's tasks of the shift, the pressing ones first; two queries.

    `before`: the shift before, whose timed tasks that nobody did are still owed. `at`: the moment, else now.
    """
    moment, shifts = at or now(), [before, shift] if before is not None else [shift]
    since = _since(shifts)
    kept = current_executions().filter(slot_at__gte=since, slot_at__lt=shift.end)
    orders = list(
        _orders(since)
        .filter(encounter=stay)
        .select_related("entry")
        .prefetch_related(Prefetch("executions", kept, to_attr="kept"))
    )
    followed = _followed(orders)
    found = [
        task
        for order in orders
        for task in _tasks_of_order(order, shifts, moment)
        if _is_owed(order, task.slot, task.state, shift, followed)
    ]
    return sorted(found, key=lambda task: (RANK[task.state], task.slot.at))


def _since(shifts: list[Shift]) -> dt.datetime:
    return shifts[0].start - dt.timedelta(hours=12)


def _is_owed(order: AnyLine, slot: Slot, state: str, shift: Shift, followed: Container[int]) -> bool:
    """The shift's own and what the one before left, unless a newer order has taken its place."""
    if state not in {DONE, NOT_DONE} and order.pk in followed:
        return False
    is_left = state == OVERDUE and slot.due_by != shift.start
    return slot.at >= shift.start or slot.due_by > shift.start or is_left


def _followed(orders: Iterable[AnyLine]) -> set[int]:
    """Orders in effect that a newer one of the stay has taken the place of: one care level and one diet hold at a time,
    and what is to be watched is written anew each day in the same words.
    """
    newest: dict[tuple[int, str, str], int] = {}
    held = [order for order in orders if order.status in _OPEN and order.category != Category.PROCEDURE]
    for order in sorted(held, key=lambda order: (order.happens_at, order.pk)):
        newest[_place(order)] = order.pk
    return {order.pk for order in held} - set(newest.values())


def _place(order: AnyLine) -> tuple[int, str, str]:
    words = (order.code or _folded(order.text)) if order.category == Category.MONITORING else ""
    return order.encounter_id, order.category, words


_folded = lru_cache(maxsize=1024)(fold)  # a ward's orders say the same few things


def _tasks_of_order(order: ServiceRequest, shifts: list[Shift], moment: dt.datetime) -> list[Task]:
    kept: list[Execution] = order.kept  # type: ignore[attr-defined]  # prefetched
    done = {execution.slot_at: execution for execution in kept}
    outcomes = {slot_at: execution.outcome for slot_at, execution in done.items()}
    return [
        Task(order, slot, done.get(slot.at), state) for slot, state in _times(order, outcomes, shifts, moment)
    ]


def _times(
    order: AnyLine, outcomes: Mapping[dt.datetime, str], shifts: list[Shift], moment: dt.datetime
) -> Iterator[tuple[Slot, str]]:
    """The order's times with the state of each; of one that ended only those that were answered."""
    for slot in slots(order, shifts):
        if outcome := outcomes.get(slot.at):
            yield slot, DONE if outcome == Execution.Outcome.DONE else NOT_DONE
        elif order.status not in _ENDED:  # stopped, or carried on by a newer order: nobody owes it any more
            yield slot, _state(order, slot, moment)


def _state(order: AnyLine, slot: Slot, moment: dt.datetime) -> str:
    if order.status == Order.Status.ON_HOLD:
        return HELD
    if moment > slot.due_by:
        return OVERDUE
    return DUE if slot.at <= moment else LATER


def task_at(order: ServiceRequest, slot_at: dt.datetime, shifts: list[Shift]) -> Task | None:
    """The order's task of that time, as it stands now; None where the order has no such time."""
    order.kept = list(current_executions().filter(order=order, slot_at=slot_at))  # type: ignore[attr-defined]
    return next((task for task in _tasks_of_order(order, shifts, now()) if task.slot.at == slot_at), None)
