"""Messages out: queued with the fact, delivered in order until the neighbour says that it has them (F-19).

A delivery rests on the outbox: its lease makes a killed worker's message go out again, with the same control id; its
order key keeps a lane in order. It is never given up while the neighbour is away.
"""

import hashlib
import random
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from emr.audit.services import record
from emr.common.clock import now
from emr.common.context import acting
from emr.common.training import is_training
from emr.outbox import hasten, publish
from integrations.transport.client import Away
from integrations.transport.models import Acknowledgement, Channel, DeadLetter, Message, MessageState
from integrations.transport.readers import note_orders
from integrations.transport.senders import Answer, sender_for

QUEUED = "hl7_message.queued"
ANSWERED = "hl7_message.answered"
PAUSE_SECONDS = 60.0
LONGEST_CONTROL_ID = 20
State = MessageState.State


@transaction.atomic
def send(
    channel: Channel,
    *,
    raw: bytes,
    control_id: str,
    message_type: str,
    patient_number: str = "",
    about: models.Model | None = None,
    version: str = "2.5.1",
) -> Message | None:
    """Queue a message in the present transaction: it goes out when that commits, or not at all.

    The same control id again is the same message: the one stored first is returned. None when nothing is sent: the
    channel is off, or its neighbour is the one whose message caused this (`Acting.origin`), which knows already.
    `raw` holds `control_id` (1 to 20 characters) as MSH-10; `about` is a record with a uuid, to find the message by.
    """
    if not 0 < len(control_id) <= LONGEST_CONTROL_ID or channel.direction != Channel.Direction.OUT:
        raise ValueError("an outgoing channel and a control id of 1 to 20 characters are needed")
    if not channel.is_enabled or is_echo(channel):
        return None
    moment = now()
    message, created = Message.objects.get_or_create(
        channel=channel,
        duplicate_key=control_id,
        defaults={
            "facility_id": channel.facility_id,
            "received_at": moment,
            "peer_address": "",
            "raw": raw,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "size": len(raw),
            "control_id": control_id,
            "message_type": message_type[:16],
            "version": version[:16],
            "patient_number": patient_number[:200],
            "reply": b"",
            "about": about_key(about),
        },
    )
    if created:
        MessageState.objects.create(message=message, state=State.QUEUED, changed_at=moment)
        note_orders(message)
        publish(QUEUED, order_key=message.order_key, message_id=message.pk)
    return message


def about_key(about: models.Model | None) -> str:
    """How a message names what it is about: "servicerequest:<uuid>"."""
    return f"{about._meta.model_name}:{about.uuid}" if about is not None else ""  # type: ignore[attr-defined]  # a Record


def is_echo(channel: Channel) -> bool:
    """Whether the present change was caused by a message of the very neighbour that the channel speaks to."""
    kind, _colon, number = acting().origin.partition(":")
    if kind != "message" or not number.isdigit():
        return False
    cause = Message.objects.filter(pk=int(number)).select_related("channel").only("channel").first()
    return cause is not None and cause.channel.neighbour == channel.neighbour


def attempt(*, message_id: int) -> Answer | None:
    """Try once to hand the message over, outside any transaction; None when there is nothing (any more) to send.

    Raises Away. A channel that is off or paused is away as well, and every one of a training copy.
    """
    message = Message.objects.select_related("channel", "state_row").get(pk=message_id)
    if message.state_row.state != State.QUEUED:
        return None
    if not message.channel.is_enabled or message.channel.is_paused or is_training():
        raise Away("paused")
    if not connection.in_atomic_block:
        connection.close()  # waiting for a neighbour needs no connection: more wait than the pool has
    sender = sender_for(message.channel.protocol)
    return sender.deliver(message.channel, bytes(message.raw), message.control_id)


