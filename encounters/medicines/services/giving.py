"""A dose is given, or not, and why. Sent twice it is one; two devices, one dose: one wins, the other is told who and when.

A person at the bed is refused where a rule refuses, and gives nothing. What a device kept while the network was away has
been done already: where it can't stand it becomes a `GivingConflict`, which somebody settles.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from emr.staff.selectors.practice import demand_practice
from encounters.medicines import telling
from encounters.medicines.models import DueDose, GivingConflict, InfusionStep, MedicationAdministration
from encounters.medicines.selectors.reasons import not_given_reasons
from encounters.medicines.selectors.regimens import BY_THE_SCALE, by_scale
from encounters.medicines.services.givable import demand_givable
from encounters.medicines.services.told import (
    AlreadyAnswered,
    Given,
    Kept,
    Told,
    WrongPatient,
    demand_possible,
)
from encounters.orders.models import MedicationRequest, Order
from encounters.visits.models import Encounter

Status = MedicationAdministration.Status
INFUSED = frozenset({"IVI", "IVP"})
_OUTCOMES = {Status.COMPLETED: "given", Status.IN_PROGRESS: "running", Status.NOT_DONE: "not-given"}
_VERBS = {Status.COMPLETED: "give", Status.IN_PROGRESS: "begin", Status.NOT_DONE: "withhold"}


def give_dose(
    *,
    dose: DueDose,
    encounter: Encounter,
    told: Told,
    by: User,
    given: Given | None = None,
    witness: User | None = None,
) -> MedicationAdministration:
    """The wristband of `encounter`, then the dose's label; the medicine goes in now. The same key again answers the first.

    An infusion begins by it and runs until `end_infusion`. Raises WrongPatient, AlreadyAnswered, NeedsWitness, Kept,
    or DomainError by `code`: order_held, ended, not_here, early, future, no_scan_reason, too_much, not_measured.
    """
    given = given or Given()
    is_theirs = dose.patient.root_id == encounter.patient.root_id
    if not is_theirs and not told.is_replay:
        record("medication_administration.wrong_patient", by=by, of=encounter, detail={"dose": dose.pk})
        raise _wrong_patient(encounter)
    is_infusion = dose.order.route in INFUSED

    def write(locked: DueDose, at: dt.datetime) -> MedicationAdministration:
        if not is_theirs:  # told afterwards: it is kept to be settled
            raise _wrong_patient(encounter)
        how_much = demand_givable(locked, given, at, witness, by)
        row = _write(
            locked,
            told,
            at,
            by,
            status=Status.IN_PROGRESS if is_infusion else Status.COMPLETED,
            **how_much,
            how=given.how,
            hand_reason=given.hand_reason.strip()[:200],
            site=given.site,
            batch=(given.batch or locked.batch)[:40],
            expires_on=given.expires_on or locked.expires_on,
            gtin=given.gtin[:14],
            serial=given.serial[:20],
            witness=witness,
            reason_text=given.note.strip()[:200],
        )
        if is_infusion:
            InfusionStep.objects.create(
                facility_id=row.facility_id,
                administration=row,
                kind=InfusionStep.Kind.START,
                key=told.key,
                at=at,
                rate=(given.rate or locked.order.rate)[:40],
                by=by,
            )
        return row

    return _answer(dose, told, by, write, asdict(given))


def _wrong_patient(encounter: Encounter) -> WrongPatient:
    name = encounter.patient.full_name.upper()
    return WrongPatient(
        _("WRONG PATIENT. This label isn't %(name)s's: don't give it.") % {"name": name}, code="wrong_patient"
    )


def not_given(
    *, dose: DueDose, reason: str, told: Told, by: User, text: str = ""
) -> MedicationAdministration:
    """The dose wasn't given: `reason` is a code of the facility's list, or BY_THE_SCALE where the order's scale leaves it
    out at the present value. Raises as `give_dose`, and DomainError `reason_missing`, `not_measured`, `scale_says`.
    """
    if reason == BY_THE_SCALE and not dose.order.scale:
        raise DomainError(_("This order has no scale."), code="reason_missing", field="reason")
    if reason != BY_THE_SCALE and reason not in dict(not_given_reasons(dose.facility_id)):
        raise DomainError(_("Say why it wasn't given."), code="reason_missing", field="reason")

    def write(locked: DueDose, at: dt.datetime) -> MedicationAdministration:
        shown: dict[str, object] = {}
        if reason == BY_THE_SCALE:
            said = by_scale(locked, at)
            if said.amount:
                raise DomainError(_("The scale says: %(line)s.") % {"line": said.words}, code="scale_says")
            shown = {"observation": said.observation, "scale_line": said.words}
        return _write(
            locked,
            told,
            at,
            by,
            **shown,
            status=Status.NOT_DONE,
            how=MedicationAdministration.How.HAND,
            reason=reason,
            reason_text=text.strip()[:200],
        )

    return _answer(dose, told, by, write, {"reason": reason, "note": text})


Write = Callable[[DueDose, dt.datetime], MedicationAdministration]


def _answer(
    dose: DueDose, told: Told, by: User, write: Write, facts: dict[str, object]
) -> MedicationAdministration:
    demand_practice(by)
    with transaction.atomic():
        # The order first, as whoever changes it does: then nobody waits for the other.
        MedicationRequest.objects.select_for_update(of=("self",)).get(pk=dose.order_id)
        locked = _locked(dose)
        found: MedicationAdministration | GivingConflict | DomainError
        found = sent_before(dose.facility_id, told.key, dose, by) or _try(locked, told, by, write, facts)
    # Raised outside, so that what was kept or written down about a refusal stays.
    if isinstance(found, MedicationAdministration):
        return found
    raise Kept(found) if isinstance(found, GivingConflict) else found


def _locked(dose: DueDose) -> DueDose:
    rows = DueDose.objects.select_for_update(of=("self",))
    return rows.select_related("order", "encounter__patient", "patient").get(pk=dose.pk)


def sent_before(
    facility_id: int, key: UUID, dose: DueDose, by: User
) -> MedicationAdministration | GivingConflict | None:
    """What was answered to this key; raises Conflict where it was another dose's or another person's (S-54)."""
    for model in (MedicationAdministration, GivingConflict):
        found = model.objects.select_related("performer").filter(facility_id=facility_id, key=key).first()
        if found is None:
            continue
        if found.dose_id != dose.pk or found.performer_id != by.pk:
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return found
    return None


def _try(
    dose: DueDose, told: Told, by: User, write: Write, facts: dict[str, object]
) -> MedicationAdministration | GivingConflict | DomainError:
    at = told.true_at
    standing = standing_answer(dose)
    refusal: DomainError
    if standing is not None:
        refusal, why = AlreadyAnswered(standing), GivingConflict.Why.ANSWERED
    else:
        try:
            with transaction.atomic():
                _demand_wanted(dose, at, told)
                return write(dose, at)
        except DomainError as said:
            refusal = said
            ended = {"ended", "order_held", "not_here"}
            why = GivingConflict.Why.ENDED if said.code in ended else GivingConflict.Why.RULE
    if not told.is_replay:
        detail = {"dose": dose.pk, "code": refusal.code}
        record("medication_administration.refuse", by=by, of=dose.encounter, detail=detail)
        return refusal
    conflict = GivingConflict.objects.create(
        facility_id=dose.facility_id,
        patient_id=dose.patient_id,
        encounter_id=dose.encounter_id,
        dose=dose,
        standing=standing,
        why=why,
        refusal=str(refusal)[:300],
        key=told.key,
        happened_at=at,
        told_at=told.happened_at,
        performer=by,
        told={name: str(value) for name, value in facts.items() if value not in {None, ""}},
    )
    record("giving_conflict.keep", by=by, of=conflict, detail={"why": why})
    telling.tell_of_conflict(conflict)
    publish(
        "giving_conflict.kept", order_key=f"encounter:{dose.encounter_id}", giving_conflict_id=conflict.pk
    )
    return conflict


def standing_answer(dose: DueDose) -> MedicationAdministration | None:
    """The answer that holds for the dose."""
    found = MedicationAdministration.objects.exclude(status=Status.ENTERED_IN_ERROR).filter(dose=dose)
    return found.select_related("performer").first()


def _demand_wanted(dose: DueDose, at: dt.datetime, told: Told) -> None:
    order, stay = dose.order, dose.encounter
    demand_possible(at, stay)
    # What happened before the order was stopped or the patient left was right then.
    if stay.status != "in-progress" and not (
        stay.status == "finished" and stay.ended_at is not None and at <= stay.ended_at
    ):
        raise DomainError(_("The patient is not here (any more)."), code="not_here")
    changed = order.status_changed_at
    was_in_effect = changed is not None and at < changed and told.happened_at is not None
    if order.status == Order.Status.ENTERED_IN_ERROR:
        raise DomainError(_("The order was entered in error: don't give it."), code="ended")
    if order.status == Order.Status.ON_HOLD and not was_in_effect:
        raise DomainError(
            _("The order is held (%(reason)s): don't give it.") % {"reason": order.status_reason},
            code="order_held",
        )
    if order.status == Order.Status.REVOKED and not was_in_effect:
        raise DomainError(
            _("The order was stopped (%(reason)s): don't give it.") % {"reason": order.status_reason},
            code="ended",
        )
    if order.status == Order.Status.COMPLETED and changed is not None and dose.planned_at >= changed:
        raise DomainError(_("The order was changed: give what stands in the new one."), code="ended")
    if dose.ended and not was_in_effect:
        raise DomainError(
            _("This dose isn't wanted any more: %(why)s.") % {"why": str(dose.get_ended_display()).lower()},
            code="ended",
        )


def _write(dose: DueDose, told: Told, at: dt.datetime, by: User, **facts: object) -> MedicationAdministration:
    row = MedicationAdministration.objects.create(
        facility_id=dose.facility_id,
        patient_id=dose.patient_id,
        encounter_id=dose.encounter_id,
        dose=dose,
        key=told.key,
        happened_at=at,
        told_at=told.happened_at,
        is_replay=told.is_replay,
        performer=by,
        **facts,
    )
    set_outcome(dose, row)
    record(f"medication_administration.{_VERBS[Status(row.status)]}", by=by, of=row, detail={"how": row.how})
    publish(
        "medication_administration.recorded",
        order_key=f"encounter:{dose.encounter_id}",
        administration_id=row.pk,
    )
    return row


def set_outcome(dose: DueDose, row: MedicationAdministration | None) -> None:
    """The dose says what its answer says; None: it is open again. The caller holds the dose's row."""
    outcome = DueDose.Outcome.OPEN if row is None else DueDose.Outcome(_OUTCOMES[Status(row.status)])
    if (
        row is not None
        and row.status == Status.COMPLETED
        and row.amount is not None
        and row.amount < dose.amount
        and not dose.order.scale  # whose amount is the highest line's
    ):
        outcome = DueDose.Outcome.PARTIAL
    dose.outcome, dose.ended, dose.ended_at = outcome, "", None
    dose.save(update_fields=["outcome", "ended", "ended_at"])


