"""Filing what came in, keeping what became of it, and the desk where a person puts things right."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish, ring_after_commit, wanted_by
from integrations.transport import sending
from integrations.transport.codes import note_missing, note_unmapped
from integrations.transport.models import Channel, DeadLetter, Message, MessageState

# The fact that a message is there to be applied.
RECEIVED = "hl7_message.received"
__all__ = ["note_unmapped"]  # the rooms above know it from here


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as the listener hands it over: whose it is, what makes it the same as another, what we answer."""

    channel: Channel
    raw: bytes
    received_at: datetime
    peer_address: str
    control_id: str
    message_type: str
    version: str
    patient_number: str
    duplicate_key: str
    reply: bytes


class Verdict(Enum):
    """What filing found."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Filed:
    """The verdict, and the answer to send: a duplicate's is the one stored first; a conflict has none yet."""

    verdict: Verdict
    reply: bytes


def duplicate_key(channel: Channel, *, control_id: str, date_time: str, raw: bytes) -> str:
    """What makes a message the same as another on this channel."""
    if channel.duplicate_key == Channel.DuplicateKey.CONTENT:
        return hashlib.sha256(raw).hexdigest()
    if channel.duplicate_key == Channel.DuplicateKey.CONTROL_ID_AND_TIME:
        return f"{control_id}|{date_time}"[:300]
    return control_id[:300]


def file_messages(arrivals: Sequence[Arrival]) -> list[Filed]:
    """Store new messages in the order given and publish them; find repeated ones (F-13, F-14).

    One statement, so one transaction, for all: when it is committed, every reply may be sent. What another listener
    stores in the same instant is waited for and found.
    """
    if not arrivals:
        return []
    hashes = [hashlib.sha256(arrival.raw).hexdigest() for arrival in arrivals]
    with connection.cursor() as cursor:
        # The connection keeps the function's plans: planning and asking thrice cost more than storing.
        cursor.execute(
            "SELECT transport_file_messages(%s, %s, %s)",
            [_as_json(arrivals, hashes), RECEIVED, wanted_by(RECEIVED)],
        )
        filed_now = json.loads(cursor.fetchone()[0])
    ring_after_commit(filed_now["events"])
    fresh = {(channel_id, key) for channel_id, key in filed_now["fresh"]}
    first: dict[tuple[int, str], tuple[str, bytes]] = {}
    if repeated := [a for a in arrivals if (a.channel.pk, a.duplicate_key) not in fresh]:
        first = {
            (channel_id, key): (sha256, bytes(reply))
            for channel_id, key, sha256, reply in Message.objects.filter(
                channel__in={a.channel.pk for a in repeated},
                duplicate_key__in={a.duplicate_key for a in repeated},
            ).values_list("channel_id", "duplicate_key", "sha256", "reply")
        }
    filed: list[Filed] = []
    for arrival, sha256 in zip(arrivals, hashes, strict=True):
        key = (arrival.channel.pk, arrival.duplicate_key)
        if key not in first:
            first[key] = (sha256, arrival.reply)
            filed.append(Filed(Verdict.STORED, arrival.reply))
        elif first[key][0] == sha256:
            filed.append(Filed(Verdict.DUPLICATE, first[key][1]))
        else:
            filed.append(Filed(Verdict.CONFLICT, b""))
    return filed


def _as_json(arrivals: Sequence[Arrival], hashes: Sequence[str]) -> str:
    """The batch as the function takes it: a row a message, bytes in base64."""
    return json.dumps(
        [
            (
                a.channel.facility_id,
                a.channel.pk,
                a.received_at.isoformat(),
                a.peer_address,
                b64encode(a.raw).decode("ascii"),
                sha256,
                a.control_id[:200],
                a.message_type[:16],
                a.version[:16],
                a.patient_number,
                a.duplicate_key,
                b64encode(a.reply).decode("ascii"),
            )
            for a, sha256 in zip(arrivals, hashes, strict=True)
        ]
    )


