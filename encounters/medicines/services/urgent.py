"""An urgent dose that was given before anybody could order it stands among the given doses, as the nurse recorded it."""

import uuid

from django.db import transaction

from emr.audit.services import record
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.medicines.services.giving import set_outcome
from encounters.orders.models import MedicationRequest, SpokenOrder


@transaction.atomic
def note_urgent_dose(*, order_id: int) -> bool:
    """Keep the giving that the spoken order tells of; whether that was news. Any other order: nothing."""
    order = MedicationRequest.objects.select_for_update(of=("self",)).get(pk=order_id)
    spoken = SpokenOrder.objects.select_related("recorded_by").filter(entry=order.entry_id).first()
    if spoken is None or spoken.given_at is None or order.status == order.Status.ENTERED_IN_ERROR:
        return False
    dose, _is_new = DueDose.objects.get_or_create(
        order=order,
        slot="once",
        defaults={
            "facility_id": order.facility_id,
            "patient_id": order.patient_id,
            "encounter_id": order.encounter_id,
            "planned_at": spoken.given_at,
            "due_at": spoken.given_at,
            "amount": order.dose,
            "unit": order.dose_unit,
        },
    )
    key = uuid.uuid5(order.uuid, "urgent dose")
    if MedicationAdministration.objects.filter(facility_id=order.facility_id, key=key).exists():
        return False
    row = MedicationAdministration.objects.create(
        facility_id=order.facility_id,
        patient_id=order.patient_id,
        encounter_id=order.encounter_id,
        dose=dose,
        status=MedicationAdministration.Status.COMPLETED,
        key=key,
        happened_at=spoken.given_at,
        performer=spoken.recorded_by,
        amount=order.dose,
        how=MedicationAdministration.How.HAND,
        hand_reason=spoken.reason[:200],
    )
    set_outcome(dose, row)
    record("medication_administration.give", by=spoken.recorded_by, of=row, detail={"how": "urgent"})
    return True
