"""What a monitor sent and nobody confirmed goes after the facility's days; what is in the chart stays with its source."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from emr.accounts.models import Organization, User
from emr.accounts.services import keep_setting
from emr.audit.models import AuditEvent
from emr.common import wall
from encounters.visits.models import Encounter
from integrations.monitors import services
from integrations.monitors.models import ConfirmedReading, Monitor, MonitorReading
from integrations.monitors.tasks import forget_unconfirmed
from tests.emr.people import make_binh, make_facility
from tests.encounters.monitoring.rounds import WELL, take
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.integrations.conftest import Send
from tests.integrations.monitors.shown import HEART, make_monitor, pcd, put_on
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def binh(facility: Organization) -> User:
    return make_binh(department())


@pytest.fixture
def stay(binh: User) -> Encounter:
    return admit(make_patient(), bed=make_bed("01"), at=ago(hours=3))


@pytest.fixture
def monitor(stay: Encounter, binh: User) -> Monitor:
    found = make_monitor(department(), binh)
    put_on(found, binh, stay=stay)
    return found


def _old(reading: MonitorReading, days: float) -> MonitorReading:
    """One as this, so many days older."""
    by = dt.timedelta(days=days)
    return MonitorReading.objects.create(
        **{
            name: getattr(reading, name)
            for name in ("facility_id", "monitor", "use", "place", "patient", "encounter", "code", "value")
        },
        unit=reading.unit,
        sent_code=reading.sent_code,
        observed_at=reading.observed_at - by,
        slot=reading.slot - by,
        message=reading.message,
    )


def _taken_over(reading: MonitorReading, by: User) -> ConfirmedReading:
    """It stands in the chart."""
    [measured, *_others] = take(reading.encounter, by, WELL).observations
    return ConfirmedReading.objects.create(
        facility_id=reading.facility_id, reading=reading, observation=measured, confirmed_by=by
    )


def test_the_unconfirmed_go_after_the_facilitys_days_and_the_confirmed_stay(
    send: Send, monitor: Monitor, stay: Encounter, binh: User
) -> None:
    send(pcd(HEART))
    fresh = MonitorReading.objects.get()
    old, young, kept = _old(fresh, 10.1), _old(fresh, 9.9), _old(fresh, 400)
    _taken_over(kept, binh)
    assert services.forget_readings(stay.facility_id) == 0  # thirty days, where nobody said otherwise
    keep_setting(facility=stay.facility, name="monitor_kept_days", value=10, by=None)
    assert services.forget_readings(make_facility("11111", "Bệnh viện khác").pk) == 0
    with wall.nowhere():
        forget_unconfirmed()
        forget_unconfirmed()
    assert not MonitorReading.objects.filter(pk=old.pk).exists()
    assert set(MonitorReading.objects.all()) == {fresh, young, kept}
    assert ConfirmedReading.objects.get().reading == kept
    assert [line.detail["count"] for line in AuditEvent.objects.filter(action="monitor.forget")] == [1]


def test_the_database_lets_go_of_nothing_young_and_of_nothing_in_the_chart(
    send: Send, monitor: Monitor, stay: Encounter, binh: User
) -> None:
    send(pcd(HEART))
    fresh = MonitorReading.objects.get()
    young, kept, old = _old(fresh, 1.9), _old(fresh, 400), _old(fresh, 2.1)
    _taken_over(kept, binh)
    for statement, row in (
        ("DELETE FROM monitors_monitorreading WHERE id = %s", young),
        ("DELETE FROM monitors_monitorreading WHERE id = %s", kept),
        ("UPDATE monitors_monitorreading SET value = 1 WHERE id = %s", old),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM monitors_monitorreading WHERE id = %s", [old.pk])
        assert cursor.rowcount == 1
