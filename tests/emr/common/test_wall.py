"""The second wall: whatever a view forgets, PostgreSQL shows and changes nothing of another facility (S-01, S-04)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.shortcuts import get_object_or_404
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization
from emr.audit.models import AuditEvent, RowVersion
from emr.common import wall
from emr.common.clock import local_today
from emr.common.policies import gaps, is_clinical, is_walled, wall_after_migrate, wanted_policies
from emr.outbox import registry
from emr.outbox.models import OutboxEvent
from emr.outbox.registry import Delivery, subscribe
from emr.outbox.services import deliver, publish
from emr.storage.models import Attachment
from encounters.forms.models import Questionnaire
from patients.registry import selectors
from patients.registry.models import Identifier, Patient
from patients.registry.views import chart as chart_view
from tests.emr.people import make_facility
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
ON_PATIENTS = "ALTER TABLE registry_patient {} ROW LEVEL SECURITY"


@pytest.fixture
def dao() -> Patient:
    """Đào of our own hospital."""
    return make_patient()


@pytest.fixture
def stranger() -> Patient:
    """A patient of the other hospital in the same deployment."""
    return make_patient("Nguyễn Thị Đào Hoa", facility=make_facility("11111", "Bệnh viện khác"))


def _rows(statement: str, *params: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


# Every table is behind it


def test_every_clinical_table_has_its_policy_in_force() -> None:
    assert gaps() == []
    columns = _rows(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname = 'facility_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    outside = {m._meta.db_table for m in apps.get_models() if not is_clinical(m)} | {
        m._meta.db_table for m in apps.get_models() if getattr(m, "outside_the_wall", "")
    }
    assert {name for (name,) in columns} <= set(wanted_policies()) | outside
    assert len(wanted_policies()) >= 40


def test_of_the_staffs_house_only_what_is_clinical_stands_behind_it() -> None:
    """Signing in, notices and setting up know nothing of the wall; files and history of rows do."""
    inside = {m._meta.label for m in apps.get_models() if is_walled(m) and not is_clinical(m)}
    assert inside == {"storage.Attachment", "storage.AttachmentKey", "audit.RowVersion"}


def test_a_table_below_a_walled_one_is_walled_or_says_why_not() -> None:
    forgotten = [
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if not is_walled(model)
        and not getattr(model, "outside_the_wall", "")
        and any(f.remote_field and is_walled(f.related_model) for f in model._meta.concrete_fields)
    ]
    assert forgotten == []


def test_what_stays_outside_is_a_short_list() -> None:
    outside = {m._meta.label for m in apps.get_models() if getattr(m, "outside_the_wall", "")}
    assert outside == {
        "certificates.Certificate",
        "sealing.AuditSeal",
        "sealing.AuditSealTimestamp",
        "transport.Channel",
        "transport.MessageState",
    }
    assert all(is_clinical(m) for m in apps.get_models() if getattr(m, "outside_the_wall", ""))


def test_a_new_table_without_a_policy_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OutboxEvent, "facility_sql", "nullif(facility, 'all')::bigint", raising=False)
    assert gaps() == ["outbox_outboxevent"]


def test_who_works_for_all_facilities_is_a_short_list() -> None:
    """Each of these writes down that it does, or answers nobody a single row."""
    found = {
        str(file.relative_to(ROOT))
        for house in ("emr", "patients", "encounters", "signatures", "integrations")
        for file in (ROOT / house).rglob("*.py")
        if re.search(r"\bwall\.everywhere\(|@all_facilities\(", file.read_text(encoding="utf-8"))
    }
    assert found == {
        "emr/audit/everywhere.py",
        "emr/audit/management/commands/audit_retention.py",
        "emr/common/health.py",
        "emr/common/measures.py",
        "emr/storage/management/commands/rotate_file_keys.py",
        "emr/storage/management/commands/verify_files.py",
        "encounters/forms/management/commands/load_questionnaires.py",
        "encounters/bedside/management/commands/load_bedside_forms.py",
        "encounters/bedside/management/commands/ward_packs.py",
        "encounters/records/management/commands/dispose.py",
        "encounters/bundles/management/commands/verify_bundle.py",
        "encounters/results/management/commands/load_result_forms.py",
        "encounters/medicines/management/commands/load_medicine_sheets.py",
        "signatures/providers/management/commands/rotate_signing_keys.py",
        "signatures/providers/management/commands/take_seal.py",
        "signatures/verification/management/commands/verify_pdf.py",
        "signatures/verification/management/commands/verify_signatures.py",
        "signatures/verification/views.py",
    }


# What it shows and lets change


def test_without_a_word_nothing_is_seen(dao: Patient, stranger: Patient) -> None:
    with wall.nowhere():
        assert not Patient.objects.exists()
        assert _rows("SELECT id FROM registry_identifier") == []
        assert _rows("SELECT registry_named(ARRAY['dao'], NULL, NULL, NULL, 9)") == []
        assert _rows("SELECT registry_alike('dao', NULL, 9)") == []


def test_each_facility_sees_its_own(dao: Patient, stranger: Patient) -> None:
    for own in (dao, stranger):
        with wall.within(own.facility_id):
            assert list(Patient.objects.all()) == [own]
            assert {row for (row,) in _rows("SELECT patient_id FROM registry_identifier")} == {own.pk}
            assert _rows("SELECT registry_named(ARRAY['dao'], NULL, NULL, NULL, 9)") == [(own.pk,)]
            assert _rows("SELECT registry_alike('dao', NULL, 9)") == [(own.pk,)]
    assert Patient.objects.count() == 2


def test_a_raw_change_of_another_facilitys_row_changes_nothing(dao: Patient, stranger: Patient) -> None:
    with wall.within(dao.facility_id), connection.cursor() as cursor:
        for statement in (
            "UPDATE registry_patient SET phone = '1' WHERE id = %s",
            "DELETE FROM registry_identifier WHERE patient_id = %s",
        ):
            cursor.execute(statement, [stranger.pk])
            assert cursor.rowcount == 0
    assert Patient.objects.get(pk=stranger.pk).phone == ""
    assert Identifier.objects.filter(patient=stranger).exists()


def test_nothing_is_written_in_another_facilitys_name(dao: Patient, stranger: Patient) -> None:
    with wall.within(dao.facility_id):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Patient.objects.create(facility_id=stranger.facility_id, full_name="Lê Văn Tám")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Patient.objects.filter(pk=dao.pk).update(facility_id=stranger.facility_id)
        assert Patient.objects.filter(pk=dao.pk).exists(), "the refused statement took the setting along"


def test_a_childs_row_is_walled_by_its_parents(dao: Patient, stranger: Patient) -> None:
    for own in (dao, stranger):
        file = Attachment.objects.create(
            facility_id=own.facility_id, sha256="a", size=1, content_type="text/plain", stored_sha256="b"
        )
        _rows(
            "INSERT INTO storage_attachmentkey (attachment_id, wrapped_key, wrapped_by) VALUES (%s, '', 'x')"
            " RETURNING 1",
            file.pk,
        )
    with wall.within(dao.facility_id):
        assert len(_rows("SELECT 1 FROM storage_attachmentkey")) == 1


def test_earlier_states_are_behind_it_too(dao: Patient, stranger: Patient) -> None:
    for patient in (dao, stranger):
        Patient.objects.filter(pk=patient.pk).update(phone="0912345678")
    with wall.within(dao.facility_id):
        seen = RowVersion.objects.filter(table_name="registry_patient").values_list("row_id", flat=True)
        assert set(seen) == {dao.pk}


def test_a_form_of_the_ministrys_is_everybodys_to_read_and_nobodys_to_change(dao: Patient) -> None:
    kept = {
        "url": "urn:x",
        "version": "1",
        "code": "X",
        "title": "X",
        "resource": {},
        "effective_from": local_today(),
    }
    form = Questionnaire.objects.create(facility=None, **kept)
    with wall.within(dao.facility_id):
        assert Questionnaire.objects.filter(pk=form.pk).exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Questionnaire.objects.filter(pk=form.pk).update(title="Y")


# A door that forgets its scope


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search and the chart take all patients for the person's own."""

    def everybody(*_args: object, **_kwargs: object) -> Any:
        return Patient.objects.all()

    def anybody(_user: object, patient_uuid: UUID, *_args: object) -> Patient:
        return get_object_or_404(Patient, uuid=patient_uuid)

    monkeypatch.setattr(selectors, "patients_for", everybody)
    monkeypatch.setattr(chart_view, "access_patient", anybody)


