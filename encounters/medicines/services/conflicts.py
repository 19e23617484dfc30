"""What devices told afterwards and couldn't stand: settled by somebody, with a word why (F-22)."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.medicines import telling
from encounters.medicines.models import DueDose, GivingConflict, MedicationAdministration
from encounters.medicines.services.giving import set_outcome


@transaction.atomic
def settle_conflict(*, conflict: GivingConflict, outcome: str, note: str, by: User) -> GivingConflict:
    """The same giving twice, a second dose that did go in, or nothing given. The same word again changes nothing.

    A second dose is kept beside the plan as an extra one, as its own administration. Raises Conflict for another word.
    """
    row = GivingConflict.objects.select_for_update(of=("self",)).select_related("dose").get(pk=conflict.pk)
    if row.outcome == outcome and outcome:
        return row
    if row.outcome:
        raise Conflict(_("Somebody has settled this already."), code="finished")
    if outcome not in {"same", "second", "nothing"}:
        raise DomainError(_("Say what happened."), code="invalid", field="outcome")
    if len(note.strip()) < 3:
        raise DomainError(_("Write how you know."), code="reason_missing", field="note")
    if outcome == GivingConflict.Outcome.SECOND:
        _keep_besides(row)
    row.outcome, row.settled_at, row.settled_by = outcome, now(), by
    row.note = note.strip()[:300]
    row.save(update_fields=["outcome", "settled_at", "settled_by", "note"])
    telling.stop_telling(row, by=by)
    record("giving_conflict.settle", by=by, of=row, detail={"outcome": outcome})
    return row


def _keep_besides(row: GivingConflict) -> None:
    planned = row.dose
    told = row.told
    extra = DueDose.objects.create(
        facility_id=row.facility_id,
        patient_id=row.patient_id,
        encounter_id=row.encounter_id,
        order_id=planned.order_id,
        kind=DueDose.Kind.EXTRA,
        slot=f"x:{row.key}",
        planned_at=row.happened_at,
        due_at=row.happened_at,
        amount=Decimal(told.get("amount", planned.amount)),
        unit=planned.unit,
    )
    given = MedicationAdministration.objects.create(
        facility_id=row.facility_id,
        patient_id=row.patient_id,
        encounter_id=row.encounter_id,
        dose=extra,
        status=MedicationAdministration.Status.COMPLETED,
        # The device's key stays the conflict's; this row is made by whoever settles it.
        key=row.uuid,
        happened_at=row.happened_at,
        told_at=row.told_at,
        is_replay=True,
        performer_id=row.performer_id,
        amount=extra.amount,
        how=MedicationAdministration.How.HAND,
        hand_reason=(told.get("hand_reason") or str(row.refusal))[:200] or "-",
        site=told.get("site", ""),
        batch=told.get("batch", ""),
    )
    set_outcome(extra, given)
