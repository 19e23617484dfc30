"""An infusion while it runs: another rate, paused, resumed, ended with the volume that went in."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from encounters.medicines.models import DueDose, InfusionStep, MedicationAdministration
from encounters.medicines.services.giving import set_outcome
from encounters.medicines.services.told import Told, demand_possible, in_its_minute

Kind = InfusionStep.Kind
Status = MedicationAdministration.Status
# What may follow what.
_FOLLOWS = {
    Kind.RATE: {Kind.START, Kind.RATE, Kind.RESUME},
    Kind.PAUSE: {Kind.START, Kind.RATE, Kind.RESUME},
    Kind.RESUME: {Kind.PAUSE},
    Kind.END: {Kind.START, Kind.RATE, Kind.RESUME, Kind.PAUSE},
}


@transaction.atomic
def note_step(
    *,
    administration: MedicationAdministration,
    kind: str,
    told: Told,
    by: User,
    rate: str = "",
    volume_ml: Decimal | None = None,
    note: str = "",
    is_partial: bool = False,
) -> InfusionStep:
    """Keep one step; the same key again answers the first. An end closes the infusion, `is_partial`: not all went in.

    Raises DomainError by `code`: wrong_step, rate_missing, volume_missing, order, future, before_stay, after_stay; Conflict
    once it has ended.
    """
    dose = (
        DueDose.objects.select_for_update(of=("self",))
        .select_related("encounter")
        .get(pk=administration.dose_id)
    )
    row = MedicationAdministration.objects.select_for_update(of=("self",)).get(pk=administration.pk)
    known = InfusionStep.objects.filter(facility_id=row.facility_id, key=told.key).first()
    if known is not None:
        if known.administration_id != row.pk or known.kind != kind or known.by_id != by.pk:
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return known
    if row.status != Status.IN_PROGRESS:
        raise Conflict(_("This infusion has ended already."), code="answered")
    last = row.steps.order_by("at", "pk").last()
    stay, at = dose.encounter, told.true_at
    if kind not in _FOLLOWS or last is None or last.kind not in _FOLLOWS[Kind(kind)]:
        raise DomainError(_("This can't follow the step before."), code="wrong_step")
    demand_possible(at, stay)
    # What a device tells afterwards has been done: it is kept, whatever was written of the stay meanwhile.
    if stay.ended_at is not None and at > stay.ended_at and not told.is_replay:
        raise DomainError(_("This time lies after the patient left."), code="after_stay", field="at")
    at = in_its_minute(at, last.at)
    if at < last.at:
        raise DomainError(_("This time lies before the last step."), code="order", field="at")
    if kind == Kind.RATE and not rate.strip():
        raise DomainError(_("Say the new rate."), code="rate_missing", field="rate")
    if kind == Kind.END and (volume_ml is None or volume_ml <= 0):
        raise DomainError(_("Say how many millilitres went in."), code="volume_missing", field="volume_ml")
    step = InfusionStep.objects.create(
        facility_id=row.facility_id,
        administration=row,
        kind=kind,
        key=told.key,
        at=min(at, now()),
        rate=rate.strip()[:40],
        volume_ml=volume_ml,
        note=note.strip()[:200],
        by=by,
    )
    if kind == Kind.END:
        row.status, row.ended_at, row.volume_ml = Status.COMPLETED, step.at, volume_ml
        row.save(update_fields=["status", "ended_at", "volume_ml"])
        set_outcome(dose, row)
        if is_partial:
            dose.outcome = DueDose.Outcome.PARTIAL
            dose.save(update_fields=["outcome"])
    record(f"infusion.{kind}", by=by, of=row)
    publish(
        "medication_administration.recorded",
        order_key=f"encounter:{dose.encounter_id}",
        administration_id=row.pk,
    )
    return step