@pytest.mark.usefixtures("forgetful")
def test_a_view_without_its_scope_shows_nobody_of_the_other_facility(
    client: Client, dao: Patient, stranger: Patient
) -> None:
    """S-04: the scope is dropped from the view, the wall still holds."""
    client.force_login(make_clerk())
    chart = reverse("patients:registry:chart", args=[stranger.uuid])
    assert client.get(chart).status_code == 404
    found = client.post(reverse("patients:registry:search"), {"q": "dao"}).context["found"].patients
    assert found == [dao]


@pytest.mark.usefixtures("forgetful")
@pytest.mark.django_db(transaction=True)
def test_where_the_wall_is_taken_away_the_same_view_leaks(
    client: Client, owner_sql: psycopg.Connection
) -> None:
    """The test above proves something: without the policy the forgotten scope is a leak."""
    make_patient()
    stranger = make_patient("Nguyễn Thị Đào Hoa", facility=make_facility("11111", "Bệnh viện khác"))
    client.force_login(make_clerk())
    chart = reverse("patients:registry:chart", args=[stranger.uuid])
    assert client.get(chart).status_code == 404
    owner_sql.execute(ON_PATIENTS.format("DISABLE"))
    assert gaps() == ["registry_patient"]
    assert client.get(chart).status_code == 200


# How the word travels


