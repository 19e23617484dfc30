"""Old messages lose their text and nothing else; what waits or lies dead keeps it; the database lets through no more."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from emr.accounts.models import FacilitySetting, Organization
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import Conflict
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from integrations.transport import retention
from integrations.transport.models import (
    Acknowledgement,
    Channel,
    DeadLetter,
    Emptying,
    Message,
    MessageState,
)
from integrations.transport.services import resend
from tests.emr.people import make_user
from tests.integrations.conftest import facility
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "integrator"]
pytestmark = pytest.mark.django_db
TEXT = "MSH|^~\\&|HIS|99999|EMR||20250101||ADT^A01|{}|P|2.5.1\rPID|1||BN1||Bí^Mật\r"


@pytest.fixture
def keep(facility: Organization) -> Callable[..., Message]:
    """A message that came so many days ago."""
    his = Channel.objects.get(name="HIS")

    def act(name: str, *, days: int = 400, state: str = "applied") -> Message:
        raw = TEXT.format(name).encode()
        message = Message.objects.create(
            facility=facility, channel=his, received_at=now() - dt.timedelta(days=days), peer_address="127.0.0.1", raw=raw,
            sha256="a" * 64, size=len(raw), control_id=name, message_type="ADT^A01", version="2.5.1",
            patient_number="BN1", duplicate_key=name, reply=b"MSA|AA|1",
        )  # fmt: skip
        MessageState.objects.create(message=message, state=state, changed_at=now())
        return message

    return act


def night() -> None:
    """What beat and the worker do."""
    retention.begin()
    for _round in range(20):
        due = OutboxEvent.objects.filter(topic=retention.TOPIC, done_at=None)
        due.update(available_at=now() - dt.timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in due.order_by("pk").values_list("pk", flat=True)):
            return


def emptied() -> list[str]:
    return sorted(Message.objects.exclude(emptied_at=None).values_list("control_id", flat=True))


def test_only_what_is_old_and_dealt_with_is_emptied(keep: Callable[..., Message], desk: Client) -> None:
    for state in MessageState.State.values:
        keep(state, state=state)
    keep("young", days=360)
    before = {m.control_id: m for m in Message.objects.all()}
    night()
    assert emptied() == ["applied", "delivered", "superseded"]
    for message in Message.objects.all():
        was = before[message.control_id]
        assert bytes(message.raw) == (b"" if message.emptied_at else bytes(was.raw))
        for name in (
            "sha256",
            "size",
            "received_at",
            "patient_number",
            "duplicate_key",
            "version",
            "message_type",
        ):
            assert getattr(message, name) == getattr(was, name)
        assert bytes(message.reply) == b"MSA|AA|1", "a repeated message still gets its answer"
    assert AuditEvent.objects.get(action="hl7_message.emptied").detail == {"count": 3, "days": 365}
    page = desk.get(url("message", before["applied"].uuid))
    assert (page.status_code, page.context["shown"].text) == (200, "")
    assert "theo quy định lưu giữ" in page.content.decode()
    night()
    assert AuditEvent.objects.filter(action="hl7_message.emptied").count() == 1, "nothing is left to do"


def test_the_facility_says_for_how_long(keep: Callable[..., Message], facility: Organization) -> None:
    keep("old", days=50)
    keep("young", days=35)
    night()
    assert emptied() == []
    FacilitySetting.objects.create(facility=facility, name="message_keep_days", value=40)
    night()
    assert emptied() == ["old"]


def test_what_is_dealt_with_later_is_emptied_later(keep: Callable[..., Message]) -> None:
    dead, queued = keep("dead", state="dead"), keep("queued", state="queued")
    letter = DeadLetter.objects.create(message=dead, reason="internal")
    keep("applied")
    night()
    assert emptied() == ["applied"]
    MessageState.objects.filter(message__in=[dead, queued]).update(state="applied")
    letter.resolution, letter.resolved_at = "replayed", now()
    letter.save()
    night()
    assert emptied() == ["applied", "dead", "queued"]
    assert Emptying.objects.get().left_over == []


def test_in_batches_and_killed_at_any_line(
    keep: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        keep(str(number))

    class Killed(BaseException):
        pass

    def dying(*_arguments: Any, **_named: Any) -> None:
        raise Killed

    retention.begin()
    event = OutboxEvent.objects.get(topic=retention.TOPIC)
    for name in ("record", "publish"):
        with monkeypatch.context() as patch:
            patch.setattr(retention, name, dying)
            OutboxEvent.objects.update(available_at=now() - dt.timedelta(days=1))
            with pytest.raises(Killed):
                deliver(event_id=event.pk)
            assert emptied() == []
        OutboxEvent.objects.update(lease_until=None)
    night()
    assert emptied() == ["0", "1", "2", "3", "4"]
    counts = [event.detail["count"] for event in AuditEvent.objects.filter(action="hl7_message.emptied")]
    assert sum(counts) == 5


@pytest.mark.parametrize(
    "change",
    [
        "raw = 'x', emptied_at = transaction_timestamp()", "raw = ''", "emptied_at = transaction_timestamp()",
        "raw = '', emptied_at = transaction_timestamp() - interval '1 day'",
    ],
)  # fmt: skip
def test_the_database_lets_through_emptying_alone(keep: Callable[..., Message], change: str) -> None:
    message = keep("old")
    with (
        pytest.raises(DatabaseError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE transport_message SET {change} WHERE id = %s", [message.pk])  # noqa: S608
    assert bytes(Message.objects.get().raw) == bytes(message.raw)


@pytest.mark.parametrize(
    ("days", "state"), [(400, "dead"), (400, "received"), (400, "queued"), (29, "applied")]
)
def test_nor_what_is_young_or_not_dealt_with(keep: Callable[..., Message], days: int, state: str) -> None:
    message = keep("it", days=days, state=state)
    with (
        pytest.raises(DatabaseError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE transport_message SET raw = '', emptied_at = transaction_timestamp() WHERE id = %s",
            [message.pk],
        )


@pytest.mark.parametrize("column", ["sha256", "control_id", "reply", "received_at", "patient_number"])
def test_the_application_may_touch_no_other_column(keep: Callable[..., Message], column: str) -> None:
    message = keep("old")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE transport_message SET {column} = {column} WHERE id = %s", [message.pk])  # noqa: S608
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM transport_message WHERE id = %s", [message.pk])


def test_what_was_emptied_is_never_filled_again_nor_sent(
    keep: Callable[..., Message], facility: Organization
) -> None:
    message = keep("old", state="delivered")
    night()
    assert emptied() == ["old"]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transport_message SET raw = 'forged' WHERE id = %s", [message.pk])
    with pytest.raises(Conflict):
        resend(message, by=make_user("it3", "Lê Ba", "integration", facility))


def test_the_neighbours_answers_go_with_their_message_and_never_before(
    keep: Callable[..., Message], facility: Organization
) -> None:
    """MSA-3 and ERR may name the patient; that it was answered, and how, stays."""
    old, young = keep("old", state="delivered"), keep("young", days=10, state="delivered")
    for message in (old, young):
        Acknowledgement.objects.create(facility=facility, message=message, code="AA", raw=b"MSA|AA|old|BN1")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transport_acknowledgement SET raw = '', emptied_at = transaction_timestamp()")
    night()
    told = {answer.message_id: answer for answer in Acknowledgement.objects.all()}
    assert (bytes(told[old.pk].raw), told[old.pk].code) == (b"", "AA")
    assert (bytes(told[young.pk].raw), told[young.pk].emptied_at) == (b"MSA|AA|old|BN1", None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Acknowledgement.objects.filter(pk=told[old.pk].pk).update(raw=b"forged")
