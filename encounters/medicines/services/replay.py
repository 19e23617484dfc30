"""Acts that a device kept while the network was away, told afterwards: each is applied once, and answered the same for ever.

Every act is a transaction of its own: what was answered stays, whatever becomes of the rest, and nobody waits for a whole
cart's night. Other rooms may add kinds of acts with `register_kind`.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.medicines.models import DeviceEvent, DueDose, MedicationAdministration
from encounters.medicines.services.giving import give_dose, not_given
from encounters.medicines.services.infusing import note_step
from encounters.medicines.services.needed import give_needed
from encounters.medicines.services.told import Given, Kept, Told
from encounters.orders.models import MedicationRequest
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter

Status = DeviceEvent.Status
RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device is told of one act. `status`: done, conflict, refused, or retry (nothing is kept: send it again)."""

    key: str
    status: str
    code: str = ""
    message: str = ""
    id: str = ""

    def as_json(self) -> dict[str, str]:
        """For the wire; what is empty is left out."""
        found = {
            "key": self.key,
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "id": self.id,
        }
        return {name: value for name, value in found.items() if value}


@dataclass(slots=True)
class Device:
    """One request of a device: who is signed in on it, and its clock.

    `reach` says of (stay, instant) whether the person may act there; it raises PermissionDenied.
    """

    by: User
    sent_at: dt.datetime
    reach: Callable[[UUID, dt.datetime], Encounter]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One act as it was sent. `problem`: why it can't be read at all; it has no key that could be answered to then."""

    key: UUID | None
    kind: str
    happened_at: dt.datetime
    body: Mapping[str, Any]
    problem: str = ""
    said_key: str = ""


Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Act = Callable[[Encounter, Mapping[str, Any], Told, User], str]
_kinds: dict[str, tuple[Read, Act]] = {}


def register_kind(name: str, read: Read, act: Act) -> None:
    """Take a kind of act in: `read` makes facts of what was sent (with the stay's public id), or raises DomainError; `act`
    gets (stay, facts, told, by), keeps the act under told.key, returns its public id. The same name again replaces it.
    """
    _kinds[name] = (read, act)


def apply_events(*, events: Sequence[Sent], device: Device) -> list[Answer]:
    """Each act in turn; the answers in the same order. One line of the log for all."""
    answers = [apply_event(event, device) for event in events]
    counts = {
        status: sum(answer.status == status for answer in answers) for status in (*Status.values, RETRY)
    }
    record(
        "device_event.replay",
        by=device.by,
        detail={"device": device.name[:60]} | {name: count for name, count in counts.items() if count},
    )
    return answers


def apply_event(event: Sent, device: Device) -> Answer:
    """One act, in a transaction of its own; sent before, its first answer."""
    key = event.key
    if key is None:
        return Answer(event.said_key, Status.REFUSED, "unreadable", event.problem[:300])
    told = Told(key=key, happened_at=event.happened_at, sent_at=device.sent_at, is_replay=True)
    try:
        if known := _sent_before(key, event.kind, event.body, device):
            return known
        with transaction.atomic():
            return _apply(event.kind, event.body, told, device)
    except IntegrityError:  # the same act over another connection at the same moment, whose answer holds
        return _sent_before(key, event.kind, event.body, device) or Answer(str(key), RETRY, "busy")
    except OperationalError:  # the database is away, or two waited for each other
        return Answer(str(key), RETRY, "busy")
    except (DataError, OverflowError, UnicodeError):  # letters and numbers that nothing can be written with
        return Answer(str(key), Status.REFUSED, "unreadable")


def _sent_before(key: UUID, kind: str, body: Mapping[str, Any], device: Device) -> Answer | None:
    known = DeviceEvent.objects.filter(facility_id=device.by.facility_id, key=key).first()
    if known is None:
        return None
    if (known.by_id, known.kind, known.body) != (device.by.pk, kind, body):
        words = _("Something else was sent under the same key.")
        return Answer(str(key), Status.REFUSED, "key_reused", words)
    return Answer(str(key), known.status, **known.answer)


