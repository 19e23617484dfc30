"""Whatever happens in a hospital, each department's morning adds up, and says what a count by hand says."""

import datetime as dt
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from encounters.boards.periods import briefing_day
from encounters.boards.selectors.briefing import Numbers, briefing_of
from encounters.visits import services
from tests.encounters.boards.world import make_tung
from tests.encounters.visits.ward import EMERGENCY, INTERNAL, SURGERY, admit, department, discharge, make_bed
from tests.patients.people import make_patient

PLACES = (INTERNAL, SURGERY, EMERGENCY)
WAYS: tuple[dict[str, Any], ...] = (
    {"outcome": "1", "disposition": "home"},
    {"outcome": "6", "disposition": "taken-home"},
    {"outcome": "3", "disposition": "absconded"},
)
# Hours after the first morning at which somebody comes, the departments in turn with the hours spent there, how they leave.
STAYS = st.lists(
    st.tuples(
        st.integers(-24, 60),
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), min_size=1, max_size=4),
        st.one_of(st.none(), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=4,
)


def _happens(first: dt.datetime, came: int, places: list[tuple[int, int]], way: int | None) -> list[Any]:
    """Let it happen; answers [(department, from, to or None)] as it was told; another bed of the department is a row too."""
    at = first + dt.timedelta(hours=came)
    stay = admit(make_patient(), department=department(PLACES[places[0][0]]), at=at, late_reason="Nhập lại")
    rows: list[Any] = []
    for n, (place, hours) in enumerate(places):
        if n:
            which = PLACES[place]
            bed = make_bed(f"{stay.pk}-{n}", which)
            services.transfer(
                encounter=stay, by=None, department=department(which), bed=bed, at=at, late_reason="Nhập lại"
            )
        rows.append((place, at, at + dt.timedelta(hours=hours)))
        at += dt.timedelta(hours=hours)
    if way is None:
        rows[-1] = (*rows[-1][:2], None)
    else:
        discharge(stay, at=at, late_reason="x", **WAYS[way])
    return rows


def _there(told: list[list[Any]], at: dt.datetime) -> Counter[int]:
    """Who is in which department just before a moment."""
    return Counter(
        place for rows in told for place, begins, ends in rows if begins < at and (ends is None or ends >= at)
    )


class Mornings(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STAYS)
    def test_each_morning_adds_up_and_says_what_a_count_by_hand_says(self, stays: list[Any]) -> None:
        tung = make_tung()
        newest = briefing_day(tung.facility_id)
        first = newest.start - dt.timedelta(days=9)
        told = [_happens(first, *stay) for stay in stays]
        for back in range(9, 2, -1):
            date = newest.day - dt.timedelta(days=back)
            day, numbers = briefing_day(tung.facility_id, date), _numbers(tung, date)
            for place, which in enumerate(PLACES):
                one = numbers.get(department(which).pk, Numbers())
                assert one.at_start == _there(told, day.start)[place]
                assert one.at_end == _there(told, day.end)[place]
                assert one.at_start + one.admitted + one.moved_in - one.moved_out - one.left == one.at_end


def _numbers(user: Any, date: dt.date) -> dict[int, Numbers]:
    day = briefing_day(user.facility_id, date)
    found = briefing_of(user, day, briefing_day(user.facility_id, day.before))
    return {row.department.pk: row.numbers for row in found.rows if row.department}
