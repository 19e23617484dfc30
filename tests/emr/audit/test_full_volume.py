"""The database's volume is full: what is written can be read, its lines wait in a file; nothing else is done (F-11)."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from pytest_django import Settings

from emr.accounts.models import User
from emr.audit import spool
from emr.audit.models import AuditEvent, SpoolTaken
from emr.audit.selectors import breaches
from emr.audit.services import Line, link_all, record, record_many, take_in
from emr.common import health
from patients.registry.models import Patient
from tests.emr.people import make_an, make_department, make_facility
from tests.patients.people import in_care_of, make_clerk, make_patient

pytestmark = pytest.mark.django_db(transaction=True)

FULL = """
CREATE FUNCTION volume_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER a_volume_full BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION volume_full();
"""
ROOM = "DROP TRIGGER a_volume_full ON audit_event; DROP FUNCTION volume_full;"


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.EMR_HOME = tmp_path
    return tmp_path


@pytest.fixture
def dao() -> Patient:
    patient = make_patient()
    in_care_of(patient, make_department(make_facility()))
    return patient


def ward_pc(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


@pytest.fixture
def an() -> User:
    return make_an()


@pytest.fixture
def full(owner_sql: psycopg.Connection, an: User, dao: Patient) -> Iterator[psycopg.Connection]:
    owner_sql.execute(FULL)
    yield owner_sql


def lines(home: Path) -> list[dict[str, object]]:
    file = home / "audit" / "spool" / "lines.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_charts_are_read_and_the_lines_wait_in_a_file(
    full: psycopg.Connection, an: User, dao: Patient, home: Path
) -> None:
    before = AuditEvent.objects.count()
    desk = ward_pc(an)
    for _ in range(2):
        page = desk.get(f"/patients/{dao.uuid}/")
        assert page.status_code == 200
        assert "ĐÀO" in page.content.decode().upper()
    kept = [(line["action"], line["agent_name"], line["patient_id"]) for line in lines(home)]
    assert kept == [("patient.read", "an", dao.pk)] * 2
    assert AuditEvent.objects.count() == before
    assert desk.get("/administration/audit/").status_code == 403  # a refusal is kept as well
    assert lines(home)[-1]["outcome"] == "denied"
    said = health.readiness()[1]["audit_spool"]
    assert not said["ok"]
    assert "3 lines" in str(said["reason"])


def test_what_writes_is_told_and_changes_nothing(full: psycopg.Connection, home: Path) -> None:
    clerk = make_clerk()
    desk, patients = ward_pc(clerk), Patient.objects.count()
    form = {"description": "Nam, khoảng 30 tuổi, áo xanh", "sex": "male", "key": "k1"}
    typed = {"data": urlencode(form), "content_type": "application/x-www-form-urlencoded"}
    answer = desk.post("/patients/register/unknown/", **typed)
    assert answer.status_code == 503
    assert "áo xanh" in answer.content.decode()  # what was typed is kept
    assert Patient.objects.count() == patients
    assert lines(home) == []


def test_an_export_and_a_signature_stop(full: psycopg.Connection, an: User, dao: Patient, home: Path) -> None:
    for action in ("document.print", "log_extract.export", "document.sign", "seal.use", "role.grant"):
        with pytest.raises(DatabaseError), transaction.atomic():
            record(action, by=an, patient=dao)
    with pytest.raises(DatabaseError), transaction.atomic():
        record_many([Line(action="patient.update", of=dao, patient=dao)], by=an)
    assert lines(home) == []
    assert spool.is_full()


def test_the_lines_are_taken_in_once_in_order_and_chained(
    full: psycopg.Connection, an: User, dao: Patient
) -> None:
    desk = ward_pc(an)
    desk.get(f"/patients/{dao.uuid}/")
    for number in range(4):
        record("patient.read", by=an, of=dao, patient=dao, detail={"number": number})
    assert take_in() == 0  # still full
    assert spool.is_full()
    full.execute(ROOM)
    (spool._folder() / "tried").unlink()
    assert take_in() == 5
    assert not spool.is_full()
    taken = AuditEvent.objects.filter(detail__has_key="spooled").order_by("id")
    assert [event.detail.get("number") for event in taken] == [None, 0, 1, 2, 3]
    assert all(event.detail["happened_at"] < event.recorded_at.isoformat() for event in taken)
    assert take_in() == 0
    link_all()
    assert list(breaches()) == []
    assert health.readiness()[1]["audit_spool"]["ok"]


def test_killed_after_the_commit_the_file_is_taken_in_no_second_time(an: User, dao: Patient) -> None:
    spool.set_full()
    record("patient.read", by=an, of=dao, patient=dao)
    (file,) = spool.set_aside()
    text = file.read_bytes()
    spool.clear_full()
    assert take_in() == 1
    file.write_bytes(text)  # as if it had been killed before it removed the file
    assert take_in() == 0
    assert not file.exists()
    assert SpoolTaken.objects.count() == AuditEvent.objects.filter(detail__has_key="spooled").count() == 1


def test_a_torn_last_line_costs_no_other(an: User, dao: Patient) -> None:
    spool.set_full()
    record("patient.read", by=an, of=dao, patient=dao)
    with (spool._folder() / "lines.jsonl").open("a") as file:
        file.write('{"spool": "x", "act')
    spool.clear_full()
    assert take_in() == 1


def test_a_read_whose_line_can_be_kept_nowhere_shows_nothing(
    full: psycopg.Connection, an: User, dao: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_columns: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "keep", no_space)
    answer = ward_pc(an).get(f"/patients/{dao.uuid}/")
    assert answer.status_code == 503
    assert "ĐÀO" not in answer.content.decode().upper()


def test_a_database_set_read_only_is_the_same(
    owner_sql: psycopg.Connection, an: User, dao: Patient, home: Path
) -> None:
    from django.db import connection  # noqa: PLC0415

    desk = ward_pc(an)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        assert desk.get(f"/patients/{dao.uuid}/").status_code == 200
        assert len(lines(home)) == 1
        assert take_in() == 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
    (spool._folder() / "tried").unlink()
    assert take_in() == 1
