"""Days of treatment, of intensive care and of emergency beds."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from emr.accounts.models import Location, Organization
from encounters.visits.models import Encounter, EncounterLocation
from encounters.visits.selectors import bed_days
from encounters.visits.selectors.stays import nights
from tests.encounters.visits.ward import EMERGENCY, admit, ago, department, discharge, make_bed, visit


def local(day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime(2026, 11, day, hour, minute))  # noqa: DTZ001


def stay_of(
    *places: tuple[str, dt.datetime, dt.datetime], cancelled: int = -1
) -> tuple[Encounter, list[EncounterLocation]]:
    """A finished stay and its places, none of it stored; a place is "icu", "emergency" or "ward"."""
    rows = []
    for index, (kind, starts_at, ends_at) in enumerate(places):
        code = {"emergency": "K02", "icu": "K02", "ward": "K03"}[kind]
        bed = Location(kind="bed", is_intensive_care=kind == "icu")
        rows.append(
            EncounterLocation(
                department=Organization(code=code), location=bed, starts_at=starts_at, ends_at=ends_at,
                cancelled_at=starts_at if index == cancelled else None,
            )
        )  # fmt: skip
    return Encounter(facility_id=1, ended_at=places[-1][2]), rows


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("places", "icu", "emergency"),
    [
        ([("icu", local(1, 10), local(4, 9))], 3, 0),
        # Two minutes on either side of midnight are a night; a whole day without one is a day.
        ([("icu", local(1, 23, 59), local(2, 0, 1))], 1, 0),
        ([("icu", local(1, 0, 1), local(1, 23, 59))], 1, 0),
        ([("icu", local(1, 8), local(1, 11, 59))], 0, 0),
        ([("icu", local(1, 8), local(1, 12))], 1, 0),
        ([("icu", local(1, 8), local(1, 10)), ("ward", local(1, 10), local(1, 12)),
          ("icu", local(1, 12), local(1, 14))], 1, 0),
        ([("emergency", local(1, 22), local(2, 3)), ("icu", local(2, 3), local(4, 7)),
          ("ward", local(4, 7), local(9, 9))], 2, 1),
        ([("ward", local(1, 8), local(9, 9))], 0, 0),
    ],
)  # fmt: skip
def test_bed_days_are_nights_and_a_short_stay_of_four_hours_counts_one(
    places: list, icu: int, emergency: int
) -> None:
    days = bed_days(*stay_of(*places))
    assert (days.intensive_care, days.emergency) == (icu, emergency)


@pytest.mark.django_db
def test_a_place_taken_back_counts_nothing() -> None:
    days = bed_days(*stay_of(("icu", local(1, 8), local(5, 8)), cancelled=0))
    assert days.intensive_care == 0


instants = st.datetimes(min_value=dt.datetime(2026, 1, 1), max_value=dt.datetime(2026, 12, 31))  # noqa: DTZ001


@given(st.lists(instants, min_size=3, max_size=3, unique=True).map(sorted))
def test_the_places_of_a_stay_share_its_nights_without_a_rest(moments: list[dt.datetime]) -> None:
    start, middle, end = (timezone.make_aware(moment) for moment in moments)
    assert nights(start, middle) + nights(middle, end) == nights(start, end)


@pytest.mark.django_db
def test_days_of_a_running_stay_count_until_now() -> None:
    bed = make_bed("H1", EMERGENCY, is_intensive_care=True)
    stay = admit(department=department(EMERGENCY), bed=bed, at=ago(days=3), late_reason="Mất điện")
    assert bed_days(stay).intensive_care == 3
    assert stay.day_of_stay == 4
    assert stay.treatment_days is None


@pytest.mark.django_db
def test_in_and_out_on_one_day_is_one_day_of_treatment() -> None:
    assert discharge(visit(at=ago(minutes=2))).treatment_days == 1
