"""What a monitor sent and nobody confirmed goes after the facility's days; what is in the chart stays with its source."""

import datetime as dt
import uuid

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from emr.accounts.models import Organization, User
from emr.accounts.services import keep_setting
from emr.audit.models import AuditEvent
from emr.common import wall
from encounters.visits.models import Encounter
from integrations.monitors import services
from integrations.monitors.models import ConfirmedReading, Monitor, MonitorReading
from integrations.monitors.tasks import forget_unconfirmed
from tests.emr.people import make_binh, make_facility
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.integrations.conftest import Send
from tests.integrations.monitors.shown import HEART, OXYGEN, make_monitor, pcd, put_on
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


def _age(days: float) -> None:
    """All readings are so many days older; as the table's owner with its triggers off, since nobody else can."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE monitors_monitorreading DISABLE TRIGGER USER")
        MonitorReading.objects.update(observed_at=F("observed_at") - dt.timedelta(days=days))
        cursor.execute("ALTER TABLE monitors_monitorreading ENABLE TRIGGER USER")


def test_the_unconfirmed_go_after_the_facilitys_days_and_the_confirmed_stay(
    send: Send, monitor: Monitor, stay: Encounter, binh: User
) -> None:
    send(pcd(HEART, OXYGEN))
    pulse, oxygen = MonitorReading.objects.order_by("code")
    services.confirm(encounter=stay, readings=[pulse.uuid], by=binh, key=uuid.uuid4())
    keep_setting(facility=stay.facility, name="monitor_kept_days", value=10, by=None)
    _age(9.9)
    assert services.forget_readings(stay.facility_id) == 0
    _age(0.2)
    other = make_facility("11111", "Bệnh viện khác")
    assert services.forget_readings(other.pk) == 0
    with wall.nowhere():
        forget_unconfirmed()
        forget_unconfirmed()
    assert list(MonitorReading.objects.all()) == [pulse]
    assert ConfirmedReading.objects.get().observation.encounter_id == stay.pk
    told = AuditEvent.objects.filter(action="monitor.forget")
    assert [line.detail["count"] for line in told] == [1]
    assert oxygen.pk != pulse.pk


def test_the_database_lets_go_of_nothing_young_and_of_nothing_confirmed(
    send: Send, monitor: Monitor, stay: Encounter, binh: User
) -> None:
    send(pcd(HEART, OXYGEN))
    pulse, oxygen = MonitorReading.objects.order_by("code")
    services.confirm(encounter=stay, readings=[pulse.uuid], by=binh, key=uuid.uuid4())
    everything = MonitorReading.objects.order_by("pk")
    for change in (
        lambda: everything._raw_delete("default"),
        lambda: everything.update(value=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    _age(2.1)
    with pytest.raises(DatabaseError), transaction.atomic():
        everything.filter(pk=pulse.pk)._raw_delete("default")
        with transaction.atomic():
            from django.db import connection  # noqa: PLC0415

            connection.check_constraints()
    assert everything.filter(pk=oxygen.pk)._raw_delete("default") == 1
    assert everything.get() == pulse
