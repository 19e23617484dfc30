"""When a nurse's task of an order is due: from the words of its frequency, or what is usual for its kind. Pure.

The words are those that doctors write: "mỗi 4 giờ", "q6h", "3 lần/ngày", "2 bữa", "mỗi ca". What isn't understood is due
once a shift: a task is shown rather than lost.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

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


def slots(order: ServiceRequest, shifts: Sequence[Shift]) -> list[Slot]:
    """The order's times within these shifts (which follow each other), from when it holds on; in order of time."""
    if not shifts:
        return []
    if order.occurrence_at is not None:
        is_within = shifts[0].start <= order.occurrence_at < shifts[-1].end
        return [Slot(order.occurrence_at, order.occurrence_at + GRACE)] if is_within else []
    start, end = max(shifts[0].start, order.happens_at), shifts[-1].end
    last = _last_instant(order)
    found = [slot for slot in _all_slots(order, shifts) if slot.at < end and (last is None or slot.at < last)]
    begun = [slot for slot in found if slot.at >= start]
    # A whole shift's task that was ordered in the middle of the shift is for its rest.
    running = [slot for slot in found if slot.at < start < slot.due_by and _is_of_a_shift(order)]
    return sorted({*begun, *running})


def _last_instant(order: ServiceRequest) -> dt.datetime | None:
    """Procedures end with their days; care level, diet and monitoring hold until the doctor writes the next."""
    if order.category != Category.PROCEDURE:
        return None
    day = order.until_on or timezone.localdate(order.happens_at) + dt.timedelta(days=order.days - 1)
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def _hours(order: ServiceRequest) -> tuple[str, ...] | None:
    """Hours of the day, or None for once a shift."""
    words = fold(order.frequency)
    if not words:
        return _USUAL.get(order.category)
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


def _is_of_a_shift(order: ServiceRequest) -> bool:
    return _hours(order) is None


def _all_slots(order: ServiceRequest, shifts: Sequence[Shift]) -> list[Slot]:
    hours = _hours(order)
    if hours is None:
        return [Slot(shift.start, shift.end) for shift in shifts]
    first, last = timezone.localdate(shifts[0].start), timezone.localdate(shifts[-1].end)
    days = [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)]
    found = [_on(day, hour) for day in days for hour in hours]
    if order.category == Category.PROCEDURE and not order.frequency:
        # Once a day; ordered after its usual hour, it is due from then on.
        found = [_not_before(slot, order.happens_at) for slot in found]
    return [slot for slot in found if shifts[0].start <= slot.at < shifts[-1].end]


def _on(day: dt.date, hour: str) -> Slot:
    at = timezone.make_aware(dt.datetime.combine(day, dt.time.fromisoformat(hour)))
    return Slot(at, at + GRACE)


def _not_before(slot: Slot, begins_at: dt.datetime) -> Slot:
    if slot.at >= begins_at or timezone.localdate(slot.at) != timezone.localdate(begins_at):
        return slot
    return Slot(begins_at, begins_at + 4 * GRACE)


def is_once(order: ServiceRequest) -> bool:
    """Whether one execution is all that the order asks for: a procedure of one day, once."""
    if order.category != Category.PROCEDURE:
        return False
    return order.occurrence_at is not None or (
        order.days == 1 and order.until_on is None and not order.frequency
    )
