"""Messages out over a real socket: kept, in order, never lost, never echoed (F-19)."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.common.context import Acting, acting_as
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from integrations.hl7v2.building import NULL, build_message, build_segment
from integrations.hl7v2.delivering import control_id, header_fields, read_acknowledgement
from integrations.transport import sending
from integrations.transport.demo import load
from integrations.transport.mapping import map_code
from integrations.transport.models import (
    Acknowledgement,
    Channel,
    DeadLetter,
    Message,
    MessageState,
    lane_key,
)
from integrations.transport.selectors import ours, outgoing_channels, theirs
from integrations.transport.services import (
    channel_account,
    dismiss,
    note_unmapped,
    pause_channel,
    replay,
    replay_edited,
    switch_channel,
)
from tests.emr.people import make_facility, make_user
from tests.integrations.neighbour import Neighbour, answer, listening_neighbour
from tests.integrations.transport.test_tls import _authority

pytestmark = pytest.mark.django_db
Mode = Channel.Acknowledgement


@pytest.fixture
def facility() -> Organization:
    facility = make_facility()
    load(facility)
    return facility


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    with listening_neighbour() as found:
        yield found


@pytest.fixture
def channel(facility: Organization, neighbour: Neighbour) -> Channel:
    return make_channel(facility, neighbour)


def make_channel(facility: Organization, neighbour: Neighbour, **changes: Any) -> Channel:
    """An outgoing channel to the LIS that listens there."""
    defaults: dict[str, Any] = {
        "name": "LIS (gửi)",
        "direction": "out",
        "sending_application": "EMR",
        "sending_facility": facility.code,
        "receiving_application": "LIS",
        "receiving_facility": facility.code,
        "allowed_addresses": [],
        "message_types": ["OML"],
        "processing_ids": ["P"],
        "address": "127.0.0.1",
        "port": neighbour.port,
        "connect_seconds": 2,
        "answer_seconds": 1,
        "account": channel_account(facility, "LIS", "Hệ thống LIS"),
    }
    return Channel.objects.create(facility=facility, **defaults | changes)


def order(channel: Channel, name: str, *, patient: str = "BN1") -> Message | None:
    """Queue an order as a room above would."""
    msh = header_fields(channel, kind=["OML", "O21", "OML_O21"], control_id=name, at=now())
    raw = build_message(msh, build_segment("PID", "1", None, patient), build_segment("ORC", "NW", name))
    return sending.send(channel, raw=raw, control_id=name, message_type="OML^O21", patient_number=patient)


def work_off(rounds: int = 1) -> None:
    """What a worker does when everything that waits has become due; each round is one try at what comes first."""
    for _round in range(rounds):
        waiting = OutboxEvent.objects.filter(topic=sending.QUEUED, done_at=None, failed_at=None)
        waiting.update(available_at=now() - timedelta(days=1), lease_until=None)
        for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
            deliver(event_id=pk)


def state(message: Message | None) -> str:
    assert message is not None
    return MessageState.objects.get(message=message).state


def failure(message: Message | None) -> str:
    assert message is not None
    return str(MessageState.objects.get(message=message).remarks[0][0])


def test_a_message_goes_out_byte_for_byte_and_the_answer_is_kept(
    channel: Channel, neighbour: Neighbour
) -> None:
    sent = order(channel, "O1")
    assert state(sent) == "queued"
    work_off()
    assert state(sent) == "delivered"
    assert sent is not None
    assert neighbour.received == [bytes(sent.raw)]
    kept = Acknowledgement.objects.get(message=sent)
    assert kept.code == "AA"
    assert b"MSA|AA|O1" in bytes(kept.raw)
    work_off()
    assert len(neighbour.received) == 1, "delivered once"


def test_what_is_rolled_back_is_never_sent(channel: Channel, neighbour: Neighbour) -> None:
    with transaction.atomic():
        order(channel, "O1")
        transaction.set_rollback(True)
    work_off()
    assert neighbour.received == []
    assert not Message.objects.exists()


def test_the_same_control_id_is_the_same_message(channel: Channel, neighbour: Neighbour) -> None:
    assert order(channel, "O1") == order(channel, "O1")
    work_off()
    assert neighbour.control_ids == ["O1"]
    assert control_id("order", 7) == control_id("order", 7) != control_id("order", 8)
    assert len(control_id("order", 7)) == 20


def test_a_neighbour_away_for_a_night_gets_everything_in_order_when_it_is_back(
    channel: Channel, neighbour: Neighbour
) -> None:
    neighbour.stop()
    names = [f"O{number}" for number in range(4)]
    sent = [order(channel, name, patient=f"BN{number % 2}") for number, name in enumerate(names)]
    work_off(40)
    assert {state(message) for message in sent} == {"queued"}
    assert failure(sent[0]) == "no_connection"
    assert MessageState.objects.get(message=sent[0]).attempts == 40
    assert not OutboxEvent.objects.filter(topic=sending.QUEUED).exclude(failed_at=None).exists()
    neighbour.start()
    work_off()
    assert neighbour.control_ids == names
    assert {state(message) for message in sent} == {"delivered"}


def test_the_pause_grows_up_to_the_channel_s_longest(facility: Organization, neighbour: Neighbour) -> None:
    neighbour.stop()
    sent = order(make_channel(facility, neighbour, retry_seconds=20), "O1")
    pauses = []
    for _try in range(7):
        work_off()
        row = MessageState.objects.get(message=sent)
        assert row.waits_until is not None
        pauses.append((row.waits_until - now()).total_seconds())
    assert pauses[0] <= 2 < pauses[2]
    assert 15 < pauses[-1] <= 20


@pytest.mark.parametrize(
    ("mode", "said", "ends", "reason"),
    [
        (Mode.ORIGINAL, ["AA"], "delivered", ""),
        (Mode.ORIGINAL, ["CA"], "queued", "half_acknowledged"),
        (Mode.COMMIT, ["CA"], "delivered", ""),
        (Mode.COMMIT, ["AA"], "delivered", ""),
        (Mode.APPLICATION, ["CA", "AA"], "delivered", ""),
        (Mode.APPLICATION, ["CA"], "queued", "half_acknowledged"),
        (Mode.APPLICATION, ["CA", "AE"], "dead", ""),
        (Mode.ORIGINAL, [], "queued", "no_answer"),
    ],
)
def test_each_mode_waits_for_its_own_answer(
    facility: Organization, mode: str, said: list[str], ends: str, reason: str
) -> None:
    with listening_neighbour(lambda name: b"".join(answer(code, name) for code in said)) as neighbour:
        sent = order(make_channel(facility, neighbour, acknowledgement=mode), "O1")
        work_off()
    assert state(sent) == ends
    assert (failure(sent) if reason else "") == reason
    header = neighbour.received[0].split(b"\r")[0].split(b"|")
    asked = {"original": [b"", b""], "commit": [b"AL", b"NE"], "application": [b"AL", b"AL"]}
    assert header[14:16] == asked[mode]


@pytest.mark.parametrize(
    ("code", "reason"), [("AE", "neighbour_error"), ("AR", "neighbour_rejects"), ("CR", "neighbour_rejects")]
)
def test_a_refusal_is_a_dead_letter_in_the_neighbour_s_words_and_the_next_goes_on(
    facility: Organization, code: str, reason: str
) -> None:
    refused = {"O1"}

    def says(name: str) -> bytes:
        return answer(
            code if name in refused else "AA",
            name,
            more="ERR|||204^Unknown key^HL70357|E||||Không có xét nghiệm X",
        )

    with listening_neighbour(says) as neighbour:
        channel = make_channel(facility, neighbour)
        first, second = order(channel, "O1"), order(channel, "O2")
        work_off()
        assert (state(first), state(second)) == ("dead", "delivered")
        letter = DeadLetter.objects.get()
        assert (letter.reason, letter.detail["text"]) == (reason, "Không có xét nghiệm X")
        work_off(3)
        assert neighbour.control_ids == ["O1", "O2"], "not sent again blindly"
        integrator = make_user("tichhop", "Lê Tích Hợp", "integration", facility)
        with pytest.raises(Exception, match="hồ sơ"):
            replay_edited(letter, raw=b"MSH|", patient_number="", by=integrator)
        refused.clear()
        replay(letter, by=integrator)
        work_off()
        assert state(first) == "delivered"
        assert neighbour.received[0] == neighbour.received[2], "the same bytes, the same control id"


def test_a_dead_letter_set_aside_is_not_sent(facility: Organization) -> None:
    with listening_neighbour(lambda name: answer("AE", name)) as neighbour:
        sent = order(make_channel(facility, neighbour), "O1")
        work_off()
        dismiss(
            DeadLetter.objects.get(), note="Đã gọi", by=make_user("tichhop", "Lê", "integration", facility)
        )
        work_off()
    assert state(sent) == "set-aside"
    assert len(neighbour.received) == 1


def test_an_answer_to_another_message_is_not_ours(facility: Organization) -> None:
    with listening_neighbour(lambda _name: answer("AA", "SOMEBODY-ELSE")) as neighbour:
        sent = order(make_channel(facility, neighbour), "O1")
        work_off(2)
    assert (state(sent), failure(sent)) == ("queued", "no_answer")
    assert neighbour.control_ids == ["O1", "O1"], "the same control id again"
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(
    "said", [None, b"\x0bMSH|^~\\&|half an answ", b"rubbish", answer("XX", "O1"), b"\x0b" + b"x" * 2_000_000]
)
def test_half_answers_and_rubbish_are_no_answer(facility: Organization, said: bytes | None) -> None:
    with listening_neighbour(lambda _name: said) as neighbour:
        sent = order(make_channel(facility, neighbour), "O1")
        work_off()
        assert state(sent) == "queued"
        assert failure(sent) in {"closed", "no_answer"}
        neighbour.behaviour = lambda name: answer("AA", name)
        work_off()
    assert state(sent) == "delivered"


def test_a_worker_killed_after_the_answer_sends_the_same_again(
    channel: Channel, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(**_values: object) -> None:
        raise Killed

    sent = order(channel, "O1")
    with monkeypatch.context() as patched, pytest.raises(Killed), transaction.atomic():
        patched.setattr(sending, "keep_answer", dies)
        work_off()
    assert state(sent) == "queued"
    work_off()
    assert state(sent) == "delivered"
    assert neighbour.received[0] == neighbour.received[1]


def test_one_patient_s_messages_wait_for_each_other_and_another_lane_goes_on(facility: Organization) -> None:
    """O1 gets no answer: what its patient is sent next stays behind it, other lanes' patients don't."""
    with listening_neighbour(lambda name: None if name == "O1" else answer("AA", name)) as neighbour:
        channel = make_channel(facility, neighbour, lanes=8)
        first = order(channel, "O1", patient="BN1")
        behind = order(channel, "O2", patient="BN1")
        assert first is not None
        other = next(
            f"BN{number}" for number in range(2, 40)
            if lane_key(channel.pk, f"BN{number}", 8) != first.order_key
        )  # fmt: skip
        beside = order(channel, "O3", patient=other)
        work_off(3)
    assert (state(first), state(behind), state(beside)) == ("queued", "queued", "delivered")
    assert "O2" not in neighbour.control_ids


def test_a_paused_channel_queues_and_one_that_is_off_takes_nothing(
    channel: Channel, neighbour: Neighbour, facility: Organization
) -> None:
    admin = make_user("quantri", "Quản Trị", "admin", facility)
    pause_channel(channel, paused=True, by=admin)
    sent = order(channel, "O1")
    work_off(20)
    assert (state(sent), neighbour.received) == ("queued", [])
    assert outgoing_channels(facility.pk, "OML^O21") == [channel]
    pause_channel(channel, paused=False, by=admin)
    work_off()
    assert state(sent) == "delivered"
    switch_channel(channel, enabled=False, by=admin)
    assert order(channel, "O2") is None
    assert outgoing_channels(facility.pk, "OML^O21") == []
    switch_channel(channel, enabled=True, by=admin)
    assert outgoing_channels(facility.pk, "ADT^A01") == []


def test_nobody_is_told_what_they_said_themselves(channel: Channel, facility: Organization) -> None:
    said = {
        name: Message.objects.create(
            facility=facility, channel=Channel.objects.get(name=name), received_at=now(), peer_address="", raw=b"",
            sha256="", size=0, control_id=name, message_type="ORU^R01", duplicate_key=name, reply=b"",
        )
        for name in ("LIS", "HIS")
    }  # fmt: skip
    with acting_as(Acting(origin=f"message:{said['LIS'].pk}")):
        assert order(channel, "O1") is None
    with acting_as(Acting(origin=f"message:{said['HIS'].pk}")):
        assert order(channel, "O2") is not None
        with acting_as(Acting(device="job")):
            assert sending.acting().origin == f"message:{said['HIS'].pk}", (
                "what follows from it has the same origin"
            )


def test_the_database_refuses_to_change_what_was_sent(channel: Channel) -> None:
    sent = order(channel, "O1")
    assert sent is not None
    with (
        pytest.raises(Exception, match=r"permission denied|Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE transport_message SET raw = 'x' WHERE id = %s", [sent.pk])


def test_tls_both_sides_know_each_other(facility: Organization, settings: Any, tmp_path: Path) -> None:
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    hospital, stranger = (
        _authority(tmp_path / "peers", "hospital"),
        _authority(tmp_path / "peers", "stranger"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*hospital.issue("lis"))
    context.load_verify_locations(hospital.file)
    context.verify_mode = ssl.CERT_REQUIRED
    hospital.issue("emr")
    stranger.issue("emr")
    good: dict[str, Any] = {"uses_tls": True, "authority": "hospital", "client_certificate": "hospital-emr"}
    with listening_neighbour(tls=context) as neighbour:
        for number, (wrong, reasons) in enumerate((
            ({"authority": "stranger"}, {"tls_refused"}),
            ({"tls_name": "other.example"}, {"tls_refused"}),
            ({"client_certificate": "stranger-emr"}, {"tls_refused", "closed"}),
            ({"client_certificate": ""}, {"tls_refused", "closed"}),
            ({"client_certificate": "nowhere"}, {"tls_files"}),
            ({"uses_tls": False}, {"closed", "no_answer"}),
        )):  # fmt: skip
            sent = order(
                make_channel(facility, neighbour, **good | wrong | {"name": f"LIS {number}"}), f"W{number}"
            )
            work_off()
            assert (state(sent), failure(sent) in reasons) == ("queued", True), (wrong, failure(sent))
        assert neighbour.received == []
        sent = order(make_channel(facility, neighbour, **good), "O1")
        work_off()
        assert state(sent) == "delivered"


def test_explicit_null_is_written_and_empty_is_not(channel: Channel) -> None:
    msh = header_fields(channel, kind=["ADT", "A08", "ADT_A01"], control_id="N1", at=now())
    raw = build_message(msh, build_segment("PID", "1", None, "BN1", None, None, NULL, "a|b\rPID|x"))
    assert b'PID|1||BN1|||""|a\\F\\b\\.br\\PID\\F\\x\r' in raw


def test_words_of_an_answer() -> None:
    old = read_acknowledgement(b"MSH|^~\\&|L|9|E|9|2026||ACK|1|P|2.3\rMSA|AE|M1|Sai m\xc3\xa3\r")
    assert old is not None
    assert (old.code, old.control_id, old.text) == ("AE", "M1", "Sai mã")
    assert read_acknowledgement(b"MSH|^~\\&|L|9|E|9|2026||ADT^A01|1|P|2.3\r") is None
    assert read_acknowledgement(b"rubbish") is None


def test_codes_of_a_neighbour_serve_both_directions(
    channel: Channel, facility: Organization, django_assert_num_queries: Any
) -> None:
    lis = Channel.objects.get(name="LIS")
    integrator = make_user("tichhop", "Lê Tích Hợp", "integration", facility)
    for code, our in (("GLU-1", "14749-6"), ("NA", "2951-2"), ("X", "")):
        note_unmapped(lis, "service", code)
        map_code(lis.codes.get(code=code), mapped_to=our, by=integrator)
    with django_assert_num_queries(1):
        assert theirs(channel, "service", ["14749-6", "2951-2", "K"]) == {"14749-6": "GLU-1", "2951-2": "NA"}
    with django_assert_num_queries(1):
        assert ours(lis, "service", ["GLU-1", "X", "Y"]) == {"GLU-1": "14749-6"}
    assert theirs(channel, "unit", ["14749-6"]) == {}
    assert theirs(Channel.objects.get(name="HIS"), "service", ["14749-6"]) == {}
