"""The HIS simulator, run as its help says: it takes an order and refuses another, which comes back to who ordered it."""

import re
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from emr.accounts.models import Organization, User
from emr.common import wall
from emr.notices.models import Notice
from encounters.orders.models import OrderRefusal
from encounters.visits.models import Encounter
from integrations.hl7v2.parsing import parse
from integrations.hl7v2.services import forget_channels, receive
from integrations.transport.demo import load
from integrations.transport.framing import FrameDecoder, frame
from integrations.transport.listener import Frame
from integrations.transport.models import Message, MessageState
from tests.encounters.orders.tables import make_world
from tests.integrations.conftest import Send, facility, send, state
from tests.integrations.his.test_orders_out import outgoing, prescribe, work_off
from tests.integrations.peers import ROOT

__all__ = ["facility", "send"]
pytestmark = pytest.mark.django_db


@contextmanager
def running(*options: str) -> Iterator[int]:
    """Its port; amoxicillin is out of stock there."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "integrations.his.simulator",
        "--listen",
        "0",
        "--out-of-stock",
        "amox",
    ]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"port (\d+)", line)
        assert found, line
        assert "SIMULATOR" in line
        yield int(found[1])
    finally:
        process.kill()
        process.wait(20)


@pytest.fixture
def simulator() -> Iterator[int]:
    with running() as port:
        yield port


class Record:
    """The record's end of the wire: a listener that keeps what it is told and says AA."""

    def __init__(self) -> None:
        self.told: list[bytes] = []
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        told = self.told

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                decoder = FrameDecoder()
                while chunk := self.request.recv(65536):
                    for raw in decoder.feed(chunk):
                        told.append(raw)
                        control_id = parse(raw).first("MSH")[10].text()
                        self.request.sendall(
                            frame(f"MSH|^~\\&|||||||ACK||P|2.5.1\rMSA|AA|{control_id}\r".encode())
                        )

        return Handler

    def wait_for(self, count: int) -> list[bytes]:
        """What it was told, once it is so many."""
        deadline = time.monotonic() + 30
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.told) == count
        return self.told


@pytest.fixture
def listener() -> Iterator[Record]:
    record = Record()
    yield record
    record.server.shutdown()
    record.server.server_close()


def test_a_his_that_thinks_first_answers_by_a_message_of_its_own(listener: Record) -> None:
    world: tuple[User, Encounter] = make_world()
    port = str(listener.server.server_address[1])
    with running("--delay", "0.2", "--port", port) as there:
        channel = outgoing(SimpleNamespace(port=there))
        channel.connect_seconds, channel.answer_seconds = 15, 30
        channel.save()
        refused = prescribe(world)
        work_off()
        (message,) = Message.objects.all()
        assert message.state_row.state == "delivered"
        assert not OrderRefusal.objects.exists(), "only that it is there has been said"
        (told,) = listener.wait_for(1)
    load(channel.facility)
    with wall.nowhere():
        forget_channels()
        assert b"|AA|" in receive([Frame(told, "127.0.0.1")])[0].wire
    work_off()
    assert OrderRefusal.objects.get().medication == refused


def test_patients_come_and_go(listener: Record, facility: Organization, send: Send) -> None:
    port = str(listener.server.server_address[1])
    with running("--arrivals", "0.9", "--port", port):
        messages = listener.wait_for(3)[:3]
    kinds = [parse(raw).first("MSH")[9].text(2) for raw in messages]
    assert kinds == ["A04", "A01", "A03"]
    for raw in messages:
        assert state(send(raw)) == "applied"
    assert Encounter.objects.get().status == "finished"


def test_an_order_is_taken_and_one_out_of_stock_comes_back_as_a_task(simulator: int) -> None:
    world: tuple[User, Encounter] = make_world()
    there: Any = SimpleNamespace(port=simulator)
    channel = outgoing(there)
    channel.connect_seconds, channel.answer_seconds = 15, 30
    channel.save()
    taken = prescribe(world, code="", text="Paracetamol 500 mg")
    refused = prescribe(world)
    work_off()
    assert set(MessageState.objects.values_list("state", flat=True)) == {"delivered"}
    refusal = OrderRefusal.objects.get()
    assert (refusal.medication, refusal.text) == (refused, "Hết thuốc trong kho")
    assert refusal.medication != taken
    notice = Notice.objects.get(kind="orders.refused")
    assert notice.cause_gone_at is None
    assert list(notice.recipients.values_list("user", flat=True)) == [world[0].pk]