def _apply(kind: str, body: Mapping[str, Any], told: Told, device: Device) -> Answer:
    stay, status, said = _outcome(kind, body, told, device)
    DeviceEvent.objects.create(
        facility_id=device.by.facility_id,
        key=told.key,
        kind=kind,
        device=device.name[:60],
        body=body,
        happened_at=told.true_at,
        told_at=told.happened_at or told.true_at,
        sent_at=device.sent_at,
        by=device.by,
        encounter=stay,
        status=status,
        answer=said,
    )
    return Answer(str(told.key), status, **said)


def _outcome(
    kind: str, body: Mapping[str, Any], told: Told, device: Device
) -> tuple[Encounter | None, str, dict[str, str]]:
    known = _kinds.get(kind)
    if known is None:
        return None, Status.REFUSED, {"code": "unknown_kind", "message": kind}
    read, act = known
    stay = None
    try:
        facts = read(body)
        stay = device.reach(facts["stay"], told.true_at)
        with transaction.atomic():
            return stay, *_acted(act, stay, facts, told, device.by)
    except PermissionDenied:
        return stay, Status.REFUSED, {"code": "not_yours", "message": _("You may not act for this patient.")}
    except DomainError as refusal:
        return stay, Status.REFUSED, {"code": refusal.code or "refused", "message": str(refusal)[:300]}


def _acted(
    act: Act, stay: Encounter, facts: Mapping[str, Any], told: Told, by: User
) -> tuple[str, dict[str, str]]:
    try:
        return Status.DONE, {"id": act(stay, facts, told, by)}
    except Kept as kept:  # what waits to be settled stays; a refusal takes back what was half done
        conflict = kept.conflict
        said = {"code": str(conflict.why), "message": str(kept)[:300], "id": str(conflict.uuid)}
        return Status.CONFLICT, said


def _dose(stay: Encounter, facts: Mapping[str, Any]) -> DueDose:
    found = (
        DueDose.objects.filter(facility_id=stay.facility_id, uuid=facts["dose"])
        .select_related("order", "patient", "encounter__patient", "encounter__department", "facility")
        .first()
    )
    if found is None:
        raise DomainError(_("There is no such dose."), code="no_such_dose")
    return found


def _given(facts: Mapping[str, Any]) -> Given:
    names = ("amount", "how", "hand_reason", "site", "rate", "batch", "expires_on", "gtin", "serial", "note")
    return Given(**{name: facts[name] for name in names})


def give_told(stay: Encounter, facts: Mapping[str, Any], told: Told, by: User) -> str:
    return str(give_dose(dose=_dose(stay, facts), encounter=stay, told=told, by=by, given=_given(facts)).uuid)


def give_needed_told(stay: Encounter, facts: Mapping[str, Any], told: Told, by: User) -> str:
    order = (
        MedicationRequest.objects.filter(encounter=stay, uuid=facts["order"])
        .select_related("encounter__patient", "patient", "entry")
        .first()
    )
    if order is None:
        raise DomainError(_("There is no such order."), code="no_such_order")
    return str(give_needed(order=order, encounter=stay, told=told, by=by, given=_given(facts)).uuid)


def not_given_told(stay: Encounter, facts: Mapping[str, Any], told: Told, by: User) -> str:
    dose = _dose(stay, facts)
    if dose.encounter_id != stay.pk:
        raise DomainError(_("There is no such dose."), code="no_such_dose")
    reason, note = facts["reason"], facts["note"]
    return str(not_given(dose=dose, reason=reason, text=note, told=told, by=by).uuid)


def step_told(stay: Encounter, facts: Mapping[str, Any], told: Told, by: User) -> str:
    begun = MedicationAdministration.objects.filter(encounter=stay, key=facts["giving"]).first()
    if begun is None:
        raise DomainError(_("There is no such infusion."), code="no_such_infusion")
    step = note_step(
        administration=begun,
        kind=facts["step"],
        told=told,
        by=by,
        rate=facts["rate"],
        volume_ml=facts["volume_ml"],
        note=facts["note"],
        is_partial=facts["is_partial"],
    )
    return str(step.uuid)


def vital_signs_told(stay: Encounter, facts: Mapping[str, Any], told: Told, by: User) -> str:
    record_vital_signs(
        encounter=stay,
        values=facts["values"],
        by=by,
        effective_at=told.true_at,
        batch=told.key,
        confirmed=True,
        late_reason=facts["late_reason"] or _("kept on the device while the network was away"),
        note=facts["note"],
    )
    return str(told.key)
