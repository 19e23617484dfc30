"""A medicine that is given when needed: no dose waits for it, each is made as it is given."""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.medicines.services.giving import give_dose, not_due
from encounters.medicines.services.told import Given, Kept, Told
from encounters.orders.models import MedicationRequest
from encounters.visits.models import Encounter


def give_needed(
    *,
    order: MedicationRequest,
    encounter: Encounter,
    told: Told,
    by: User,
    given: Given | None = None,
    witness: User | None = None,
) -> MedicationAdministration:
    """A medicine that is given when needed: its dose is made with its giving, named by the key. Raises as `give_dose`,
    and DomainError `too_soon`, `too_much_a_day`.
    """
    if not order.as_needed:
        raise DomainError(_("This medicine is given by the clock."), code="not_needed")
    given = given or Given()
    with transaction.atomic():
        order = MedicationRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
        dose, _new = DueDose.objects.get_or_create(
            order=order,
            slot=f"n:{told.key}",
            defaults={
                "facility_id": order.facility_id,
                "patient_id": order.patient_id,
                "encounter_id": order.encounter_id,
                "kind": DueDose.Kind.NEEDED,
                "planned_at": told.true_at,
                "due_at": told.true_at,
                "amount": order.dose,
                "unit": order.dose_unit,
            },
        )
        try:
            return give_dose(
                dose=dose, encounter=encounter, told=told, by=by, given=replace(given), witness=witness
            )
        except Kept as kept:
            not_due(dose)
            refusal: DomainError = kept
        except DomainError as said:
            if _new:
                dose.delete()
            refusal = said
    raise refusal
