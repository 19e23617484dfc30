"""The log is kept as long as the records it tells of; a month goes only when its time is over (R-37)."""

import datetime as dt
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from emr.accounts.models import FacilitySetting
from emr.audit.models import AuditDisposal, AuditEvent
from emr.audit.retention import dispose, months
from emr.audit.selectors import breaches
from emr.audit.services import link_all, record
from emr.common.errors import DomainError
from patients.registry.models import CareContext, Patient
from tests.emr.people import make_an, make_department, make_facility
from tests.patients.people import in_care_of, make_patient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
OLD = "audit_event_2001_05"
AT = dt.datetime(2001, 5, 9, 3, tzinfo=dt.UTC)


@pytest.fixture
def old_month(owner_sql: psycopg.Connection, settings: object, tmp_path: object) -> Patient:
    """A month of 2001 with one linked line about a patient who is long discharged."""
    settings.EMR_HOME = tmp_path  # type: ignore[attr-defined]
    dao = make_patient()
    record("patient.read", by=make_an(), of=dao, patient=dao)
    owner_sql.execute(
        f"CREATE TABLE {OLD} PARTITION OF audit_event FOR VALUES FROM ('2001-05-01 00:00+00') TO ('2001-06-01 00:00+00')"
    )
    owner_sql.execute("SET session_replication_role = replica")
    owner_sql.execute("UPDATE audit_event SET recorded_at = %s", [AT])
    owner_sql.execute("UPDATE audit_pending SET recorded_at = %s", [AT])
    link_all()
    return dao


def reason_of(partition: str) -> str:
    return next(month.reason for month in months() if month.partition == partition)


def test_a_month_whose_time_is_over_goes_and_the_chain_knows_why(old_month: Patient) -> None:
    record("patient.read")
    assert reason_of(OLD) == ""
    with pytest.raises(DomainError):
        dispose(partition=OLD, reason="")
    lines = AuditEvent.objects.filter(recorded_at=AT).count()
    assert lines
    assert dispose(partition=OLD, reason="Quyết định 12/QĐ-BV") == lines
    assert not AuditEvent.objects.filter(recorded_at__lt="2002-01-01T00:00Z").exists()
    assert AuditDisposal.objects.get().event_count == lines
    assert AuditEvent.objects.get(action="audit.dispose").detail["month"] == OLD
    link_all()
    assert list(breaches()) == []


def test_a_month_dropped_without_its_disposal_is_found(
    old_month: Patient, owner_sql: psycopg.Connection
) -> None:
    owner_sql.execute(f"DROP TABLE {OLD}")
    assert [breach.reason for breach in breaches()] == ["events were removed"]
    # Nor does a disposal help that claims a month of yesterday.
    owner_sql.execute(
        "INSERT INTO audit_auditdisposal (first_at, until_at, disposed_at, event_count, reason)"
        " VALUES (%s, %s, %s, 1, 'x')",
        [AT, AT + dt.timedelta(days=20), AT + dt.timedelta(days=365)],
    )
    assert [breach.reason for breach in breaches()] == ["events were removed"]


def test_a_month_stays_while_a_record_in_it_is_kept_or_the_facility_wants_it(
    old_month: Patient, owner_sql: psycopg.Connection
) -> None:
    in_care_of(old_month, make_department(make_facility()))
    assert "still kept" in reason_of(OLD)
    long_ago = AT + dt.timedelta(days=20)
    CareContext.objects.update(starts_at=AT, ends_at=long_ago)
    assert reason_of(OLD) == ""
    FacilitySetting.objects.create(facility=make_facility(), name="audit_keep_years", value=30)
    assert reason_of(OLD).startswith("it is kept until 2031")
    written = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_retention", dispose=OLD, reason="nhầm", stderr=written)
    assert ended.value.code == 1
    assert "must stay" in written.getvalue()
    assert AuditEvent.objects.filter(recorded_at=AT).exists()


def test_no_facility_keeps_less_than_five_years_and_the_application_drops_nothing(old_month: Patient) -> None:
    FacilitySetting.objects.create(facility=make_facility(), name="audit_keep_years", value=0)
    stay = [month.reason for month in months() if month.partition != OLD]
    assert stay
    assert all(stay)
    with connection.cursor() as cursor, pytest.raises(Exception, match="must be owner"):
        cursor.execute(f"DROP TABLE {OLD}")
