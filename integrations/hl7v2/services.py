"""Taking messages in: who sends, may they, is it new; then store, commit, answer (F-13 to F-16, S-61)."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_lazy as _

from emr.common import wall
from emr.common.arming import demand_armed, is_armed
from emr.common.clock import now
from emr.common.context import Acting, acting_as
from emr.common.training import is_training
from integrations.hl7v2.acknowledgement import ERROR, REJECT, Problem, acknowledge
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.header import Header, read_header
from integrations.transport import services as transport
from integrations.transport.framing import MAX_FRAME, frame
from integrations.transport.listener import Frame, Reply
from integrations.transport.models import Channel
from integrations.transport.selectors import incoming_channels, sender_channel

_VERSIONS = ("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8")
_ALERT_SECONDS = 60.0
# A channel shut out is refused within this time; asking for every batch costs a seventh of its work.
_CHANNELS_SECONDS = 2.0
_channels: tuple[float, list[Channel]] = (-_CHANNELS_SECONDS, [])
_alerted_at: dict[tuple[str, str], float] = {}


def admits(address: str) -> bool:
    """Whether any channel knows the address; a stranger leaves an alert line in the audit, at most one a minute."""
    try:
        armed, channels = is_armed(), incoming_channels()
    except (OperationalError, InterfaceError):  # PostgreSQL was restarted: the thread's connection is dead
        connection.close()
        armed, channels = is_armed(), incoming_channels()
    if not armed or is_training():
        return False  # a restored copy takes nothing from the neighbours until a person arms it (F-28)
    if any(channel.admits(address) for channel in channels):
        return True
    tell_stranger(address, "MLLP", "unknown address")
    return False


def tell_stranger(address: str, device: str, reason: str = "no such sender") -> None:
    """An alert line in the audit that somebody unknown knocked, at most one a minute for each address."""
    if _may_alert(address, reason):
        with acting_as(Acting(address=address, device=device)):
            transport.alert("hl7_sender.refused", detail={"reason": reason})


def _known_channels() -> list[Channel]:
    """The listening channels, at most two seconds old."""
    global _channels  # noqa: PLW0603
    if time.monotonic() - _channels[0] >= _CHANNELS_SECONDS:
        _channels = (time.monotonic(), incoming_channels())
    return _channels[1]


def forget_channels() -> None:
    """Read them afresh next time."""
    global _channels  # noqa: PLW0603
    _channels = (-_CHANNELS_SECONDS, [])


def _may_alert(address: str, reason: str) -> bool:
    """A stranger knocking a thousand times makes one line a minute, not a thousand."""
    moment = time.monotonic()
    if moment - _alerted_at.get((address, reason), -_ALERT_SECONDS) < _ALERT_SECONDS:
        return False
    if len(_alerted_at) > 1000:
        _alerted_at.clear()
    _alerted_at[(address, reason)] = moment
    return True


def receive(frames: Sequence[Frame]) -> list[Reply]:
    """Store a batch and answer each message; when this returns, what was accepted is committed.

    Raises when the database can't be reached: nothing is stored and nothing may be answered. A message that the
    database refuses doesn't take the others with it.
    """
    with acting_as(Acting(device="MLLP")):
        try:
            return _receive(frames)
        except (OperationalError, InterfaceError):
            # PostgreSQL was restarted. Should the COMMIT have gone through, the messages are found as duplicates.
            connection.close()
            return _receive(frames)
        except Exception:
            if len(frames) == 1:
                raise
            return [reply for single in frames for reply in _receive([single])]


def _receive(frames: Sequence[Frame]) -> list[Reply]:
    """One statement for each facility's part of the batch: committed when it returns."""
    demand_armed()
    channels = _known_channels()
    moment = now()
    judged = [_judge(channels, single, moment) for single in frames]
    filed = _file([j for j in judged if isinstance(j, transport.Arrival)])
    return [
        _filed_reply(j, next(filed[j.channel.facility_id]), moment) if isinstance(j, transport.Arrival) else j
        for j in judged
    ]


def receive_on(channel: Channel, raw: bytes, *, peer_address: str, device: str) -> Reply:
    """Store one message of a sender that is known already (by a token, by its folder) and answer as MLLP does.

    Its MSH-3 and MSH-4 must be the channel's: one neighbour doesn't speak for another. Raises like `receive`.
    """
    with acting_as(Acting(device=device, address=peer_address)):
        demand_armed()
        single, moment = Frame(raw, peer_address), now()
        judged = _judge_on(channel, single, moment)
        if not isinstance(judged, transport.Arrival):
            return judged
        return _filed_reply(judged, next(_file([judged])[channel.facility_id]), moment)


def _judge_on(channel: Channel, single: Frame, moment: datetime) -> transport.Arrival | Reply:
    try:
        header = read_header(single.raw)
    except Hl7Error:
        problem = Problem(
            REJECT, "100", _("The message doesn't begin with a readable MSH segment."), "MSH", 1
        )
        return _refuse(None, single, problem, "unreadable header", close=False, channel=channel)
    if (header.sending_application, header.sending_facility) != channel.neighbour:
        problem = Problem(REJECT, "103", _("This sender (MSH-3, MSH-4) isn't known here."), "MSH", 3)
        return _refuse(header, single, problem, "another sender", close=False, channel=channel)
    return _take(channel, header, single, moment)


