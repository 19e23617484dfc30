"""Patients whom the EMR keeps are told to the HIS when they change: once, to the letter, never what it said itself."""

from collections.abc import Iterator

import pytest

from emr.accounts.models import Organization, User
from integrations.his.services import tell_person
from integrations.hl7v2.parsing import Hl7Message, parse
from patients.history import services as history
from patients.registry.models import Patient
from patients.registry.services import update_patient
from tests.emr.people import make_an, make_department
from tests.encounters.chart import deliver_all
from tests.integrations.conftest import Send, ago, state
from tests.integrations.his.orders import keep
from tests.integrations.his.test_orders_out import outgoing
from tests.integrations.messages import adt
from tests.integrations.neighbour import Neighbour
from tests.integrations.strict import strict_neighbour
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def an(facility: Organization) -> User:
    return make_an(make_department(facility))


@pytest.fixture
def his(facility: Organization) -> Iterator[Neighbour]:
    with strict_neighbour() as neighbour:
        outgoing(neighbour, "ADT")
        yield neighbour


@pytest.fixture
def binh(facility: Organization, send: Send, his: Neighbour) -> Patient:
    """The HIS has told of him; from then on the EMR keeps who he is, and his allergies."""
    assert state(send(adt("A28", "P1", at=ago(5)))) == "applied"
    keep(facility, "emr", "demographics", "allergies")
    deliver_all()
    return Patient.objects.get()


def told(his: Neighbour) -> list[Hl7Message]:
    deliver_all()
    return [parse(raw) for raw in his.received]


def test_a_change_is_told_with_the_whole_person_and_the_whole_list(
    his: Neighbour, binh: Patient, an: User
) -> None:
    assert told(his) == [], "what the HIS said itself"
    update_patient(patient=binh, by=an, version=None, phone="0903000001")
    [first] = told(his)
    assert [first.first("MSH")[9].text(n) for n in (1, 2, 3)] == ["ADT", "A31", "ADT_A05"]
    assert (first.first("PID")[3].text(), first.first("PID")[13].text()) == ("BN000001", "0903000001")
    assert (first.first("PV1")[2].text(), first.all("AL1")) == ("N", [])
    shrimp = history.record_allergy(patient=binh, substance="Tôm", by=an, criticality="high", category="food")
    *_before, second = told(his)
    [al1] = second.all("AL1")
    assert (al1[2].text(), al1[3].text(2), al1[4].text()) == ("FA", "Tôm", "SV")
    history.end_entry(entry=shrimp, status="refuted", by=an, reason="Không phải")
    *_before, third = told(his)
    assert third.first("AL1")[3].is_null
    history.record_problem(patient=binh, text="Tăng huyết áp", by=an)
    assert len(told(his)) == 3, "nothing of the person that the HIS is told has changed"


@pytest.mark.parametrize("keeper", ["his", "both"])
def test_only_where_the_emr_keeps_them(
    his: Neighbour, binh: Patient, an: User, facility: Organization, keeper: str
) -> None:
    keep(facility, keeper, "demographics", "allergies")
    assert tell_person(matter="demographics", patient_id=binh.pk, fact=1) == 0
    assert tell_person(matter="allergies", patient_id=binh.pk, fact=1) == 0


def test_whom_the_his_can_not_know_is_not_told_and_told_twice_is_once(
    his: Neighbour, binh: Patient, facility: Organization
) -> None:
    stranger = make_patient("Lê Văn Hùng", facility=facility, sex="male")
    assert tell_person(matter="demographics", patient_id=stranger.pk, fact=1) == 0
    assert tell_person(matter="demographics", patient_id=binh.pk, fact=7) == 1
    assert tell_person(matter="demographics", patient_id=binh.pk, fact=7) == 0
