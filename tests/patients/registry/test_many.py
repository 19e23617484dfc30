"""Patients of a list are registered together: what stands in the tables afterwards is what one by one leaves there."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from emr.audit.models import AuditEvent, RowVersion
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from patients.registry import systems
from patients.registry.models import Identifier, Patient
from patients.registry.services import NewNumber, NewPatient, register_patient, register_patients
from tests.emr.people import make_facility
from tests.patients.people import make_clerk, make_patient
from tests.support.tables import written

pytestmark = pytest.mark.django_db
TABLES = (Patient, Identifier, AuditEvent, RowVersion, OutboxEvent)


@pytest.fixture
def somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts that nobody wants leave no row: here somebody wants them all."""
    listener = SimpleNamespace(name="tests.listener", queue="sync")
    monkeypatch.setattr("emr.outbox.services.subscriptions", lambda _topic: [listener])


def citizen(number: int) -> NewNumber:
    return NewNumber(systems.CITIZEN, f"{number:012d}")


def insurance(number: str) -> NewNumber:
    return NewNumber(systems.INSURANCE, number)


def the_list() -> list[NewPatient]:
    """Shared numbers within the list and with who is there, a number twice on one card, years alone."""
    return [
        NewPatient(mrn="bn 1", full_name="  Nguyễn  Thị Hoa ", sex="female", numbers=[citizen(1), citizen(1)],
                   details={"birth_year": 1980, "phone": "0900 000 001"}),
        NewPatient(mrn="BN2", full_name="Trần Văn Năm", numbers=[citizen(7)], details={"birth_year": 1956}),
        NewPatient(mrn="BN3", full_name="Trần Văn Năm", numbers=[citizen(1), insurance("GD4010123456789")]),
        NewPatient(mrn="BN4", full_name="Lê Thị Bốn", numbers=[insurance("0123456789"), citizen(1)]),
        NewPatient(mrn="BN5", full_name="Không Số", details={"address_line": "12 Lê Lợi", "address_text": "12 Lê Lợi"}),
    ]  # fmt: skip


def one_by_one(people: list[NewPatient], by: Any) -> None:
    for new in people:
        register_patient(
            facility=make_facility(),
            by=by,
            full_name=new.full_name,
            sex=new.sex,
            mrn=new.mrn,
            numbers=new.numbers,
            another_person=True,
            **new.details,
        )


def test_together_leaves_what_one_by_one_leaves(somebody_listens: None) -> None:
    clerk = make_clerk()
    make_patient(numbers=[citizen(7)])
    with transaction.atomic():
        one_by_one(the_list(), clerk)
        expected = written(*TABLES)
        transaction.set_rollback(True)
    found = register_patients(facility=make_facility(), by=clerk, people=the_list())
    assert [str(patient) for patient in found][:2] == ["Nguyễn Thị Hoa", "Trần Văn Năm"]
    assert written(*TABLES) == expected
    # The comparison would be worth nothing if these had stayed away.
    assert Identifier.objects.filter(is_shared=True).count() == 7
    assert RowVersion.objects.filter(table_name="registry_identifier").exists()
    assert OutboxEvent.objects.filter(topic="patient.registered").count() == 6


def test_what_a_rule_refuses_keeps_nobody_else_out() -> None:
    people = the_list()
    people[1:1] = [
        NewPatient(mrn="BN8", full_name="   "),
        NewPatient(mrn="BN9", full_name="Cụ Cố", details={"birth_year": 1850}),
        NewPatient(mrn="BN10", full_name="Số Sai", numbers=[NewNumber(systems.CITIZEN, "12")]),
    ]
    found = register_patients(facility=make_facility(), by=None, people=people)
    refusals = [each.code if isinstance(each, DomainError) else "" for each in found]
    assert refusals == ["", "no_name", "too_old", "bad_citizen_number", "", "", "", ""]
    assert Patient.objects.count() == 5


def test_a_number_that_somebody_holds_writes_nothing() -> None:
    make_patient(mrn="BN3")
    before = written(*TABLES)
    with pytest.raises(DomainError) as refused, transaction.atomic():
        register_patients(facility=make_facility(), by=None, people=the_list())
    assert refused.value.code == "number_taken"
    assert written(*TABLES) == before


def test_many_cost_no_more_statements_than_few() -> None:
    facility = make_facility()

    def statements(first: int, count: int) -> int:
        people = [
            NewPatient(mrn=f"BN{n}", full_name=f"Người Thứ {n}", numbers=[citizen(n)])
            for n in range(first, first + count)
        ]
        with CaptureQueriesContext(connection) as seen:
            register_patients(facility=facility, by=None, people=people)
        return len(seen)

    few = statements(1000, 2)
    assert statements(2000, 200) == few
    assert few <= 10
