"""Orders of ours go to the HIS once and in its codes; what it refuses comes back to who ordered it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices.models import Notice
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.orders.models import MedicationRequest, OrderRefusal
from encounters.orders.services import (
    add_medication,
    add_service,
    hold_order,
    resume_order,
    settle_refusal,
    stop_order,
)
from encounters.visits.models import Encounter
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.demo import load
from integrations.transport.listener import Frame
from integrations.transport.models import Channel, DeadLetter, MessageState, NeighbourCode
from integrations.transport.services import resend
from tests.emr.people import make_chi, make_facility
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.integrations.his.orders import keep
from tests.integrations.neighbour import Neighbour, accepts, answer
from tests.integrations.strict import strict_neighbour
from tests.integrations.transport.test_sending import make_channel

pytestmark = pytest.mark.django_db
UNKNOWN_CODE = "ERR|||204^Unknown key identifier^HL70357|E||||Mã thuốc không có"


@pytest.fixture
def world() -> tuple[User, Encounter]:
    return make_world()


@pytest.fixture
def his() -> Iterator[Neighbour]:
    """The HIS listens, takes RDE and OML, and holds them to the letter of HL7."""
    with strict_neighbour() as neighbour:
        outgoing(neighbour)
        yield neighbour


def outgoing(neighbour: Neighbour, *types: str) -> Channel:
    return make_channel(
        make_facility(),
        neighbour,
        name="HIS (gửi)",
        receiving_application="HIS",
        performs="his",
        message_types=list(types) or ["RDE", "OML"],
    )


def work_off() -> None:
    """What the workers do until nothing is due."""
    for _round in range(30):
        due = OutboxEvent.objects.filter(done_at=None, failed_at=None, available_at__lte=now())
        topics = due.filter(topic__regex=r"^(service_request|medication_request|hl7_message)\.")
        OutboxEvent.objects.filter(pk__in=topics).update(available_at=now() - timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in list(topics.order_by("pk").values_list("pk", flat=True))):
            return


def prescribe(world: tuple[User, Encounter], **line: object) -> MedicationRequest:
    """Amoxicillin, confirmed."""
    an, stay = world
    entry = make_entry(stay, an)
    usual: dict[str, object] = {
        "code": "TH0017", "text": "Amoxicilin 500 mg", "dose": 1, "dose_unit": "vien", "times_per_day": 2, "route": "PO",
        "days": 5, "note": "Uống sau ăn",
    }  # fmt: skip
    order = add_medication(entry=entry, by=an, **usual | line)  # type: ignore[typeddict-item]  # its fields
    confirm(entry, an)
    order.refresh_from_db()
    return order


def sent_to(neighbour: Neighbour) -> list[Hl7Message]:
    return [parse(raw) for raw in neighbour.received]


def refusing(code: str, *more: str, msa: str = "AA") -> object:
    """A HIS that says AA to the message and `code` to the order (RRE^O12)."""

    def behave(control_id: str) -> bytes:
        return answer(
            msa, control_id, more="\r".join([f"ORC|{code}|||||||||||||||^Hết thuốc trong kho", *more])
        )

    return behave


def test_a_medicine_goes_out_with_the_his_s_codes_and_the_stock(
    his: Neighbour, world: tuple[User, Encounter]
) -> None:
    channel = Channel.objects.get(receiving_application="HIS")
    NeighbourCode.objects.create(
        facility=channel.facility,
        channel=channel,
        kind="medicine",
        code="HIS-AMX",
        mapped_to="TH0017",
        last_seen_at=now(),
    )
    order = prescribe(world)
    work_off()
    (message,) = sent_to(his)
    orc, rxe, tq1 = (message.first(name) for name in ("ORC", "RXE", "TQ1"))
    assert (message.first("MSH")[9].text(1), orc[1].text(), orc[2].text()) == (
        "RDE",
        "NW",
        order.placer_number,
    )
    assert (rxe[2].text(1), rxe[2].text(4), rxe[3].text(), rxe[5].text()) == (
        "HIS-AMX",
        "TH0017",
        "1",
        "vien",
    )
    assert rxe[40].text(1) == "pharmacy"
    assert (tq1[3].text(), tq1[6].text(), message.first("RXR")[1].text()) == ("BID", "5", "PO")
    assert message.first("NTE")[3].text() == "Uống sau ăn"
    assert message.first("PV1")[19].text() == order.encounter.identifier


def test_a_service_goes_out_and_the_laboratory_is_not_told_twice(
    his: Neighbour, world: tuple[User, Encounter]
) -> None:
    an, stay = world
    entry = make_entry(stay, an)
    for category, text in (("laboratory", "Công thức máu"), ("diet", "Cháo thường")):
        add_service(entry=entry, by=an, category=category, code="", text=text)
    confirm(entry, an)
    work_off()
    assert [m.first("OBR")[4].text(2) for m in sent_to(his)] == ["Công thức máu", "Cháo thường"]


@pytest.mark.parametrize("types", [("RDE", "OML"), ("ORM",)])
def test_others_programs_can_read_what_we_send(types: tuple[str, ...], world: tuple[User, Encounter]) -> None:
    with strict_neighbour() as neighbour:
        outgoing(neighbour, *types)
        prescribe(
            world,
            as_needed=True,
            as_needed_for="Sốt trên 38,5",
            times=["08:00", "20:00"],
            rate="30 giọt/phút",
        )
        an, stay = world
        entry = make_entry(stay, an)
        add_service(
            entry=entry,
            by=an,
            category="imaging",
            code="",
            text="X-quang ngực",
            clinical_question="Viêm phổi?",
        )
        confirm(entry, an)
        work_off()
        assert len(neighbour.received) == 2
        sent = {raw.split(b"|", 9)[8].split(b"^")[0].decode() for raw in neighbour.received}
        assert sent == set(types)


def test_hold_release_and_stop_are_told_in_their_order(his: Neighbour, world: tuple[User, Encounter]) -> None:
    order, (an, _stay) = prescribe(world), world
    hold_order(order=order, reason="Chờ", by=an)
    resume_order(order=order, by=an)
    stop_order(order=order, reason="Dị ứng", by=an)
    work_off()
    told = [message.first("ORC") for message in sent_to(his)]
    assert [orc[1].text() for orc in told] in (
        ["NW", "HD", "RL", "CA"],
        [],
    )  # stopped before it went out: not at all
    if told:
        assert told[-1][16].text(2) == "Dị ứng"


def test_every_change_of_a_told_order_is_told_once(his: Neighbour, world: tuple[User, Encounter]) -> None:
    order, (an, _stay) = prescribe(world), world
    work_off()
    stop_order(order=order, reason="Dị ứng", by=an)
    work_off()
    OutboxEvent.objects.filter(topic__startswith="medication_request.").update(done_at=None)
    work_off()
    assert [message.first("ORC")[1].text() for message in sent_to(his)] == ["NW", "CA"]


def test_what_the_his_keeps_is_never_told_back(his: Neighbour, world: tuple[User, Encounter]) -> None:
    order = prescribe(world)
    MedicationRequest.objects.filter(pk=order.pk).update(
        origin="HIS", origin_number="TH-1", effective_at=now()
    )
    work_off()
    assert his.received == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("behaviour", "code", "text"),
        [
            (refusing("UA"), "UA", "Hết thuốc trong kho"),
            (lambda c: answer("AE", c, more=UNKNOWN_CODE), "204", "Mã thuốc không có"),
            (lambda c: answer("AE", c, text="Không có BHYT"), "AE", "Không có BHYT"),
        ],
    )  # fmt: skip
    def test_it_stands_on_the_order_and_with_the_prescriber(
        self,
        his: Neighbour,
        world: tuple[User, Encounter],
        behaviour: object,
        code: str,
        text: str,
        client: Client,
    ) -> None:
        his.behaviour = behaviour  # type: ignore[assignment]
        order, (an, stay) = prescribe(world), world
        work_off()
        refusal = OrderRefusal.objects.get()
        assert (refusal.medication, refusal.wanted, refusal.code, refusal.text) == (
            order,
            "place",
            code,
            text,
        )
        assert Notice.objects.get(kind="orders.refused").cause_gone_at is None
        assert not DeadLetter.objects.filter(resolution="").exists(), "nobody at the desk has to do anything"
        order.refresh_from_db()
        assert order.status == "active", "what to do is the doctor's to say"
        client.force_login(an)
        for page in ("/orders/refusals/", "/orders/refusals/panel/", f"/encounters/{stay.uuid}/orders/"):
            assert text in client.get(page).content.decode(), page

    def test_settling_needs_a_word_and_ends_the_ringing(
        self, his: Neighbour, world: tuple[User, Encounter], client: Client
    ) -> None:
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        prescribe(world)
        work_off()
        refusal, an = OrderRefusal.objects.get(), world[0]
        with pytest.raises(DomainError):
            settle_refusal(refusal=refusal, note=" ", by=an)
        client.force_login(make_chi())
        assert client.post(f"/orders/refusals/{refusal.uuid}/settle", {"note": "x"}).status_code == 404
        client.force_login(an)
        assert client.post(f"/orders/refusals/{refusal.uuid}/settle", {"note": ""}).status_code == 422
        assert (
            client.post(f"/orders/refusals/{refusal.uuid}/settle", {"note": "Đổi thuốc"}).status_code == 302
        )
        refusal.refresh_from_db()
        assert (refusal.settled_by, refusal.settled_note) == (an, "Đổi thuốc")
        assert Notice.objects.get(kind="orders.refused").cause_gone_at is not None

    def test_stopping_the_order_settles_it(self, his: Neighbour, world: tuple[User, Encounter]) -> None:
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        order = prescribe(world)
        work_off()
        stop_order(order=order, reason="Đổi thuốc", by=world[0])
        assert OrderRefusal.objects.get().settled_at is not None

    def test_a_later_acceptance_settles_it(self, his: Neighbour, world: tuple[User, Encounter]) -> None:
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        prescribe(world)
        work_off()
        his.behaviour = accepts
        message = Channel.objects.get(receiving_application="HIS").messages.get()
        assert MessageState.objects.get(message=message).state == "delivered"
        resend(message, by=world[0])
        work_off()
        assert OrderRefusal.objects.get().settled_note.startswith("HIS")

    def test_the_same_answer_read_twice_is_one(self, his: Neighbour, world: tuple[User, Encounter]) -> None:
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        prescribe(world)
        work_off()
        OutboxEvent.objects.filter(topic="hl7_message.answered").update(done_at=None)
        work_off()
        assert OrderRefusal.objects.count() == Notice.objects.filter(kind="orders.refused").count() == 1

    def test_an_answer_that_comes_later_as_its_own_message(
        self, his: Neighbour, world: tuple[User, Encounter]
    ) -> None:
        load(make_facility())
        hl7v2.forget_channels()
        order = prescribe(world)
        work_off()
        asked = Channel.objects.get(receiving_application="HIS").messages.get()
        raw = (
            "MSH|^~\\&|HIS|99999|EMR|99999|20261122080000||RRE^O12|L1|P|2.5.1||||||UNICODE UTF-8\r"
            f"MSA|AA|{asked.control_id}\rORC|UX|{order.placer_number}||||||||||||||^Ngoài danh mục BHYT\r"
        )
        assert b"|AA|" in hl7v2.receive([Frame(raw.encode(), "127.0.0.1")])[0].wire
        work_off()
        assert (OrderRefusal.objects.get().code, OrderRefusal.objects.get().text) == (
            "UX",
            "Ngoài danh mục BHYT",
        )

    def test_the_list_asks_a_fixed_number_of_queries(
        self, his: Neighbour, world: tuple[User, Encounter], client: Client, django_assert_num_queries: object
    ) -> None:
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        for _number in range(3):
            prescribe(world, text="Amoxicilin", code="")
        work_off()
        client.force_login(world[0])
        client.get("/orders/refusals/")
        with django_assert_num_queries(8):  # type: ignore[operator]
            assert client.get("/orders/refusals/").content.decode().count("Hết thuốc") == 3


def test_nothing_is_told_of_a_kind_that_the_his_keeps(his: Neighbour, world: tuple[User, Encounter]) -> None:
    prescribe(world)
    keep(make_facility(), "his", "order:medication")
    work_off()
    assert his.received == []
