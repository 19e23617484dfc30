"""The demo's HIS channel, a ward with beds, and a way to send and apply messages as the worker does."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from emr.accounts.models import Location, Organization
from emr.common import wall
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.demo import load
from integrations.transport.listener import Frame
from integrations.transport.models import Message, MessageState
from tests.emr.people import make_department, make_facility

_TODAY = now().replace(microsecond=0)
Send = Callable[[bytes], Message]


@pytest.fixture
def facility(db: None) -> Organization:
    """Facility 99999 with internal medicine (K03: beds G1 to G3 in room P1), surgery (K19) and examination (K01)."""
    facility = make_facility()
    load(facility)
    hl7v2.forget_channels()
    for code, name in (("K01", "Khoa Khám bệnh"), ("K03", "Khoa Nội"), ("K19", "Khoa Ngoại")):
        department = make_department(facility, code, name)
        room = Location.objects.create(
            facility=facility, kind="room", department=department, code="P1", name="P1"
        )
        for number in (1, 2, 3):
            Location.objects.create(
                facility=facility,
                kind="bed",
                department=department,
                parent=room,
                code=f"G{number}",
                name=f"Giường {number}",
            )
    return facility


def work_off(limit: int = 50) -> None:
    """What a worker does until nothing is due: deliver, oldest first."""
    for _round in range(limit):
        waiting = OutboxEvent.objects.filter(topic="hl7_message.received", done_at=None, failed_at=None)
        due = list(waiting.filter(available_at__lte=now()).order_by("pk").values_list("pk", flat=True))
        # Inside a test's one transaction PostgreSQL's now() stands still, before everything published in it.
        OutboxEvent.objects.filter(pk__in=due).update(available_at=now() - timedelta(days=1))
        with wall.nowhere():  # the worker is of no facility; each event brings its own
            if not sum(deliver(event_id=pk) for pk in due):
                return


@pytest.fixture
def send(facility: Organization) -> Iterator[Send]:
    """Send a message through the listener's own service and apply what is due; answers the stored message."""

    def act(raw: bytes) -> Message:
        before = set(Message.objects.values_list("pk", flat=True))
        with wall.nowhere():
            reply = hl7v2.receive([Frame(raw, "127.0.0.1")])[0]
        assert b"|AA|" in reply.wire, reply.wire
        work_off()
        return Message.objects.exclude(pk__in=before).latest("pk")

    yield act


def state(message: Message) -> str:
    """What became of it."""
    return MessageState.objects.get(message=message).state


def reasons(message: Message) -> list[str]:
    """The remarks on an applied message."""
    return [reason for reason, _detail in MessageState.objects.get(message=message).remarks]


def ago(hours: float) -> str:
    """An HL7 time so many hours ago."""
    return write_timestamp(instant(hours))


def instant(hours: float) -> datetime:
    """The same as an instant, to the second, the same all through the run."""
    return _TODAY - timedelta(hours=hours)
