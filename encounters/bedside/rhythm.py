"""When a nurse's task of an order is due: from the words of its frequency, or what is usual for its kind. Pure.

The words are those that doctors write: "mỗi 4 giờ", "q6h", "3 lần/ngày", "2 bữa", "mỗi ca". What isn't understood is due
once a shift: a task is shown rather than lost.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.utils import timezone

from emr.common.vietnamese import fold
from encounters.orders.models import ServiceRequest
from encounters.visits.shifts import Shift

Category = ServiceRequest.Category
# What nurses carry out and tick; tests and images have rooms of their own.
CATEGORIES = (Category.CARE_LEVEL, Category.MONITORING, Category.PROCEDURE, Category.DIET)
# After its hour a task is late; one of a whole shift is when the shift ends.
GRACE = dt.timedelta(minutes=30)
_EVERY_HOURS = re.compile(
    r"(?:moi|q|cach) ?(\d{1,2}) ?(?:gio|h)\b|(\d{1,2}) ?(?:gio|h) ?(?:/|mot|1) ?(?:1 )?lan"
)
_TIMES_A_DAY = re.compile(r"(\d{1,2}) ?lan ?(?:/|moi|mot|trong)? ?(?:ngay|24 ?(?:gio|h)|ng\b|$)")
_MEALS = re.compile(r"(\d) ?bua")
_BY_COUNT = {
    1: ("08:00",),
    2: ("08:00", "20:00"),
    3: ("08:00", "14:00", "20:00"),
    4: ("06:00", "12:00", "18:00", "22:00"),
}
_BY_MEALS = {
    1: ("11:30",), 2: ("11:30", "17:30"), 3: ("07:00", "11:30", "17:30"), 4: ("07:00", "11:30", "15:00", "17:30"),
    5: ("07:00", "09:30", "11:30", "15:00", "17:30"), 6: ("07:00", "09:30", "11:30", "15:00", "17:30", "20:30"),
}  # fmt: skip


# Without words of the doctor's: three meals, a procedure in the morning; care and monitoring once a shift.
_USUAL = {Category.DIET.value: _BY_MEALS[3], Category.PROCEDURE.value: _BY_COUNT[1]}


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One time that a task is to be done: from `at`, and late after `due_by`."""

    at: dt.datetime
    due_by: dt.datetime


class Timed(Protocol):
    """What of an order says when it is due: the order itself, or the few columns that a list reads."""

    @property
    def category(self) -> str: ...
    @property
    def frequency(self) -> str: ...
    @property
    def occurrence_at(self) -> dt.datetime | None: ...
    @property
    def until_on(self) -> dt.date | None: ...
    @property
    def days(self) -> int: ...
    @property
    def happens_at(self) -> dt.datetime: ...


def slots(order: Timed, shifts: Sequence[Shift]) -> list[Slot]:
    """The order's times within these shifts (which follow each other), from when it holds on; in order of time."""
    if not shifts:
        return []
    if order.occurrence_at is not None:
        is_within = shifts[0].start <= order.occurrence_at < shifts[-1].end
        return [Slot(order.occurrence_at, order.occurrence_at + GRACE)] if is_within else []
    hours, holds_from = _hours(order.category, order.frequency), order.happens_at
    if order.category != Category.PROCEDURE:
        found: Sequence[Slot] = _within(hours, tuple(shifts))
    else:
        start, end = shifts[0].start, shifts[-1].end
        of_days = _of_procedure(order, _timetable(hours, tuple(shifts)), holds_from)
        found = [slot for slot in of_days if start <= slot.at < end]
    # A whole shift's task that was ordered in the middle of the shift is for its rest.
    is_shift = hours is None
    return [slot for slot in found if slot.at >= holds_from or (is_shift and holds_from < slot.due_by)]


def _of_procedure(order: Timed, found: Sequence[Slot], holds_from: dt.datetime) -> list[Slot]:
    """Procedures end with their days; care level, diet and monitoring hold until the doctor writes the next."""
    begins_at = timezone.localtime(holds_from)
    last = order.until_on or begins_at.date() + dt.timedelta(days=order.days - 1)
    kept = [slot for slot in found if slot.at.date() <= last]
    if order.frequency:
        return kept
    # Once a day; ordered after its usual hour, it is due from then on.
    return [_not_before(slot, begins_at) for slot in kept]


@lru_cache(maxsize=1024)  # a ward's orders say the same few things
def _hours(category: str, frequency: str) -> tuple[str, ...] | None:
    """Hours of the day, or None for once a shift."""
    words = fold(frequency)
    if not words:
        return _USUAL.get(category)
    if found := _EVERY_HOURS.search(words):
        step = min(max(int(found[1] or found[2]), 1), 24)
        return _BY_COUNT[1] if step == 24 else tuple(f"{hour:02}:00" for hour in range(0, 24, step))
    if found := _MEALS.search(words):
        return _BY_MEALS.get(int(found[1]))
    if found := _TIMES_A_DAY.search(words):
        return _times_a_day(int(found[1]))
    return None


def _times_a_day(count: int) -> tuple[str, ...] | None:
    if count in _BY_COUNT or not 0 < count <= 24:
        return _BY_COUNT.get(count)
    step = 24 // count
    return tuple(f"{hour % 24:02}:00" for hour in range(6, 6 + step * count, step))[:count]


@lru_cache(maxsize=256)
def _timetable(hours: tuple[str, ...] | None, shifts: tuple[Shift, ...]) -> tuple[Slot, ...]:
    """The times of these hours on the days of the shifts, or each shift itself; in order, local."""
    if hours is None:
        return tuple(Slot(shift.start, shift.end) for shift in shifts)
    zone = timezone.get_current_timezone()
    first, last = shifts[0].start.astimezone(zone).date(), shifts[-1].end.astimezone(zone).date()
    days = [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)]
    times = sorted(
        dt.datetime.combine(day, dt.time.fromisoformat(hour), zone) for day in days for hour in hours
    )
    return tuple(Slot(at, at + GRACE) for at in times)


@lru_cache(maxsize=256)
def _within(hours: tuple[str, ...] | None, shifts: tuple[Shift, ...]) -> tuple[Slot, ...]:
    """The times of these hours that lie in the shifts."""
    start, end = shifts[0].start, shifts[-1].end
    return tuple(slot for slot in _timetable(hours, shifts) if start <= slot.at < end)


def _not_before(slot: Slot, begins_at: dt.datetime) -> Slot:
    if slot.at >= begins_at or slot.at.date() != begins_at.date():
        return slot
    return Slot(begins_at, begins_at + 4 * GRACE)


def is_once(order: ServiceRequest) -> bool:
    """Whether one execution is all that the order asks for: a procedure of one day, once."""
    if order.category != Category.PROCEDURE:
        return False
    return order.occurrence_at is not None or (
        order.days == 1 and order.until_on is None and not order.frequency
    )
