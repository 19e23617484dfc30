"""What is told about a stay beside who, where and when: asked at admission, completed later."""

import datetime as dt
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.visits.coding import ICD10, checked
from encounters.visits.details import StayDetails
from encounters.visits.models import Encounter
from encounters.visits.record_types import is_settled
from encounters.visits.services import _rules
from encounters.visits.services._writes import save, tell
from patients.registry.models import Patient

# Heavier than any newborn or infant that the claim asks the weight of.
_HEAVIEST_CHILD = 60_000


def check_details(details: StayDetails, patient: Patient, at: dt.datetime) -> StayDetails:
    """The details as they are stored; refuses a weight or an ordinal that can't be, and a code that isn't an external
    cause.
    """
    unknown = set(details) - StayDetails.__annotations__.keys()
    if unknown:
        raise TypeError(f"not details of a stay: {sorted(unknown)}")
    found = StayDetails(**details)
    for name, value in found.items():
        if isinstance(value, str):
            found[name] = value.strip()  # type: ignore[literal-required]
    weight = found.get("child_weight_grams")
    if weight is not None and not 200 <= weight <= _HEAVIEST_CHILD:
        raise DomainError(
            _("The weight is in grams, between 200 and 60000."), code="bad_weight", field="child_weight_grams"
        )
    times = found.get("times_admitted")
    if times is not None and not 1 <= times <= 999:
        raise DomainError(_("This counts from 1."), code="bad_count", field="times_admitted")
    if code := found.get("external_cause_code", ""):
        found["external_cause_code"] = _external_cause(code, patient, at)
    accident_at = found.get("accident_at")
    if accident_at is not None:
        _rules.check_event(accident_at, patient=patient, field="accident_at")
    return found


def _external_cause(code: str, patient: Patient, at: dt.datetime) -> str:
    field = "external_cause_code"
    return checked(ICD10, code, "", use="external_cause", sex=patient.sex, at=at, field=field)[0]


@transaction.atomic
def update_details(
    *,
    encounter: Encounter,
    by: User | None,
    expected_version: int | None = None,
    **details: Unpack[StayDetails],
) -> Encounter:
    """Complete or correct what was told on arrival; the former row is kept by trigger. Nothing different: nothing
    written.
    """
    stay = _rules.locked(encounter, expected_version)
    if stay.status == Encounter.Status.ENTERED_IN_ERROR:
        raise DomainError(_("This stay was entered in error."), code="entered_in_error")
    wanted = check_details(details, stay.patient, stay.started_at)
    changed = [name for name, value in wanted.items() if getattr(stay, name) != value]
    if "record_type" in changed and is_settled(stay):
        raise DomainError(
            _("The record is signed; its kind can't be changed any more."),
            code="record_signed",
            field="record_type",
        )
    if changed:
        for name in changed:
            setattr(stay, name, wanted[name])  # type: ignore[literal-required]
        save(stay, *changed)
        record("encounter.update", by=by, of=stay, detail={"fields": changed})
        tell("encounter.updated", stay)
    return stay