def not_due(dose: DueDose) -> None:
    """What was made with its giving is nobody's to give once that doesn't stand."""
    if dose.kind != DueDose.Kind.SCHEDULED and dose.is_open:
        dose.ended, dose.ended_at = DueDose.Ended.ERROR, now()
        dose.save(update_fields=["ended", "ended_at"])


@transaction.atomic
def postpone(
    *, dose: DueDose, until: dt.datetime, reason: str, by: User, seen: dt.datetime | None = None
) -> DueDose:
    """The dose is given later (the patient is away, fasting): it is due then, and says why. Said twice is said once.

    `seen`: when it was due as far as `by` knew; Conflict `moved` where somebody has said another time since.
    """
    if not reason.strip():
        raise DomainError(_("Say why it is postponed."), code="reason_missing", field="reason")
    dose = _locked(dose)
    if dose.due_at == until:
        return dose
    if not dose.is_open:
        raise Conflict(_("This dose was answered already, or isn't wanted any more."), code="answered")
    if seen is not None and dose.due_at != seen:
        due = f"{timezone.localtime(dose.due_at):%H:%M}"
        raise Conflict(
            _("Somebody has postponed it to %(time)s meanwhile: %(reason)s.")
            % {"time": due, "reason": dose.postpone_reason},
            code="moved",
        )
    if not now() < until <= dose.planned_at + dt.timedelta(hours=12):
        raise DomainError(
            _("Later than now, and within twelve hours of when it was ordered."),
            code="invalid",
            field="until",
        )
    dose.due_at, dose.postpone_reason = until, reason.strip()[:200]
    dose.save(update_fields=["due_at", "postpone_reason"])
    record("due_dose.postpone", by=by, of=dose)
    return dose


@transaction.atomic
def take_back(*, administration: MedicationAdministration, reason: str, by: User) -> MedicationAdministration:
    """It was entered in error: the dose is open again, where its order still wants it. Twice is once."""
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    dose = _locked(administration.dose)
    row = MedicationAdministration.objects.select_for_update(of=("self",)).get(pk=administration.pk)
    if row.status == Status.ENTERED_IN_ERROR:
        return row
    row.status, row.taken_back_at, row.taken_back_by = Status.ENTERED_IN_ERROR, now(), by
    row.taken_back_reason = reason.strip()[:200]
    row.save(update_fields=["status", "taken_back_at", "taken_back_by", "taken_back_reason"])
    set_outcome(dose, None)
    not_due(dose)
    record("medication_administration.enter_in_error", by=by, of=row)
    publish(
        "medication_administration.taken_back",
        order_key=f"encounter:{dose.encounter_id}",
        administration_id=row.pk,
        order_id=dose.order_id,
    )
    return row
