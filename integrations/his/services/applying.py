"""One message from the inbox onto the record: applied, superseded, waiting or on the dead-letter desk."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.context import Acting, acting_as
from emr.common.errors import DomainError
from emr.outbox import publish
from integrations.his.outcomes import CannotApply, NotYet
from integrations.his.reading import Adt, read_adt
from integrations.his.services.merging import merge
from integrations.his.services.moves import cancel_transfer, transfer
from integrations.his.services.numbers import find_patient, read_numbers
from integrations.his.services.people import keep_patient
from integrations.his.services.stays import (
    admit_or_visit,
    cancel_stay,
    demand_stay,
    end_stay,
    find_stay,
    keep_details,
    reopen_stay,
    visit_number,
)
from integrations.hl7v2.errors import Hl7Error
from integrations.transport import services as transport
from integrations.transport.models import Message, MessageState
from patients.registry.models import Patient

State = MessageState.State
# How long a message may wait for one that should have come before it; a facility can set `hl7_wait_seconds`.
WAIT_SECONDS = 120
declare(
    Whole(
        name="hl7_wait_seconds",
        room="his",
        label=gettext_lazy("A message that came too early waits for the one before it"),
        help=gettext_lazy("Afterwards it goes to the desk for dead letters."),
        default=WAIT_SECONDS,
        least=5,
        most=86400,
        unit=pgettext_lazy("unit", "seconds"),
    )
)

_STAYS = {
    "A01": admit_or_visit,
    "A02": transfer,
    "A03": end_stay,
    "A04": admit_or_visit,
    "A11": cancel_stay,
    "A12": cancel_transfer,
    "A13": reopen_stay,
}
# The person alone: pre-admission has no stay here yet.
_PEOPLE = {"A05", "A28", "A31"}


def apply_message(*, message_id: int) -> None:
    """Apply a stored message, once: called again, it finds that it's done. Errors that aren't the message's raise."""
    rows = MessageState.objects.select_related("message__channel__facility", "message__channel__account")
    state = rows.select_for_update(of=("self",)).get(message_id=message_id)
    message = state.message
    if state.state in {State.APPLIED, State.SUPERSEDED, State.DEAD}:
        return
    is_last_chance = state.waits_until is not None and state.waits_until <= now()
    acting = Acting(
        username=message.channel.account.username,
        address=message.peer_address,
        device=f"HL7 {message.channel.name}",
        origin=f"message:{message.pk}",
    )
    with acting_as(acting), translation.override(settings.LANGUAGE_CODE):
        try:
            with transaction.atomic():
                adt, changed, is_waiting = _apply(message)
                if is_waiting and not is_last_chance:
                    _wait(message, state)
                    return
        except NotYet as missing:
            if is_last_chance:
                transport.bury(message, missing.reason, missing.detail)
            else:
                _wait(message, state)
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
        transport.settle(message, State.APPLIED if changed else State.SUPERSEDED, remarks=adt.remarks)
        if changed:
            _wake_waiting(message)


def _apply(message: Message) -> tuple[Adt, bool, bool]:
    """(the message read, whether anything changed, whether a part of it waits for its visit)."""
    adt = read_adt(message)
    if adt.msh.message_code != "ADT":
        raise CannotApply("unsupported", type=message.message_type)
    if adt.event == "A40":
        return adt, merge(adt), False
    if adt.event in _STAYS:
        if adt.event not in {"A01", "A04"}:
            # A move or an end says nothing about somebody whom nobody has announced.
            return adt, *_move_or_end(adt)
        patient, is_news = keep_patient(adt)
        return adt, _STAYS[adt.event](adt, patient) or is_news, False
    if adt.event in _PEOPLE or adt.event == "A08":
        patient, is_news = keep_patient(adt)
        if adt.event != "A08" or not visit_number(adt):
            return adt, is_news, False
        stay = find_stay(adt, patient)
        if stay is None:
            return adt, is_news, bool(adt.diagnoses())
        return adt, keep_details(adt, stay) or is_news, False
    raise CannotApply("unsupported", type=message.message_type)


def _move_or_end(adt: Adt) -> tuple[bool, bool]:
    """A02, A03, A11, A12, A13: only for a visit that is known."""
    known: Patient | None = find_patient(adt, read_numbers(adt, adt.pid.patient_identifier_list))
    if known is None:
        raise NotYet("unknown_patient")
    demand_stay(adt, known)
    patient, is_news = keep_patient(adt)
    return _STAYS[adt.event](adt, patient) or is_news, False


def _wait(message: Message, state: MessageState) -> None:
    seconds = int(facility_setting(message.facility_id, "hl7_wait_seconds"))
    transport.keep_waiting(message, state.waits_until or now() + timedelta(seconds=seconds))


_WAITING = """
SELECT s.message_id FROM transport_messagestate s JOIN transport_message m ON m.id = s.message_id
WHERE s.state = 'waiting' AND m.channel_id = %s AND m.id <> %s
  AND (m.patient_number = %s OR m.message_type = 'ADT^A40')
"""


def _wake_waiting(message: Message) -> None:
    """What waits for this patient (or for a merge, which names two) may find now what it lacked."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [message.channel_id, message.pk, message.patient_number])
        waiting = [row[0] for row in cursor.fetchall()]
    if not waiting:
        return
    concerned = Message.objects.filter(pk__in=waiting).defer("reply").select_related("channel")
    for other in sorted(concerned, key=_happened_at):
        publish("hl7_message.received", order_key=other.order_key, message_id=other.pk)


def _happened_at(message: Message) -> tuple[str, int]:
    try:
        return read_adt(message).happened_at.isoformat(), message.pk
    except (Hl7Error, CannotApply):
        return "", message.pk


def give_up(*, message_id: int, error: str) -> None:
    """Repeating didn't help: to the dead-letter desk, so that the patient's later messages go on."""
    transport.bury(Message.objects.get(pk=message_id), "internal", {"error": error})


def expire_waiting() -> int:
    """Give messages whose wait is over their last chance; returns how many."""
    overdue = Message.objects.filter(state_row__state=State.WAITING, state_row__waits_until__lte=now())
    messages = list(overdue.defer("raw", "reply").order_by("pk")[:500])
    for message in messages:
        with transaction.atomic():
            publish("hl7_message.received", order_key=message.order_key, message_id=message.pk)
    return len(messages)