def _file(arrivals: list[transport.Arrival]) -> dict[int, Iterator[transport.Filed]]:
    """{facility id: what became of its messages, in their order}: each facility's on its own side of the wall."""
    by_facility: dict[int, list[transport.Arrival]] = {}
    for arrival in arrivals:
        by_facility.setdefault(arrival.channel.facility_id, []).append(arrival)
    filed = {}
    for facility_id, own in by_facility.items():
        with wall.within(facility_id):
            filed[facility_id] = iter(transport.file_messages(own))
    return filed


def _judge(channels: list[Channel], single: Frame, moment: datetime) -> transport.Arrival | Reply:
    """A message fit to be stored, with its answer; or the refusal."""
    try:
        header = read_header(single.raw)
    except Hl7Error:
        problem = Problem(
            REJECT, "100", _("The message doesn't begin with a readable MSH segment."), "MSH", 1
        )
        return _refuse(None, single, problem, "unreadable header", close=False)
    channel = sender_channel(
        channels,
        address=single.peer_address,
        application=header.sending_application,
        facility=header.sending_facility,
    )
    if channel is None:
        problem = Problem(REJECT, "103", _("This sender (MSH-3, MSH-4) isn't known here."), "MSH", 3)
        return _refuse(header, single, problem, "unknown sender", close=True)
    return _take(channel, header, single, moment)


def _take(channel: Channel, header: Header, single: Frame, moment: datetime) -> transport.Arrival | Reply:
    """What a known sender's message becomes: stored, or refused."""
    if single.is_cut:
        problem = Problem(
            REJECT, "207", _("The message is longer than %(count)s MB.") % {"count": MAX_FRAME // 1024**2}
        )
        return _refuse(header, single, problem, "too long", close=True, channel=channel)
    if header.message_code in {"ACK", "MCF"}:
        return Reply(b"")  # an acknowledgement is never acknowledged
    if objection := _objection(channel, header):
        reason = f"refused {objection.condition}"
        return _refuse(header, single, objection, reason, close=False, channel=channel)
    return transport.Arrival(
        channel=channel,
        raw=single.raw,
        received_at=moment,
        peer_address=single.peer_address,
        control_id=header.control_id,
        message_type=header.message_type,
        version=header.version,
        patient_number=header.patient_number,
        duplicate_key=transport.duplicate_key(
            channel, control_id=header.control_id, date_time=header.date_time, raw=single.raw
        ),
        reply=_wire(acknowledge(header, at=moment, language=settings.LANGUAGE_CODE)),
    )


def _objection(channel: Channel, header: Header) -> Problem | None:
    """Why a known sender's message isn't taken at all; None when it is."""
    if not header.message_code:
        return Problem(REJECT, "101", _("MSH-9 names no message type."), "MSH", 9)
    if not header.control_id and channel.duplicate_key != Channel.DuplicateKey.CONTENT:
        return Problem(REJECT, "101", _("MSH-10 holds no control id."), "MSH", 10)
    if not channel.takes(header.message_type):
        condition = "201" if any(t.startswith(header.message_code) for t in channel.message_types) else "200"
        return Problem(REJECT, condition, _("This sender may not send messages of this type."), "MSH", 9)
    if header.processing_id and header.processing_id not in (channel.processing_ids or ["P"]):
        return Problem(REJECT, "202", _("Only production messages (MSH-11 = P) are taken here."), "MSH", 11)
    if header.version and not header.version.startswith(_VERSIONS):
        return Problem(REJECT, "203", _("This HL7 version isn't supported."), "MSH", 12)
    return None


def _refuse(
    header: Header | None,
    single: Frame,
    problem: Problem,
    reason: str,
    *,
    close: bool,
    channel: Channel | None = None,
) -> Reply:
    """The answer to what isn't stored, and the alert line."""
    if channel is not None or _may_alert(single.peer_address, reason):
        detail = {"reason": reason, "from": single.peer_address, "size": len(single.raw)}
        if channel is not None:
            detail["channel"] = str(channel.uuid)
        if header is not None:
            detail |= {
                "sending_application": header.sending_application[:60],
                "sending_facility": header.sending_facility[:60],
                "message_type": header.message_type[:16],
            }
        transport.alert(
            "hl7_message.refused" if channel else "hl7_sender.refused",
            facility=channel.facility if channel else None,
            detail=detail,
        )
    answers = acknowledge(header, at=now(), problem=problem, language=settings.LANGUAGE_CODE)
    return Reply(_wire(answers), close=close, refused=str(problem.text))


def _filed_reply(arrival: transport.Arrival, filed: transport.Filed, moment: datetime) -> Reply:
    """The stored answer; or, for the same key with other content, AE and an alert (F-14)."""
    if filed.verdict != transport.Verdict.CONFLICT:
        return Reply(filed.reply)
    transport.alert(
        "hl7_message.conflict",
        facility=arrival.channel.facility,
        detail={
            "channel": str(arrival.channel.uuid),
            "message_type": arrival.message_type,
            "from": arrival.peer_address,
        },
    )
    problem = Problem(
        ERROR, "205", _("A message with this control id and other content was received before."), "MSH", 10
    )
    header = read_header(arrival.raw)
    answers = acknowledge(header, at=moment, problem=problem, language=settings.LANGUAGE_CODE)
    return Reply(_wire(answers), refused=str(problem.text))


def _wire(messages: Sequence[bytes]) -> bytes:
    return b"".join(map(frame, messages))
