"""Stays that the EMR keeps are told to the HIS: every event, to the letter of HL7, once, and nothing that it said itself."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.context import Acting, acting_as
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from integrations.his.services import tell_stay
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.models import Channel, DeadLetter
from tests.emr.people import make_an, make_department
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
    """The HIS takes ADT and holds it to the letter; the EMR keeps admissions."""
    keep(facility, "emr", "movement")
    with strict_neighbour() as neighbour:
        outgoing(neighbour, "ADT")
        yield neighbour


def work_off() -> None:
    for _round in range(30):
        due = OutboxEvent.objects.filter(done_at=None, failed_at=None, available_at__lte=now())
        topics = due.filter(topic__regex=r"^(encounter|hl7_message)\.")
        OutboxEvent.objects.filter(pk__in=topics).update(available_at=now() - timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in list(topics.order_by("pk").values_list("pk", flat=True))):
            return


def told(his: Neighbour) -> list[Hl7Message]:
    work_off()
    return [parse(raw) for raw in his.received]


def events(his: Neighbour) -> list[str]:
    return [message.first("MSH")[9].text(2) for message in told(his)]


def admitted(facility: Organization, an: User, hours: int = 5) -> Encounter:
    return visits.admit(
        patient=make_patient(),
        department=make_department(facility),
        by=an,
        at=now() - timedelta(hours=hours),
        late_reason="Nhập bù",
    )


def test_a_whole_stay(his: Neighbour, facility: Organization, an: User) -> None:
    stay = admitted(facility, an)
    work_off()
    visits.record_diagnosis(encounter=stay, role="admission", by=an, text="Viêm phổi")
    visits.transfer(encounter=stay, department=make_department(facility, "K19"), by=an)
    work_off()
    visits.discharge(encounter=stay, by=an, outcome="1", disposition="home")
    work_off()
    visits.cancel_discharge(encounter=stay, by=an, reason="Nhầm người")
    sent = told(his)
    assert events(his) == ["A01", "A02", "A03", "A13"]
    assert {message.first("PV1")[19].text() for message in sent} == {stay.identifier}
    first, moved, left, _back = sent
    stay.refresh_from_db()
    assert (first.first("PV1")[3].text(), moved.first("PV1")[3].text(), moved.first("PV1")[6].text()) == (
        "K03",
        "K19",
        "K03",
    )
    assert first.first("EVN")[6].text() == first.first("PV1")[44].text()
    assert (left.first("PV1")[36].text(), bool(left.first("PV1")[45].text())) == ("1", True)
    assert left.first("DG1")[3].text(2) == "Viêm phổi"
    assert not DeadLetter.objects.exists()


def test_a_visit_that_is_cancelled(his: Neighbour, facility: Organization, an: User) -> None:
    stay = visits.start_visit(patient=make_patient(), department=make_department(facility), by=an)
    work_off()
    visits.cancel_visit(encounter=stay, by=an, reason="Nhầm người")
    assert events(his) == ["A04", "A11"]


def test_told_twice_is_one(his: Neighbour, facility: Organization, an: User) -> None:
    stay = admitted(facility, an)
    for _again in range(2):
        tell_stay(verb="admitted", encounter_id=stay.pk, fact=7)
    assert (
        Channel.objects.get(direction="out", receiving_application="HIS", name="HIS (gửi)").messages.count()
        == 1
    )


def test_nothing_that_the_his_said_goes_back(
    his: Neighbour, facility: Organization, send: Send, an: User
) -> None:
    """While both keep stays nothing goes out; what the HIS told then is known to it, and only what is new is told."""
    keep(facility, "both", "movement")
    assert state(send(adt("A01", "A1", at=ago(5)))) == "applied"
    stay = Encounter.objects.get()
    keep(facility, "emr", "movement")
    assert events(his) == []
    visits.transfer(encounter=stay, department=make_department(facility, "K19"), by=an)
    assert events(his) == ["A02"], "no second admission of what it has told itself"


def test_a_first_load_is_no_news(his: Neighbour, facility: Organization, an: User) -> None:
    stay = admitted(facility, an)
    OutboxEvent.objects.all().delete()
    with acting_as(Acting(origin="first-load:1")):
        assert tell_stay(verb="admitted", encounter_id=stay.pk, fact=1) == 0


@pytest.mark.parametrize("keeper", ["his", "both"])
def test_only_where_the_emr_keeps_them(his: Neighbour, facility: Organization, an: User, keeper: str) -> None:
    stay = admitted(facility, an)
    keep(facility, keeper, "movement")
    assert tell_stay(verb="admitted", encounter_id=stay.pk, fact=1) == 0


def test_what_it_can_not_know_is_announced_before_its_news_and_never_cancelled(
    his: Neighbour, facility: Organization, an: User
) -> None:
    keep(facility, "both", "movement")
    moved, gone = admitted(facility, an), admitted(facility, an)
    work_off()
    keep(facility, "emr", "movement")
    visits.transfer(encounter=moved, department=make_department(facility, "K19"), by=an)
    visits.cancel_admission(encounter=gone, by=an, reason="Nhầm người")
    assert events(his) == ["A01", "A02"]


def test_a_transfer_taken_back_names_where_the_patient_never_went(
    his: Neighbour, facility: Organization, an: User
) -> None:
    stay = admitted(facility, an)
    work_off()
    visits.transfer(encounter=stay, department=make_department(facility, "K19"), by=an)
    work_off()
    visits.cancel_transfer(encounter=stay, by=an, reason="Nhầm người")
    *_before, back = told(his)
    assert back.first("MSH")[9].text(2) == "A12"
    assert (back.first("PV1")[3].text(), back.first("PV1")[6].text()) == ("K03", "K19")
