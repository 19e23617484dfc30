"""From the inbox onto the record: one message at a time, its state, and the room that knows what such a message does.

A room says which messages are its own (`register_applier`, MSH-9.1). What it answers decides what becomes of the message:
applied, superseded, waiting for an earlier one, or laid on the dead-letter desk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BigIntegerField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.selectors import facility_ids
from emr.accounts.services import facility_setting
from emr.common import wall
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.context import Acting, acting_as
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.outbox.models import OutboxEvent
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.transport import services as transport
from integrations.transport.models import Message, MessageState
from integrations.transport.readers import note_orders

State = MessageState.State
# How long a message may wait for one that should have come before it; a facility can set `hl7_wait_seconds`.
WAIT_SECONDS = 120
declare(
    Whole(
        name="hl7_wait_seconds",
        room="hl7v2",
        label=gettext_lazy("A message that came too early waits for the one before it"),
        help=gettext_lazy("Afterwards it goes to the desk for dead letters."),
        default=WAIT_SECONDS,
        least=5,
        most=86400,
        unit=pgettext_lazy("unit", "seconds"),
    )
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a message did: whether anything changed, what was left undone, whether a part of it waits for another."""

    changed: bool
    remarks: Sequence[tuple[str, Mapping[str, Any]]] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Applier:
    """A room's way with its messages.

    Where `apply` raises (CannotApply, NotYet, Hl7Error, DomainError), what it wrote is undone.
    `happened_at` puts messages that waited for the same thing in order; it may raise Hl7Error or CannotApply.
    """

    apply: Callable[[Message], Applied]
    happened_at: Callable[[Message], datetime]
    # Which messages of the code are the room's own, where several rooms take them (an order, a word about an order);
    # None: all that no other room claims. It may raise Hl7Error.
    claims: Callable[[Message], bool] | None = None


_appliers: dict[str, list[Applier]] = {}


def register_applier(message_code: str, applier: Applier) -> None:
    """Give the messages of this code (MSH-9.1: ADT, ORU …) to a room: all of them, or those that it claims."""
    others = [known for known in _appliers.get(message_code, []) if known.claims != applier.claims]
    _appliers[message_code] = [*others, applier]


def _applier(message: Message) -> Applier:
    known = _appliers.get(message.message_type.split("^", maxsplit=1)[0], [])
    for applier in sorted(known, key=lambda one: one.claims is None):
        if applier.claims is None or applier.claims(message):
            return applier
    raise CannotApply("unsupported", type=message.message_type)


@Compiled
def _state_held(message_id: int) -> QuerySet[MessageState]:
    rows = MessageState.objects.select_related("message__channel__facility", "message__channel__account")
    return rows.select_for_update(of=("self",)).filter(message_id=message_id)


def apply_message(*, message_id: int) -> None:
    """Apply a stored message, once: called again, it finds that it's done. Errors that aren't the message's raise."""
    state = _state_held.first(message_id)
    if state is None:
        raise MessageState.DoesNotExist
    message = state.message
    if state.state in {State.APPLIED, State.SUPERSEDED, State.DEAD}:
        return
    if state.state == State.RECEIVED:
        note_orders(message)
    is_overdue = state.waits_until is not None and state.waits_until <= now()
    # After an outage the inbox may be minutes behind: what is waited for may have come, and its turn is still to come.
    is_last_chance = is_overdue and not transport.has_unread_of_patient(message)
    acting = Acting(
        username=message.channel.account.username,
        address=message.peer_address,
        device=f"HL7 {message.channel.name}",
        origin=f"message:{message.pk}",
    )
    with acting_as(acting), translation.override(settings.LANGUAGE_CODE):
        try:
            with transaction.atomic():
                applied = _applier(message).apply(message)
                if applied.waits and not is_last_chance:
                    _wait(message, state, anew=is_overdue)
                    return
        except NotYet as missing:
            if is_last_chance:
                transport.bury(message, missing.reason, missing.detail)
            else:
                _wait(message, state, anew=is_overdue)
            return
        except CannotApply as reason:
            transport.bury(message, reason.reason, reason.detail)
            return
        except Hl7Error as error:
            transport.bury(message, error.code, {})
            return
        except DomainError as refusal:
            transport.bury(message, "refused", {"text": str(refusal), "code": refusal.code})
            return
        transport.settle(
            message, State.APPLIED if applied.changed else State.SUPERSEDED, remarks=applied.remarks
        )
        if applied.changed:
            _wake_waiting(message)


def _wait(message: Message, state: MessageState, *, anew: bool) -> None:
    """Until when is set once; anew where the wait is over and the inbox itself is behind."""
    seconds = int(facility_setting(message.facility_id, "hl7_wait_seconds"))
    until = None if anew else state.waits_until
    transport.keep_waiting(message, until or now() + timedelta(seconds=seconds))


# By the patient's number alone: what waits at one neighbour's (a result) may lack what another one tells (an admission).
# Those that wait are few and looked up first: from the facility's side PostgreSQL may read all its messages.
_WAITING = """
WITH waiting AS MATERIALIZED (SELECT message_id FROM transport_messagestate WHERE state = 'waiting')
SELECT m.id FROM waiting w JOIN transport_message m ON m.id = w.message_id
WHERE m.facility_id = %s AND m.id <> %s
  AND (m.patient_number = %s OR m.message_type IN ('ADT^A40', 'ADT^A34', 'ADT^A18'))
"""


def _wake_waiting(message: Message) -> None:
    """What waits for this patient (or for a merge, which names two) may find now what it lacked."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [message.facility_id, message.pk, message.patient_number])
        waiting = [row[0] for row in cursor.fetchall()]
    if not waiting:
        return
    concerned = Message.objects.filter(pk__in=waiting).defer("reply").select_related("channel")
    for other in sorted(concerned, key=_happened_at):
        publish(transport.RECEIVED, order_key=other.order_key, message_id=other.pk)


def _happened_at(message: Message) -> tuple[str, int]:
    try:
        return _applier(message).happened_at(message).isoformat(), message.pk
    except (Hl7Error, CannotApply):
        return "", message.pk


def give_up(*, message_id: int, error: str) -> None:
    """Repeating didn't help: to the dead-letter desk, so that the patient's later messages go on."""
    transport.bury(Message.objects.get(pk=message_id), "internal", {"error": error})


def expire_waiting() -> int:
    """Give messages whose wait is over their last chance, facility by facility; returns how many."""
    count = 0
    for facility_id in facility_ids():
        with wall.within(facility_id):
            count += _expire_waiting()
    return count


def _expire_waiting() -> int:
    overdue = Message.objects.filter(state_row__state=State.WAITING, state_row__waits_until__lte=now())
    # While the workers are behind, each round would ask for the same once more.
    asked = OutboxEvent.objects.filter(topic=transport.RECEIVED, done_at=None, failed_at=None)
    asked_for = asked.annotate(about=Cast(KT("payload__message_id"), BigIntegerField())).values("about")
    messages = list(overdue.exclude(pk__in=asked_for).defer("raw", "reply").order_by("pk")[:500])
    for message in messages:
        with transaction.atomic():
            publish(transport.RECEIVED, order_key=message.order_key, message_id=message.pk)
    return len(messages)
