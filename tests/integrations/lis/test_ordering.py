"""Orders go out to whoever performs them, once, and what comes back closes them: the round trip over real sockets."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.orders.models import ServiceRequest
from encounters.orders.services import hold_order, resume_order, stop_order
from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.demo import load
from integrations.transport.listener import Frame
from integrations.transport.models import DeadLetter, Message
from tests.emr.people import make_an, make_facility
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.integrations.conftest import state
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.neighbour import Neighbour, listening_neighbour
from tests.integrations.strict import strict_neighbour
from tests.integrations.transport.test_sending import make_channel
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def lis() -> Iterator[Neighbour]:
    """The laboratory's system, which takes OML^O21 and holds it to the letter of HL7."""
    with strict_neighbour() as neighbour:
        make_channel(make_facility(), neighbour, performs="laboratory")
        yield neighbour


@pytest.fixture
def ris() -> Iterator[Neighbour]:
    """The radiology's system, which takes ORM^O01 and holds it to the letter of HL7."""
    with strict_neighbour() as neighbour:
        make_channel(
            make_facility(),
            neighbour,
            name="RIS (gửi)",
            receiving_application="RIS",
            message_types=["ORM"],
            performs="imaging",
        )
        yield neighbour


@pytest.fixture
def an() -> User:
    """The doctor who orders."""
    chart.load_forms()
    return make_an()


@pytest.fixture
def stay(an: User) -> Encounter:
    """Bà Đào's."""
    return admit()


def work_off() -> None:
    """What the workers do until nothing is due."""
    for _round in range(30):
        due = OutboxEvent.objects.filter(done_at=None, failed_at=None, available_at__lte=now())
        topics = due.filter(topic__regex=r"^(service_request|specimen|hl7_message)\.")
        OutboxEvent.objects.filter(pk__in=topics).update(available_at=now() - timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in list(topics.order_by("pk").values_list("pk", flat=True))):
            return


def sent_to(neighbour: Neighbour) -> list[Hl7Message]:
    """What it has received."""
    return [parse(raw) for raw in neighbour.received]


def controls(neighbour: Neighbour) -> list[str]:
    """ORC-1 of each."""
    return [message.first("ORC")[1].text() for message in sent_to(neighbour)]


def test_a_test_goes_to_the_laboratory_alone_with_what_it_needs(
    lis: Neighbour, ris: Neighbour, stay: Encounter, an: User
) -> None:
    request = order(
        stay, an, priority="urgent", specimen="SER", clinical_question="Tăng kali?", call_to="Khoa Nội 204"
    )
    work_off()
    assert ris.received == []
    (message,) = sent_to(lis)
    orc, obr_sent, pid, pv1 = (message.first(name) for name in ("ORC", "OBR", "PID", "PV1"))
    assert request.placer_number
    assert (orc[1].text(), orc[2].text(), orc[14].text()) == ("NW", request.placer_number, "Khoa Nội 204")
    assert (obr_sent[2].text(), obr_sent[4].text(1), obr_sent[13].text()) == (
        request.placer_number,
        "XN0029",
        "Tăng kali?",
    )
    assert message.first("TQ1")[9].text() == "A"
    assert message.first("SPM")[4].text() == "SER"
    assert pid[3].text(5) == "MR"
    assert pid[5].text(1) + " " + pid[5].text(2) == stay.patient.full_name
    assert pv1[19].text() == stay.identifier


def test_an_image_goes_to_the_radiology_with_its_accession_number(
    lis: Neighbour, ris: Neighbour, stay: Encounter, an: User
) -> None:
    request = order(stay, an, "CDHA0001", category="imaging", text="X-quang ngực thẳng")
    work_off()
    assert lis.received == []
    (message,) = sent_to(ris)
    assert message.first("MSH")[9].text(1) == "ORM"
    assert message.first("OBR")[18].text() == request.accession_number
    assert 0 < len(request.accession_number) <= 16


def test_a_diet_goes_to_nobody(lis: Neighbour, ris: Neighbour, stay: Encounter, an: User) -> None:
    order(stay, an, "", category="diet", text="Ăn nhạt")
    work_off()
    assert lis.received == ris.received == []


def test_what_happens_to_an_order_is_told_in_order_and_once(
    lis: Neighbour, stay: Encounter, an: User
) -> None:
    request = order(stay, an)
    work_off()
    hold_order(order=request, reason="Chờ hội chẩn", by=an)
    work_off()
    resume_order(order=request, by=an)
    work_off()
    stop_order(order=request, reason="Đã có kết quả", by=an)
    work_off()
    OutboxEvent.objects.filter(topic__startswith="service_request.").update(done_at=None, lease_until=None)
    work_off()
    assert controls(lis) == ["NW", "HD", "RL", "CA"]
    assert len(set(lis.control_ids)) == len(lis.received)


