"""`manage.py mllp` as it runs in the hospital: its own process, real sockets, other people's clients (F-13 to F-16)."""

import concurrent.futures
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from emr.audit.models import AuditEvent
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.demo import load
from integrations.transport.framing import frame
from integrations.transport.models import Channel, Message
from tests.emr.people import make_facility
from tests.integrations.messages import adt, hostile_name, msh
from tests.integrations.peers import CLIENTS, ROOT, RawSender, RunningListener, listening, send_with

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener() -> Iterator[RunningListener]:
    load(make_facility())
    with listening("--half-frame-seconds", "1") as running:
        yield running


def code(answer: bytes) -> str:
    return parse(answer).first("MSA")[1].text()


def read(answer: str) -> Hl7Message:
    return parse(answer.encode())


@pytest.mark.peer
@pytest.mark.parametrize("client", CLIENTS)
def test_other_people_s_clients_are_acknowledged(listener: RunningListener, client: str) -> None:
    sent = [
        adt("A04", "N1", name="Nguyễn^Thị Bích Đào"),
        adt("A08", "N2"),
        adt("A04", "N1", name="Nguyễn^Thị Bích Đào"),
    ]
    answers = [read(answer) for answer in send_with(client, listener.port, sent)]
    assert [answer.first("MSA")[1].text() for answer in answers] == ["AA", "AA", "AA"]
    assert [answer.first("MSA")[2].text() for answer in answers] == ["N1", "N2", "N1"]
    assert answers[0].first("MSH")[10].text() == answers[2].first("MSH")[10].text(), (
        "the stored answer, not a new one"
    )
    assert Message.objects.count() == 2
    stored = Message.objects.get(control_id="N1")
    assert parse(bytes(stored.raw)).first("PID")[5].text(2) == "Thị Bích Đào"


@pytest.mark.peer
@pytest.mark.parametrize("client", CLIENTS)
def test_other_people_s_clients_understand_a_refusal(listener: RunningListener, client: str) -> None:
    answer = read(send_with(client, listener.port, [f"{msh('ORU^R01', 'N3')}\rPID|1\r".encode()])[0])
    assert answer.first("MSA")[1].text() == "AR"
    assert answer.first("ERR")[8].text()


def test_two_frames_in_one_packet_noise_and_split_frames(listener: RunningListener) -> None:
    with RawSender(listener.port) as sender:
        sender.send(b"\r\nnoise" + frame(adt(control_id="1")) + b"\n" + frame(adt(control_id="2")))
        assert [parse(a).first("MSA")[2].text() for a in sender.receive(2)] == ["1", "2"]
        for byte in frame(adt(control_id="3")):
            sender.send(bytes([byte]))
        assert code(sender.receive()[0]) == "AA"
    assert Message.objects.count() == 3


def test_one_sender_s_messages_are_stored_and_answered_in_the_order_sent(listener: RunningListener) -> None:
    """What gathers while a batch is stored is stored as the next, in the order read (F-17)."""
    names = [f"S{number:02d}" for number in range(40)]
    with RawSender(listener.port) as sender:
        sender.send(b"".join(frame(adt(control_id=name)) for name in names))
        answers = sender.receive(len(names))
    assert [control_id.encode() in answer for control_id, answer in zip(names, answers, strict=True)] == [
        True
    ] * 40
    assert list(Message.objects.order_by("pk").values_list("control_id", flat=True)) == names


def test_a_half_frame_is_dropped_in_time_and_others_don_t_notice() -> None:
    """Six seconds stand for the thirty of the hospital; the other sender is answered well within them."""
    load(make_facility())
    with listening("--half-frame-seconds", "6") as listener:
        with RawSender(listener.port) as slow, RawSender(listener.port) as other:
            slow.send(frame(adt(control_id="slow"))[:80])
            began = time.monotonic()
            assert code(other.ask(adt(control_id="other"))) == "AA"
            assert time.monotonic() - began < 5, "the other sender waited for the slow one"
            assert slow.is_closed(within=12)
        with RawSender(listener.port) as again:
            assert code(again.ask(adt(control_id="slow"))) == "AA"
    assert sorted(Message.objects.values_list("control_id", flat=True)) == ["other", "slow"]


def test_a_missing_end_block_costs_no_other_message(listener: RunningListener) -> None:
    with RawSender(listener.port) as sender:
        sender.send(b"\x0b" + adt(control_id="cut") + frame(adt(control_id="whole")))
        assert parse(sender.receive()[0]).first("MSA")[2].text() == "whole"
    assert Message.objects.get().control_id == "whole"


