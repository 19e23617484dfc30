"""Taking messages in: stored and committed before AA; repeated ones change nothing; strangers are turned away."""

import threading

import psycopg
import pytest
from django.db import connection

from emr.accounts.models import Organization
from emr.audit.models import AuditEvent
from emr.common import wall
from emr.outbox.models import OutboxEvent
from integrations.hl7v2 import services
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.demo import load
from integrations.transport.framing import FrameDecoder
from integrations.transport.listener import Frame, Reply
from integrations.transport.models import Channel, Message, MessageState
from tests.emr.people import make_facility
from tests.integrations.messages import adt, msh

HERE = "127.0.0.1"


@pytest.fixture
def facility(db: None) -> Organization:
    facility = make_facility()
    load(facility)
    services._alerted_at.clear()
    return facility


def send(raw: bytes, address: str = HERE) -> Reply:
    services.forget_channels()
    return services.receive([Frame(raw, address)])[0]


def answers(reply: Reply) -> list[Hl7Message]:
    return [parse(message) for message in FrameDecoder().feed(reply.wire)]


def code(reply: Reply) -> str:
    return answers(reply)[0].first("MSA")[1].text()


def test_the_bytes_are_kept_exactly_and_acknowledged(facility: Organization) -> None:
    raw = adt(name="Trần^Bích Đào").replace(b"\r", b"\r\n") + b"\x00\xff"
    reply = send(raw)
    stored = Message.objects.get()
    assert bytes(stored.raw) == raw
    assert (stored.control_id, stored.message_type, stored.patient_number) == ("M1", "ADT^A01", "BN000001")
    assert bytes(stored.reply) == reply.wire
    assert stored.state_row.state == MessageState.State.RECEIVED
    ack = answers(reply)[0]
    assert (ack.first("MSA")[1].text(), ack.first("MSA")[2].text()) == ("AA", "M1")
    assert ack.first("MSH")[5].text() == "HIS"
    assert ack.first("MSH")[9].text(2) == "A01"
    assert not ack.all("ERR")
    event = OutboxEvent.objects.get(topic="hl7_message.received")
    assert event.payload == {"message_id": stored.pk}
    assert event.order_key == stored.order_key
    assert "BN000001" not in event.order_key


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [
        ("", "", ["AA"]),
        ("AL", "NE", ["CA"]),
        ("AL", "AL", ["CA", "AA"]),
        ("NE", "AL", ["AA"]),
        ("SU", "ER", ["CA"]),
        ("ER", "NE", []),
        ("NE", "NE", []),
    ],
)
def test_original_and_enhanced_mode(
    facility: Organization, accept: str, application: str, expected: list[str]
) -> None:
    reply = send(f"{msh(accept=accept, application=application)}\rPID|1||B1\r".encode())
    assert [ack.first("MSA")[1].text() for ack in answers(reply)] == expected
    assert Message.objects.count() == 1


@pytest.mark.parametrize(("accept", "expected"), [("", "AR"), ("AL", "CR"), ("ER", "CR")])
def test_a_refusal_says_why_in_two_languages_and_stores_nothing(
    facility: Organization, accept: str, expected: str
) -> None:
    reply = send(f"{msh('ORU^R01', accept=accept)}\r".encode())
    ack = answers(reply)[0]
    assert ack.first("MSA")[1].text() == expected
    error = ack.first("ERR")
    assert (error[3].text(1), error[4].text()) == ("200", "E")
    assert error[7].text() == "This sender may not send messages of this type."
    assert error[8].text()
    assert not Message.objects.exists()
    assert AuditEvent.objects.filter(action="hl7_message.refused", outcome="denied").count() == 1


def test_old_versions_get_the_old_err(facility: Organization) -> None:
    ack = answers(send(f"{msh('ORU^R01', version='2.3')}\r".encode()))[0]
    assert ack.first("ERR")[1].text(4, 1) == "200"
    assert ack.first("ERR")[1].text(4, 3) == "HL70357"


@pytest.mark.parametrize(
    "raw",
    [
        b"hello",
        msh(control_id="").encode(),
        msh(message_type="").encode(),
        msh(version="9.9").encode(),
        msh().replace("|P|", "|X|").encode(),
    ],
)
def test_what_cannot_be_taken_is_rejected_before_storing(facility: Organization, raw: bytes) -> None:
    reply = send(raw)
    assert code(reply) == "AR"
    assert not Message.objects.exists()


def test_an_unknown_sender_is_answered_closed_and_leaves_an_alert(facility: Organization) -> None:
    reply = send(f"{msh(sender='EVIL')}\r".encode())
    assert code(reply) == "AR"
    assert reply.close
    alert = AuditEvent.objects.get(action="hl7_sender.refused")
    assert alert.detail["sending_application"] == "EVIL"
    assert alert.outcome == "denied"


