"""Practising licences: kept, running out, and stopping work where the facility wants it (R-69)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.staff import services
from emr.staff.hours import read_hours, write_hours
from emr.staff.models import PractisingLicence
from emr.staff.selectors.practice import (
    demand_practice,
    expiring_licences,
    may_practise,
    practice_gap,
    unlicensed,
)
from tests.emr.people import make_binh, make_user
from tests.emr.staff.office import Office, open_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Office:
    return open_office()


def _licence(house: Office, **changed: object) -> PractisingLicence:
    usual: dict[str, object] = {
        "user": house.an,
        "number": "000123/BA-GPHN",
        "profession": "doctor",
        "valid_from": dt.date(2024, 1, 1),
        "by": house.thanh,
    }
    return services.record_licence(**(usual | changed))  # type: ignore[arg-type]


def _at(text: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(text))


def _strict(house: Office, value: str) -> None:
    services.set_practice_check(facility=house.facility, value=value, by=house.thanh)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("t2-t6 7h30-16h30;T7 07:30-11:30", "T2-T6 07:30-16:30; T7 07:30-11:30"),
        ("CN 19:00-07:00", "CN 19:00-07:00"),
        ("", ""),
    ],
)
def test_hours_are_kept_in_one_spelling(written: str, kept: str) -> None:
    assert write_hours(read_hours(written)) == kept


@pytest.mark.parametrize("written", ["T8 07:30-16:30", "T2 25:00-26:00", "sáng", "T2 7-16"])
def test_hours_that_cannot_be_read_are_refused(house: Office, written: str) -> None:
    with pytest.raises(DomainError) as refusal:
        _licence(house, hours=written)
    assert refusal.value.field == "hours"
    assert not PractisingLicence.objects.exists()


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        ("2026-11-23T07:30", True),  # a Monday
        ("2026-11-23T16:30", False),
        ("2026-11-29T20:00", True),  # a Sunday's night
        ("2026-11-30T06:59", True),
        ("2026-11-30T07:00", False),
        ("2026-11-28T20:00", False),
    ],
)
def test_a_night_lasts_into_the_next_day(moment: str, fits: bool) -> None:
    stretches = read_hours("T2-T6 07:30-16:30; CN 19:00-07:00")
    assert any(stretch.holds(_at(moment)) for stretch in stretches) is fits


def test_nothing_is_blocked_until_the_facility_wants_it(house: Office) -> None:
    assert may_practise(house.an)
    _strict(house, "licence")
    assert not may_practise(house.an)
    with pytest.raises(DomainError) as refusal:
        demand_practice(house.an, "orders.place")
    assert refusal.value.code == "may_not_practise"
    _licence(house)
    assert may_practise(house.an, right="orders.place")


def test_the_day_of_the_licence_counts(house: Office) -> None:
    _strict(house, "licence")
    row = _licence(house, valid_from=dt.date(2026, 1, 1), valid_to=dt.date(2026, 6, 30))
    assert not may_practise(house.an, _at("2025-12-31T12:00"))
    assert may_practise(house.an, _at("2026-06-30T23:59"))
    assert not may_practise(house.an, _at("2026-07-01T00:01"))
    services.withdraw_licence(licence=row, on=dt.date(2026, 3, 1), by=house.thanh)
    assert may_practise(house.an, _at("2026-02-28T12:00"))
    assert not may_practise(house.an, _at("2026-03-01T12:00"))


def test_registered_hours_count_where_the_facility_says_so(house: Office) -> None:
    _licence(house, hours="T2-T6 07:30-16:30")
    night = _at("2026-11-23T23:00")
    _strict(house, "licence")
    assert may_practise(house.an, night)
    _strict(house, "hours")
    assert not may_practise(house.an, night)
    assert may_practise(house.an, _at("2026-11-23T09:00"))


def test_a_nurses_licence_does_not_cover_orders(house: Office) -> None:
    _strict(house, "licence")
    _licence(house, profession="nurse")
    assert may_practise(house.an)
    assert practice_gap(house.an, right="orders.place")


def test_who_needs_no_licence_is_never_stopped(house: Office) -> None:
    _strict(house, "hours")
    mai = make_user("mai", "Hồ Thị Mai", "seal_keeper", house.office)
    assert may_practise(mai)
    assert may_practise(house.thanh)


def test_what_runs_out_is_listed_until_it_is_replaced(house: Office) -> None:
    soon = local_today() + dt.timedelta(days=30)
    _licence(house, valid_to=soon)
    make_binh(house.ward)
    assert [row.user for row in expiring_licences(house.facility.pk)] == [house.an]
    assert [user.username for user in unlicensed(house.facility.pk)] == ["binh"]
    client = Client()
    client.force_login(house.thanh, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/administration/licences/")
    assert "000123/BA-GPHN" in page.content.decode()
    _licence(house, number="000999/BA-GPHN", valid_to=None)
    assert not expiring_licences(house.facility.pk)
    assert (
        client.get("/administration/staff/", {"licence": "missing"}).context["people"][0].user.username
        == "binh"
    )