def settle(message: Message, state: str, *, remarks: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> None:
    """A message has been dealt with: applied, or superseded by what is newer."""
    MessageState.objects.filter(message=message).update(
        state=state,
        changed_at=now(),
        waits_until=None,
        attempts=F("attempts") + 1,
        remarks=[list(r) for r in remarks],
    )


def keep_waiting(message: Message, until: datetime) -> None:
    """Something that must come first hasn't come."""
    MessageState.objects.filter(message=message).update(
        state=MessageState.State.WAITING, changed_at=now(), waits_until=until, attempts=F("attempts") + 1
    )


def has_unread_of_patient(message: Message) -> bool:
    """Whether another message about the same patient is stored and nobody has looked at it yet, at whatever neighbour's."""
    if not message.patient_number:
        return False
    others = Message.objects.filter(facility=message.facility_id, patient_number=message.patient_number)
    return others.filter(state_row__state=MessageState.State.RECEIVED).exclude(pk=message.pk).exists()


@transaction.atomic
def bury(message: Message, reason: str, detail: Mapping[str, Any]) -> DeadLetter:
    """Lay a message on the dead-letter desk, with the reason's code and the values for its text.

    Codes that it lacks are listed among those to be mapped: what applying noted of them was undone with everything else.
    """
    note_missing(message.channel, reason, detail)
    MessageState.objects.filter(message=message).update(
        state=MessageState.State.DEAD, changed_at=now(), waits_until=None, attempts=F("attempts") + 1
    )
    letter, _created = DeadLetter.objects.update_or_create(
        message=message, resolution="", defaults={"reason": reason, "detail": dict(detail)}
    )
    record("hl7_message.dead_lettered", of=message, outcome="failure", detail={"reason": reason})
    return letter


def _open(letter: DeadLetter) -> DeadLetter:
    letter = (
        DeadLetter.objects.select_for_update(of=("self",))
        .select_related("message__channel")
        .get(pk=letter.pk)
    )
    if letter.resolution:
        raise Conflict(_("Somebody has already dealt with this message."))
    return letter


def _close(letter: DeadLetter, resolution: str, by: User, **changes: object) -> None:
    letter.resolution, letter.resolved_at, letter.resolved_by = resolution, now(), by
    for name, value in changes.items():
        setattr(letter, name, value)
    letter.save(update_fields=["resolution", "resolved_at", "resolved_by", *changes])


@transaction.atomic
def replay(letter: DeadLetter, *, by: User) -> None:
    """Try the same message again, unchanged, because what it needed has been put right."""
    letter = _open(letter)
    message = letter.message
    _close(letter, DeadLetter.Resolution.REPLAYED, by)
    record("hl7_message.replayed", by=by, of=message)
    if message.channel.direction == Channel.Direction.OUT:
        sending.queue_again(message)
        return
    MessageState.objects.filter(message=message).update(state=MessageState.State.RECEIVED, changed_at=now())
    publish(RECEIVED, order_key=message.order_key, message_id=message.pk)


@transaction.atomic
def replay_edited(letter: DeadLetter, *, raw: bytes, patient_number: str, by: User) -> Message:
    """Try a corrected copy; the message as it came in stays as it is."""
    letter = _open(letter)
    original = letter.message
    if original.channel.direction == Channel.Direction.OUT:
        raise DomainError(_("What we send is corrected in the record, not here: it is written anew then."))
    if bytes(original.raw) == raw:
        raise DomainError(
            _("Nothing was changed. Replay the message as it is, or correct it first."), field="text"
        )
    moment = now()
    copy = Message(
        facility_id=original.facility_id,
        channel=original.channel,
        received_at=moment,
        peer_address=original.peer_address,
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        control_id=original.control_id,
        message_type=original.message_type,
        version=original.version,
        patient_number=patient_number[:200],
        duplicate_key="",
        reply=b"",
        edited_from=original,
        edited_by=by,
    )
    copy.duplicate_key = (
        f"edited:{copy.uuid}"  # never equal to what a sender can send: MSH-10 has 20 characters
    )
    copy.save(force_insert=True)
    MessageState.objects.create(message=copy, changed_at=moment)
    publish(RECEIVED, order_key=copy.order_key, message_id=copy.pk)
    _close(letter, DeadLetter.Resolution.EDITED, by, replayed_as=copy)
    record("hl7_message.edited", by=by, of=original, detail={"copy": str(copy.uuid)})
    return copy


@transaction.atomic
def dismiss(letter: DeadLetter, *, note: str, by: User) -> None:
    """Set a message aside for good, with the reason."""
    letter = _open(letter)
    if not note.strip():
        raise DomainError(_("Say why the message isn't needed."), field="note")
    _close(letter, DeadLetter.Resolution.DISMISSED, by, note=note.strip()[:300])
    if letter.message.channel.direction == Channel.Direction.OUT:
        MessageState.objects.filter(message=letter.message).update(
            state=MessageState.State.SET_ASIDE, changed_at=now()
        )
    record("hl7_message.dismissed", by=by, of=letter.message)


@transaction.atomic
def save_channel(channel: Channel, *, by: User) -> Channel:
    """Keep a new or changed channel; a new one gets its account. Refuses a sender that another channel is for."""
    is_new = channel.pk is None
    if is_new:
        channel.facility = by.facility
        channel.account = channel_account(by.facility, "-".join(channel.neighbour), channel.name)
    if channel.direction == Channel.Direction.OUT:
        return _save_outgoing(channel, is_new=is_new, by=by)
    same = Channel.objects.filter(
        facility=channel.facility,
        direction=channel.direction,
        protocol=channel.protocol,
        sending_application=channel.sending_application,
        sending_facility=channel.sending_facility,
    )
    if same.exclude(pk=channel.pk).exists():
        raise DomainError(
            _("Another channel is for this sender."), code="sender_taken", field="sending_application"
        )
    channel.save()
    record("channel.add" if is_new else "channel.change", by=by, of=channel)
    return channel


def _save_outgoing(channel: Channel, *, is_new: bool, by: User) -> Channel:
    others = Channel.objects.filter(facility=channel.facility, direction=channel.direction)
    if others.filter(name=channel.name).exclude(pk=channel.pk).exists():
        raise DomainError(_("Another outgoing channel has this name."), code="name_taken", field="name")
    before = None if is_new else Channel.objects.select_for_update().get(pk=channel.pk)
    if before is not None and before.lanes != channel.lanes and waiting_on(channel).exists():
        raise DomainError(
            _(
                "Messages wait on this channel, and their order hangs on this number: change it when all have left."
            ),
            code="lanes_in_use",
            field="lanes",
        )
    channel.save()
    record("channel.add" if is_new else "channel.change", by=by, of=channel)
    if not is_new:
        sending.hurry(channel)
    return channel


def waiting_on(channel: Channel) -> QuerySet[MessageState]:
    """What hasn't left an outgoing channel yet."""
    return MessageState.objects.filter(message__channel=channel, state=MessageState.State.QUEUED)


@transaction.atomic
def resend(message: Message, *, by: User) -> None:
    """Send the same bytes with the same control id once more; a dead letter is sent from its own page."""
    state = MessageState.objects.select_for_update().get(message=message).state
    if state not in {MessageState.State.DELIVERED, MessageState.State.SET_ASIDE}:
        raise Conflict(_("Only what was delivered or set aside can be sent again."))
    if Message.objects.filter(pk=message.pk).exclude(emptied_at=None).exists():
        raise Conflict(_("Its text was emptied by policy: there is nothing left to send."), code="emptied")
    record("hl7_message.replayed", by=by, of=message)
    sending.queue_again(message)


@transaction.atomic
def set_aside(message: Message, *, note: str, by: User) -> None:
    """Take a message out of the queue, with the reason; what is on its way this very moment may still arrive."""
    row = MessageState.objects.select_for_update().get(message=message)
    if row.state != MessageState.State.QUEUED:
        raise Conflict(_("The message doesn't wait to be sent any more."))
    if not note.strip():
        raise DomainError(_("Say why the message isn't needed."), field="note")
    letter = sending.bury(message, "not_sent", {})
    dismiss(letter, note=note, by=by)


def channel_account(facility: Organization, name: str, title: str) -> User:
    """The account that a neighbour's changes are written under; inactive, without a password."""
    username = f"{name}-{facility.code}".lower()[:60] if facility.code not in name else name.lower()[:60]
    found = User.objects.filter(username=username, facility=facility).first()
    if found is not None:
        return found
    account = User(
        username=username,
        full_name=title,
        facility=facility,
        staff_code=username.upper()[:30],
        is_active=False,
    )
    account.set_unusable_password()
    account.save()
    return account


@transaction.atomic
def switch_channel(channel: Channel, *, enabled: bool, by: User) -> None:
    """Let a neighbour in, or shut it out; open connections are refused within two seconds."""
    channel.is_enabled = enabled
    channel.save(update_fields=["is_enabled"])
    record("channel.enabled" if enabled else "channel.disabled", by=by, of=channel)
    if enabled and channel.direction == Channel.Direction.OUT:
        sending.hurry(channel)


@transaction.atomic
def pause_channel(channel: Channel, *, paused: bool, by: User) -> None:
    """Hold an outgoing channel's messages back, in order; going on, they leave at once. An incoming one has none."""
    if channel.direction != Channel.Direction.OUT:
        return
    channel.is_paused = paused
    channel.save(update_fields=["is_paused"])
    record("channel.paused" if paused else "channel.resumed", by=by, of=channel)
    if not paused:
        sending.hurry(channel)


@transaction.atomic
def alert(action: str, *, facility: Organization | None = None, detail: Mapping[str, Any]) -> None:
    """A line in the audit that somebody unknown, or a known sender out of bounds, was refused."""
    record(action, of=facility, outcome="denied", detail=dict(detail))