def test_a_frame_beyond_the_limit_is_refused_by_name(listener: RunningListener) -> None:
    with RawSender(listener.port) as sender:
        answer = b""
        try:
            sender.send(b"\x0b" + adt(control_id="big"))
            for _ in range(11):
                sender.send(b"x" * 1024 * 1024)
        except ConnectionError:
            pass
        else:
            answer = sender.receive()[0]
            assert code(answer) == "AR"
            assert parse(answer).first("MSA")[2].text() == "big"
    with RawSender(listener.port) as other:
        assert code(other.ask(adt())) == "AA"
    assert not Message.objects.filter(control_id="big").exists()


def test_a_hostile_name_is_stored_as_one_message_with_one_pid(listener: RunningListener) -> None:
    raw = hostile_name("A|B^C~D\\E&F\rPID|1||BN666")
    with RawSender(listener.port) as sender:
        assert code(sender.ask(raw)) == "AA"
    assert len(parse(bytes(Message.objects.get().raw)).all("PID")) == 1


def test_a_stranger_s_sender_id_is_answered_and_closed(listener: RunningListener) -> None:
    with RawSender(listener.port) as sender:
        sender.send(frame(f"{msh(sender='EVIL')}\r".encode()))
        assert code(sender.receive()[0]) == "AR"
        assert sender.is_closed()
    assert AuditEvent.objects.filter(action="hl7_sender.refused").exists()


def test_a_stranger_s_address_is_closed_unheard() -> None:
    load(make_facility())
    Channel.objects.update(allowed_addresses=["10.0.0.0/8"])
    with listening() as running, RawSender(running.port) as sender:
        assert sender.is_closed()
    alert = AuditEvent.objects.get(action="hl7_sender.refused")
    assert alert.address == "127.0.0.1"


def test_killed_between_commit_and_answer_the_resend_gets_the_stored_answer(
    listener: RunningListener,
) -> None:
    raw = adt(control_id="K1")
    with RawSender(listener.port) as sender:
        sender.send(frame(raw))
        deadline = time.monotonic() + 10
        while not Message.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        listener.process.kill()
    stored = Message.objects.get()
    with listening() as restarted, RawSender(restarted.port) as sender:
        assert frame(sender.ask(raw)) == bytes(stored.reply)
    assert Message.objects.count() == 1


def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_doubled() -> None:
    """A ledger of what was acknowledged; the process is killed with -9 in full flow, twice."""
    load(make_facility())
    acknowledged: set[str] = set()
    unanswered: list[bytes] = []
    for round_number in range(2):
        with listening() as running, RawSender(running.port) as sender:
            for number in range(200):
                raw = adt(control_id=f"{round_number}-{number}", number=f"BN{number}")
                if number == 40 + 25 * round_number:
                    sender.send(frame(raw) + frame(adt(control_id=f"{round_number}-next")))
                    unanswered += [raw, adt(control_id=f"{round_number}-next")]
                    running.process.kill()
                    break
                assert code(sender.ask(raw)) == "AA"
                acknowledged.add(f"{round_number}-{number}")
    with listening() as running, RawSender(running.port) as sender:
        assert [code(sender.ask(raw)) for raw in unanswered] == ["AA"] * len(unanswered)
    stored = list(Message.objects.values_list("control_id", flat=True))
    assert len(stored) == len(set(stored)) == len(acknowledged) + len(unanswered)
    assert acknowledged <= set(stored)


def test_many_senders_at_once(listener: RunningListener) -> None:
    def sender(name: int) -> int:
        with RawSender(listener.port) as connection:
            return sum(code(connection.ask(adt(control_id=f"{name}-{n}"))) == "AA" for n in range(25))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(sender, range(8))) == [25] * 8
    assert Message.objects.count() == 200


def test_sigterm_answers_what_was_read_whole_and_ends(listener: RunningListener) -> None:
    with (
        RawSender(listener.port) as sender,
        RawSender(listener.port) as idle,
        RawSender(listener.port) as half,
    ):
        half.send(frame(adt())[:40])
        sender.send(b"".join(frame(adt(control_id=str(n))) for n in range(30)))
        first = sender.receive(1)
        assert listener.stop(signal.SIGTERM) == 0
        answers = [*first, *sender.receive(30)]
        assert idle.is_closed()
    assert len(answers) == Message.objects.count() == 30


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "manage.py", "mllp", "--bind", "127.0.0.1", "--port", port],
            cwd=ROOT,
            env=os.environ | {"EMR_SETTINGS": "test"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "EMR_MLLP_PORT" in done.stderr