@transaction.atomic
def keep_answer(*, message_id: int, answer: Answer) -> None:
    """What the neighbour said, byte for byte: delivered, or to the dead-letter desk with its own words."""
    row = (
        MessageState.objects.select_for_update(of=("self",))
        .select_related("message")
        .get(message_id=message_id)
    )
    for code, raw in answer.raw:
        Acknowledgement.objects.create(
            facility_id=row.message.facility_id, message=row.message, code=code, raw=raw
        )
    if row.message.about:  # the room that it came from may read more in the answer than yes or no
        publish(ANSWERED, order_key=f"answer:{row.message_id}", message_id=row.message_id)
    if not answer.accepted:
        reason = "neighbour_rejects" if answer.code in {"AR", "CR"} else "neighbour_error"
        bury(row.message, reason, {"text": answer.text or answer.code, "code": answer.code})
        return
    MessageState.objects.filter(pk=row.pk).update(
        state=State.DELIVERED, changed_at=now(), waits_until=None, attempts=F("attempts") + 1, remarks=[]
    )


@transaction.atomic
def keep_failure(*, message_id: int, away: Away) -> float:
    """Note why the try failed; the seconds until the next: 2, 4, 8 … up to the channel's longest pause."""
    row = (
        MessageState.objects.select_for_update(of=("self",))
        .select_related("message__channel")
        .get(message_id=message_id)
    )
    if away.reason == "paused":
        return PAUSE_SECONDS
    most = row.message.channel.retry_seconds
    seconds = min(most, 2.0 ** min(row.attempts + 1, 12)) * random.uniform(0.8, 1.0)  # noqa: S311  # jitter
    row.attempts, row.remarks = row.attempts + 1, [[away.reason, away.detail]]
    row.waits_until = now() + timedelta(seconds=seconds)
    row.save(update_fields=["attempts", "remarks", "waits_until"])
    return seconds


@transaction.atomic
def bury(message: Message, reason: str, detail: dict[str, object]) -> DeadLetter:
    """Lay an outgoing message on the dead-letter desk; those behind it go on."""
    MessageState.objects.filter(message=message).update(
        state=State.DEAD, changed_at=now(), waits_until=None, attempts=F("attempts") + 1, remarks=[]
    )
    letter, _created = DeadLetter.objects.update_or_create(
        message=message, resolution="", defaults={"reason": reason, "detail": detail}
    )
    record("hl7_message.dead_lettered", of=message, outcome="failure", detail={"reason": reason})
    return letter


def hand_on(message: Message) -> None:
    """A refusal that a person elsewhere was told of needs nobody at the desk: its open dead letter is set aside."""
    DeadLetter.objects.filter(message=message, resolution="", reason="neighbour_error").update(
        resolution=DeadLetter.Resolution.DISMISSED,
        resolved_at=now(),
        note=_("Handed on to who placed the order."),
    )


def queue_again(message: Message) -> None:
    """The same bytes with the same control id once more, behind what waits already; attempts counted anew."""
    MessageState.objects.filter(message=message).update(
        state=State.QUEUED, changed_at=now(), attempts=0, waits_until=None, remarks=[]
    )
    publish(QUEUED, order_key=message.order_key, message_id=message.pk)


def hurry(channel: Channel) -> None:
    """Try what waits on the channel now, not after its pause."""
    hasten(QUEUED, [lane_key_of(channel, lane) for lane in range(channel.lanes)])


def lane_key_of(channel: Channel, lane: int) -> str:
    """The order key of a lane by its number."""
    return f"hl7-out:{channel.pk}:{lane}"


def set_down(*, message_id: int, reason: str, detail: dict[str, object]) -> None:
    """It can't go out as it is: to the desk, so that the others go on."""
    bury(Message.objects.get(pk=message_id), reason, detail)


def give_up(*, message_id: int, error: str) -> None:
    """Something of ours is broken and repeating doesn't help: to the desk, so that the others go on."""
    bury(Message.objects.get(pk=message_id), "internal", {"error": error})