@pytest.mark.django_db(transaction=True)
def test_the_word_ends_with_its_transaction() -> None:
    dao = make_patient()
    told = "SELECT coalesce(current_setting('emr.facility', true), '')"
    with wall.within(dao.facility_id):
        with transaction.atomic():
            assert _rows(told) == [(str(dao.facility_id),)]
        assert _rows(told) == [(str(dao.facility_id),)], (
            "each statement outside a transaction is told as well"
        )
    assert connection.connection.execute(told).fetchone() == ("",), "the connection carries it to the next"
    with wall.nowhere():
        assert _rows(told) == [("",)]
        assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_word_follows_changes_and_rollbacks_inside_a_transaction() -> None:
    dao = make_patient()
    stranger = make_patient(facility=make_facility("11111", "Bệnh viện khác"))
    with transaction.atomic(), wall.within(dao.facility_id):
        assert list(Patient.objects.all()) == [dao]
        with wall.within(stranger.facility_id):
            assert list(Patient.objects.all()) == [stranger]
        assert list(Patient.objects.all()) == [dao]
        with pytest.raises(RuntimeError), transaction.atomic(), wall.within(stranger.facility_id):
            assert list(Patient.objects.all()) == [stranger]
            raise RuntimeError
        with wall.nowhere():
            assert not Patient.objects.exists(), "what was said before the savepoint holds again"
        assert list(Patient.objects.all()) == [dao]


@pytest.mark.django_db(transaction=True)
def test_rows_fetched_piecemeal_and_many_at_once_are_told_as_well() -> None:
    dao = make_patient()
    make_patient(facility=make_facility("11111", "Bệnh viện khác"))
    with wall.within(dao.facility_id):
        assert list(Patient.objects.iterator(chunk_size=1)) == [dao]
        for in_transaction in (False, True):
            with connection.cursor() as cursor:
                if in_transaction:
                    with transaction.atomic():
                        cursor.executemany("UPDATE registry_patient SET phone = %s", [["1"], ["2"]])
                else:
                    cursor.executemany("UPDATE registry_patient SET phone = %s", [["1"], ["2"]])
        with transaction.atomic():
            assert list(Patient.objects.iterator(chunk_size=1)) == [dao]
    assert sorted(Patient.objects.values_list("phone", flat=True)) == ["", "2"]


def test_it_costs_no_statement_of_its_own(dao: Patient, django_assert_num_queries: Any) -> None:
    with wall.within(dao.facility_id), django_assert_num_queries(1):
        assert Patient.objects.filter(pk=dao.pk).update(phone="1") == 1


# Jobs and commands


@pytest.fixture
def no_subscribers_left() -> Iterator[None]:
    before = {topic: list(items) for topic, items in registry._by_topic.items()}, dict(registry._by_name)
    yield
    registry._by_topic.clear()
    registry._by_topic.update(before[0])
    registry._by_name.clear()
    registry._by_name.update(before[1])


@pytest.mark.usefixtures("no_subscribers_left")
@pytest.mark.parametrize("long", [False, True])
def test_a_job_works_where_its_fact_was_published(dao: Patient, stranger: Patient, long: bool) -> None:
    seen: list[set[int]] = []

    def look(_delivery: Delivery) -> None:
        seen.append(set(Patient.objects.values_list("pk", flat=True)))

    subscribe("thing.happened", long=long)(look)
    for own in (dao, stranger):
        with wall.within(own.facility_id):
            publish("thing.happened", patient_id=own.pk)
    with wall.nowhere():
        publish("thing.happened")
    for event in OutboxEvent.objects.filter(topic="thing.happened").order_by("pk"):
        assert deliver(event_id=event.pk)
    assert seen == [{dao.pk}, {stranger.pk}, set()]


def test_a_command_for_all_facilities_is_on_record() -> None:
    call_command("verify_files", verbosity=0)
    line = AuditEvent.objects.get(action="wall.open")
    assert line.detail == {"job": "verify_files"}


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_while_programs_work_an_upgrade_leaves_the_wall_to_the_operator(
    owner_sql: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program of the version before tells the database nothing: it would see empty tables."""
    for table in wanted_policies():
        owner_sql.execute(f"DROP POLICY facility_wall ON {table}")
        owner_sql.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert Organization.objects.count() == 0, "the application is connected"
    for app in apps.get_app_configs():
        wall_after_migrate(app, using="owner")
    standing = _rows("SELECT count(*) FROM pg_policy")
    assert standing == [(len(wanted_policies()),)]
    assert len(gaps()) == len(wanted_policies()), "built, but not in force"
    with pytest.raises(SystemExit):
        call_command("wall")
    call_command("wall", "raise")
    assert gaps() == []
    assert "The wall stands" in capsys.readouterr().out

    owner_sql.execute("CREATE POLICY facility_wall ON accounts_location USING (false)")
    wall_after_migrate(apps.get_app_config("accounts"), using="owner")
    assert _rows("SELECT count(*) FROM pg_policy") == [(len(wanted_policies()),)], "what stands outside now"

    owner_sql.execute("DROP POLICY facility_wall ON registry_patient")
    owner_sql.execute(ON_PATIENTS.format("DISABLE"))
    wall_after_migrate(apps.get_app_config("registry"), using="owner")
    assert gaps() == [], "where it stands already, a new table's part is in force at once"
    connections["owner"].close()
    call_command("wall", "lower")
    assert len(gaps()) == len(wanted_policies())
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"wall.raise", "wall.lower"}
