"""How long a record is kept (Circular 33/2025/TT-BYT, R-48): the longest class wins, from the year of closing."""

import datetime as dt

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from encounters.records import retention, services
from encounters.records.models import Keeping
from encounters.records.selectors.disposals import due_for_disposal
from encounters.visits.details import DeathDetails
from encounters.visits.models import Encounter
from tests.encounters.records.world import brought_to, left, person, step
from tests.encounters.visits.ward import ago

YEARS = {kind.code: kind.years for kind in retention.classes().values()}


def test_the_rows_are_the_circulars() -> None:
    assert YEARS == {
        "incident": None,
        "sex-reassignment": 70,
        "transplant": 30,
        "death": 30,
        "psychiatric": 20,
        "work-accident": 20,
        "traffic-accident": 20,
        "cosmetic": 20,
        "general": 10,
    }


@given(st.sampled_from(sorted(YEARS)), st.dates(dt.date(2020, 1, 1), dt.date(2100, 12, 31)))
def test_a_term_ends_with_a_year(code: str, closed: dt.date) -> None:
    kind = retention.classes()[code]
    last = retention.last_day(kind, closed)
    if kind.years is None:
        assert last is None
    else:
        assert last is not None and (last.month, last.day) == (12, 31)
        assert last.year - closed.year == kind.years


@given(
    st.sets(st.sampled_from(sorted(k for k in YEARS if not retention.classes()[k].from_data))), st.booleans()
)
def test_the_longest_wins_whatever_else_applies(added: set[str], died: bool) -> None:
    stay = Encounter(outcome="5" if died else "2", accident_type="1", record_type="01/BV1")
    retention_of = {
        code: YEARS[code] for code in added | {"general", "traffic-accident"} | ({"death"} if died else set())
    }
    kind = retention.longest_of(stay, added, is_psychiatric=False)
    expected = max(float("inf") if years is None else years for years in retention_of.values())
    assert (float("inf") if kind.years is None else kind.years) == expected


pytestmark = pytest.mark.django_db


def test_a_death_is_kept_thirty_years() -> None:
    stay = left(outcome="5", death=DeathDetails(died_at=ago(hours=2)))
    brought_to("archived", stay)
    assert Keeping.objects.get(encounter=stay).retention_class == "death"


def test_a_class_added_later_lengthens_and_never_shortens() -> None:
    stay = brought_to("archived")
    ten = Keeping.objects.get(encounter=stay).retained_until
    services.set_classes(encounter=Encounter.objects.get(pk=stay.pk), codes=["transplant"], by=person("luu"))
    thirty = Keeping.objects.get(encounter=stay).retained_until
    assert ten is not None and thirty is not None and thirty.year - ten.year == 20
    services.set_classes(encounter=Encounter.objects.get(pk=stay.pk), codes=[], by=person("luu"))
    assert Keeping.objects.get(encounter=stay).retained_until == thirty


def test_a_record_closed_again_counts_from_then() -> None:
    stay = brought_to("archived")
    first = Keeping.objects.get(encounter=stay).retained_until
    assert first is not None
    with freeze_time(dt.datetime(first.year - 7, 5, 1, 3, tzinfo=dt.UTC)):
        step(stay, "reopen")
        brought_to("archived", stay)
    again = Keeping.objects.get(encounter=stay).retained_until
    assert again is not None and again.year == first.year + 3


def test_the_list_of_disposal_leaves_out_what_is_held_or_not_over() -> None:
    stay, luu = brought_to("archived"), person("luu")
    last = Keeping.objects.get(encounter=stay).retained_until
    assert last is not None
    assert not due_for_disposal(luu).exists()
    with freeze_time(dt.datetime(last.year + 1, 1, 1, 5, tzinfo=dt.UTC)):
        assert [row.encounter_id for row in due_for_disposal(luu)] == [stay.pk]
        services.hold(encounter=stay, reason="Vụ án 12/2026", by=luu)
        assert not due_for_disposal(luu).exists()
        services.release_hold(encounter=stay, reason="Án đã xong", by=luu)
        assert due_for_disposal(luu).exists()