def test_a_known_sender_from_elsewhere_is_unknown(facility: Organization) -> None:
    assert not services.admits("10.9.8.7")
    assert AuditEvent.objects.filter(action="hl7_sender.refused").count() == 1
    assert not services.admits("10.9.8.7")
    assert AuditEvent.objects.filter(action="hl7_sender.refused").count() == 1, (
        "one line a minute, not one a knock"
    )
    assert send(adt(), address="10.9.8.7").close
    assert not Message.objects.exists()


def test_a_disabled_channel_is_unknown(facility: Organization) -> None:
    Channel.objects.update(is_enabled=False)
    assert not services.admits(HERE)
    assert send(adt()).close


def test_a_channel_in_production_takes_no_test_messages(facility: Organization) -> None:
    Channel.objects.update(processing_ids=["P"])
    assert code(send(adt().replace(b"|P|", b"|T|"))) == "AR"
    assert code(send(adt())) == "AA"


def test_a_duplicate_gets_the_stored_answer_and_changes_nothing(facility: Organization) -> None:
    first = send(adt())
    second = send(adt())
    assert second.wire == first.wire
    assert Message.objects.count() == 1
    assert OutboxEvent.objects.filter(topic="hl7_message.received").count() == 1


def test_a_duplicate_within_one_batch(facility: Organization) -> None:
    services.forget_channels()
    replies = services.receive([Frame(adt(), HERE), Frame(adt(control_id="M2"), HERE), Frame(adt(), HERE)])
    assert replies[0].wire == replies[2].wire
    assert Message.objects.count() == 2


def test_the_same_id_with_other_content_is_an_error_and_an_alert(facility: Organization) -> None:
    send(adt())
    reply = send(adt(name="Khác^Người"))
    ack = answers(reply)[0]
    assert ack.first("MSA")[1].text() == "AE"
    assert ack.first("ERR")[3].text() == "205"
    assert Message.objects.count() == 1
    assert AuditEvent.objects.filter(action="hl7_message.conflict").count() == 1


def test_analysers_that_always_send_the_same_id(facility: Organization) -> None:
    Channel.objects.update(duplicate_key="content")
    assert code(send(adt(number="A"))) == code(send(adt(number="B"))) == code(send(adt(number="A"))) == "AA"
    assert Message.objects.count() == 2


def test_an_acknowledgement_is_never_acknowledged(facility: Organization) -> None:
    assert send(f"{msh('ACK^A01')}\rMSA|AA|1\r".encode()).wire == b""
    assert not Message.objects.exists()


def test_a_message_too_long_is_refused_by_its_head(facility: Organization) -> None:
    services.forget_channels()
    reply = services.receive([Frame(adt(), HERE, is_cut=True)])[0]
    assert code(reply) == "AR"
    assert reply.close


@pytest.mark.django_db(transaction=True)
def test_the_same_message_on_eight_connections_at_once_is_stored_once() -> None:
    load(make_facility())
    replies: list[Reply] = []
    barrier = threading.Barrier(8)

    def sender() -> None:
        barrier.wait()
        replies.append(send(adt()))
        connection.close()

    threads = [threading.Thread(target=sender) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 8
    assert len({reply.wire for reply in replies}) == 1
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_raw_messages_can_not_be_changed_even_by_sql(owner_sql: psycopg.Connection) -> None:
    load(make_facility())
    send(adt())
    with pytest.raises(psycopg.errors.RaiseException):
        owner_sql.execute("UPDATE transport_message SET raw = ''")
    with pytest.raises(psycopg.errors.RaiseException):
        owner_sql.execute("DELETE FROM transport_message")
    # The application may empty what is old (tests/integrations/transport/test_retention.py); this isn't.
    with connection.cursor() as cursor, pytest.raises(Exception, match="Cannot update"):
        cursor.execute("UPDATE transport_message SET raw = ''")
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("UPDATE transport_message SET sha256 = ''")


def test_two_hospitals_messages_of_one_batch_are_filed_on_their_own_sides(facility: Organization) -> None:
    """S-04: the listener has no facility of its own; PostgreSQL's wall stands between what it files."""
    other = make_facility("11111", "Bệnh viện khác")
    load(other)
    services.forget_channels()
    own_1, other_1, own_2 = (adt(control_id=name) for name in ("A1", "B1", "A2"))
    other_1 = other_1.replace(b"|99999|", b"|11111|")
    with wall.nowhere():
        replies = services.receive([Frame(raw, HERE) for raw in (own_1, other_1, own_2)])
        assert not Message.objects.exists()
    acknowledged = [answers(reply)[0].first("MSA")[2].text() for reply in replies]
    assert acknowledged == ["A1", "B1", "A2"], "each sender gets its own answer"
    for side, expected in ((facility, ["A1", "A2"]), (other, ["B1"])):
        with wall.within(side.pk):
            assert list(Message.objects.order_by("pk").values_list("control_id", flat=True)) == expected
    events = OutboxEvent.objects.filter(topic="hl7_message.received").order_by("pk")
    assert [event.facility for event in events] == [str(facility.pk)] * 2 + [str(other.pk)]
