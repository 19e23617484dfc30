"""When tasks are due: the words of frequencies, days, shifts. No database."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from encounters.bedside.rhythm import GRACE, is_once, slots
from encounters.orders.models import ServiceRequest
from encounters.visits.shifts import Shift

DAY = dt.date(2026, 11, 28)


def moment(hour: str, day: dt.date = DAY) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.fromisoformat(hour)))


MORNING = Shift("Sáng", moment("06:00"), moment("14:00"))
AFTERNOON = Shift("Chiều", moment("14:00"), moment("22:00"))
NIGHT = Shift("Đêm", moment("22:00"), moment("06:00", DAY + dt.timedelta(days=1)))


def order(
    category: str = "monitoring", since: str = "05:00", day: dt.date = DAY, **told: Any
) -> ServiceRequest:
    return ServiceRequest(
        category=category,
        origin="HIS",
        effective_at=moment(since, day),
        authored_at=moment(since, day),
        **told,
    )


def hours(found: ServiceRequest, *shifts: Shift) -> list[str]:
    return [f"{timezone.localtime(slot.at):%H:%M}" for slot in slots(found, shifts or (MORNING,))]


@pytest.mark.parametrize(
    ("frequency", "due"),
    [
        ("mỗi 4 giờ", ["08:00", "12:00"]),
        ("Mỗi 2h", ["06:00", "08:00", "10:00", "12:00"]),
        ("q6h", ["06:00", "12:00"]),
        ("8 giờ/lần", ["08:00"]),
        ("3 giờ 1 lần", ["06:00", "09:00", "12:00"]),
        ("2 lần/ngày", ["08:00"]),
        ("4 lần / ngày", ["06:00", "12:00"]),
        ("6 lần/24h", ["06:00", "10:00"]),
        ("3 bữa", ["07:00", "11:30"]),
        ("mỗi 24 giờ", ["08:00"]),
        ("", ["06:00"]),
        ("mỗi ca", ["06:00"]),
        ("khi cần thì xem", ["06:00"]),
        ("mỗi 0 giờ", [f"{hour:02}:00" for hour in range(6, 14)]),
    ],
)
def test_words_of_doctors_become_hours(frequency: str, due: list[str]) -> None:
    assert hours(order(frequency=frequency)) == due


def test_nothing_is_due_before_the_order_holds_and_a_shifts_task_is_for_its_rest() -> None:
    assert hours(order(since="09:15", frequency="mỗi 2 giờ")) == ["10:00", "12:00"]
    late = order(since="13:59")
    assert [slot.due_by for slot in slots(late, [MORNING])] == [MORNING.end]
    assert hours(order(since="14:00")) == []
    assert hours(order(since="14:00"), MORNING, AFTERNOON, NIGHT) == ["14:00", "22:00"]


def test_a_timed_task_is_late_after_its_grace_and_a_shifts_when_the_shift_ends() -> None:
    [timed] = slots(order(frequency="8 giờ/lần"), [MORNING])
    assert timed.due_by == moment("08:00") + GRACE
    [whole] = slots(order("care-level"), [MORNING])
    assert whole.due_by == MORNING.end


def test_meals_without_words_and_care_that_holds_until_the_next_entry() -> None:
    yesterday = DAY - dt.timedelta(days=1)
    assert hours(order("diet")) == ["07:00", "11:30"]
    assert hours(order("care-level", day=yesterday)) == ["06:00"]
    assert hours(order("procedure", day=yesterday)) == []
    assert hours(order("procedure", day=yesterday, days=2)) == ["08:00"]
    assert hours(order("procedure", day=yesterday, until_on=DAY)) == ["08:00"]


def test_a_procedure_ordered_after_its_hour_is_due_from_then_on_and_once_at_a_time_said() -> None:
    assert hours(order("procedure", since="09:40")) == ["09:40"]
    once = order("procedure", occurrence_at=moment("13:00"))
    assert hours(once, MORNING, AFTERNOON) == ["13:00"]
    assert is_once(once)
    assert is_once(order("procedure"))
    assert not is_once(order("procedure", days=2))
    assert not is_once(order("procedure", frequency="2 lần/ngày"))
    assert not is_once(order("care-level"))
