"""Correcting what is known of a patient, without overwriting another clerk unseen."""

from dataclasses import dataclass
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.masters import DEMOGRAPHICS, demand_ours
from emr.common.vietnamese import tidy
from emr.outbox import publish
from patients.registry.labels import label, shown
from patients.registry.models import Patient
from patients.registry.services.registering import Demographics, check_birth

# What a neighbour tells of a person; the rest (occupation, workplace …) is kept here alone. A death is the stay's matter.
KEPT_FIELDS = frozenset(
    {
        "full_name", "birth_date", "birth_month", "birth_year", "sex", "phone", "other_phone", "ethnic_group", "nationality",
        "address_line", "address_text", "province", "commune", "is_temporary",
    }
)  # fmt: skip


class Correction(Demographics, total=False):
    """What may be corrected: everything but numbers, people and merges, which have services of their own."""

    full_name: str
    sex: str
    is_temporary: bool
    description: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the two disagree."""

    field: str
    label: str
    theirs: Any
    yours: Any

    @property
    def theirs_shown(self) -> str:
        """What the other saved, as a page shows it."""
        return shown(self.field, self.theirs)

    @property
    def yours_shown(self) -> str:
        """What was typed here, as a page shows it."""
        return shown(self.field, self.yours)


class Changed(Conflict):
    """Somebody changed the patient meanwhile; `differences` are the fields to compare, `patient` the present row."""

    def __init__(self, patient: Patient, differences: list[Difference]) -> None:
        super().__init__(_("Somebody else changed this patient meanwhile."))
        self.patient = patient
        self.differences = differences


def _differences(patient: Patient, changes: Correction) -> list[Difference]:
    found = []
    for name, yours in changes.items():
        theirs = getattr(patient, name)
        if theirs != yours:
            found.append(Difference(name, label(name), theirs, yours))
    return found


@transaction.atomic
def update_patient(
    *, patient: Patient, by: User | None, version: int | None, **changes: Unpack[Correction]
) -> Patient:
    """Put the changes in place; the former row is kept by trigger.

    `version` is the one the form showed; another present one raises Changed with the differences. None (messages of the
    HIS, which come in order) overwrites. Nothing different: nothing is written. Refuses to change what another system
    keeps (`KEPT_FIELDS`).
    """
    present = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if "full_name" in changes:
        changes["full_name"] = tidy(changes["full_name"])
        if not changes["full_name"]:
            raise DomainError(_("Enter the name."), code="no_name", field="full_name")
    check_birth(changes)
    different = _differences(present, changes)
    if version is not None and present.version != version and different:
        raise Changed(present, different)
    if not different:
        return present
    if kept := [d.field for d in different if d.field in KEPT_FIELDS]:
        try:
            demand_ours(present.facility_id, DEMOGRAPHICS, present)
        except DomainError as refusal:
            raise DomainError(str(refusal), code=refusal.code, field=kept[0]) from None
    for difference in different:
        setattr(present, difference.field, difference.yours)
    present.version += 1
    present.save()
    record(
        "patient.update",
        by=by,
        of=present,
        patient=present,
        detail={"fields": sorted(d.field for d in different), "version": present.version},
    )
    publish("patient.updated", order_key=f"patient:{present.pk}", patient_id=present.pk)
    return present