def test_an_order_stopped_before_it_was_told_is_never_told(lis: Neighbour, stay: Encounter, an: User) -> None:
    request = order(stay, an)
    stop_order(order=request, reason="Nhầm người bệnh", by=an)
    work_off()
    assert lis.received == []


@pytest.mark.parametrize("category", ["laboratory", "imaging"])
def test_a_strict_reader_takes_every_word_about_an_order_with_everything_in_it(
    lis: Neighbour, ris: Neighbour, stay: Encounter, an: User, category: str
) -> None:
    """OML^O21 and ORM^O01; the neighbours judge what they get as the test ends."""
    text = "Máu | nước tiểu ^ đờm & ~ \\ mủ"
    request = order(
        stay, an, "XN0029" if category == "laboratory" else "CDHA0001", category=category, text=text, specimen="SER",
        priority="stat", note="Lấy máu lúc đói\nKhông garô quá một phút", clinical_question=text, call_to="Khoa Nội|204",
    )  # fmt: skip
    work_off()
    for change in (hold_order, stop_order):
        change(order=request, reason=text, by=an)
        work_off()
    receiver = lis if category == "laboratory" else ris
    assert controls(receiver) == ["NW", "HD", "CA"]
    assert sent_to(receiver)[0].first("OBR")[4].text(2) == text


def test_its_result_completes_the_order_and_nothing_more_is_sent(
    lis: Neighbour, stay: Encounter, an: User
) -> None:
    load(make_facility())
    hl7v2.forget_channels()
    request = order(stay, an)
    work_off()
    number = stay.patient.identifiers.get(is_own=True).value
    pid = f"PID|1||{number}^^^BV99999^MR||{stay.patient.full_name.replace(' ', '^', 1)}"
    raw = oru(
        obr(placer=request.placer_number, code="XN0029^Điện giải đồ^L"), obx("NM", "K^Kali^L", "4.1"), pid=pid
    )
    assert b"|AA|" in hl7v2.receive([Frame(raw, "127.0.0.1")])[0].wire
    work_off()
    request.refresh_from_db()
    report = DiagnosticReport.objects.get()
    assert (request.status, report.request, report.encounter) == ("completed", request, stay)
    assert controls(lis) == ["NW"]


def test_a_result_for_another_patients_order_needs_a_person(
    facility: Organization, lis: Neighbour, stay: Encounter, an: User
) -> None:
    request = order(stay, an)
    other = make_patient("Lê Văn Hùng")
    number = other.identifiers.get(is_own=True).value
    raw = oru(
        obr(placer=request.placer_number),
        obx("NM", "K^Kali^L", "4.1"),
        pid=f"PID|1||{number}^^^BV99999^MR||Lê^Văn Hùng",
    )
    hl7v2.receive([Frame(raw, "127.0.0.1")])
    work_off()
    assert state(Message.objects.get(message_type__startswith="ORU")) == "dead"
    assert DeadLetter.objects.get().reason == "order_of_another"
    assert ServiceRequest.objects.get(pk=request.pk).status == "active"


@pytest.mark.parametrize("name", ["LIS", "RIS"])
def test_the_simulator_answers_an_order_with_results_that_are_read(
    facility: Organization, stay: Encounter, an: User, name: str
) -> None:
    """It is a process of its own, and says that it is none of the real ones."""
    with listening_neighbour() as record:
        program = subprocess.Popen(
            [
                *(sys.executable, "-u", "-m", "integrations.lis.simulator", "--name", name, "--port", "0"),
                *("--to-port", str(record.port), "--delay", "0.2", "--seed", "7"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert program.stdout is not None
            said = program.stdout.readline()
            assert "SIMULATOR" in said
            target = Neighbour(port=int(said.rstrip(".\n").rsplit(":", 1)[1]))
            make_channel(
                facility, target, receiving_application=name, message_types=["OML"], answer_seconds=10
            )
            kind, code = ("laboratory", "XN0001") if name == "LIS" else ("imaging", "CDHA0001")
            request = order(stay, an, code, category=kind, text="Xét nghiệm")
            work_off()
            deadline = time.monotonic() + 20
            while len(record.received) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            program.terminate()
            program.wait(10)
    for raw in record.received:
        hl7v2.receive([Frame(raw, "127.0.0.1")])
    work_off()
    report = DiagnosticReport.objects.get(replaced_by=None)
    assert (report.status, report.request, report.patient) == ("final", request, stay.patient)
    assert "mô phỏng" in report.note
    assert report.findings.count() == 6 if name == "LIS" else report.conclusion
