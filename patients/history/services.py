"""Stating, correcting and ending what a patient brings along."""

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from emr.outbox import publish
from patients.history.models import AllergyIntolerance, Condition, Device
from patients.registry.access import same_person
from patients.registry.models import Patient

_ACTIVE, _WRONG = "active", "entered-in-error"
Entry = AllergyIntolerance | Condition | Device


class AllergyDetails(TypedDict, total=False):
    """What is known of an allergy beside its substance."""

    substance_code: str
    category: str
    criticality: str
    reaction: str
    note: str


class ProblemDetails(TypedDict, total=False):
    """What is known of a problem beside its text."""

    code: str
    onset_year: int | None
    note: str


class DeviceDetails(TypedDict, total=False):
    """What is known of a device beside its kind."""

    site: str
    manufacturer: str
    serial_number: str
    implanted_year: int | None
    is_mri_unsafe: bool
    note: str


def _one_at_a_time(patient: Patient) -> None:
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _tell(verb: str, entry: Entry, by: User | None) -> None:
    noun = {AllergyIntolerance: "allergy", Condition: "problem", Device: "device"}[type(entry)]
    record(f"{noun}.{verb}", by=by, of=entry, patient=entry.patient, detail={"status": entry.status})
    publish("history.changed", order_key=f"patient:{entry.patient_id}", patient_id=entry.patient_id)


def _end(entry: Entry, status: str, by: User | None, reason: str) -> None:
    entry.status, entry.ended_at, entry.ended_reason = status, now(), reason
    entry.save(update_fields=["status", "ended_at", "ended_reason"])
    _tell("end", entry, by)


def _check_year(year: int | None, field: str) -> None:
    if year is not None and not 1900 <= year <= local_today().year:
        raise DomainError(_("This year can't be right."), code="bad_year", field=field)


@transaction.atomic
def record_allergy(
    *,
    patient: Patient,
    substance: str,
    by: User | None,
    replaces: AllergyIntolerance | None = None,
    **details: Unpack[AllergyDetails],
) -> AllergyIntolerance:
    """State an allergy; a statement that none is known ends with it. Refuses the same substance twice.

    With `replaces` the earlier row is kept as entered in error and named by the new one.
    """
    substance = tidy(substance)
    if not substance:
        raise DomainError(_("Name the substance."), code="no_substance", field="substance")
    _one_at_a_time(patient)
    present = AllergyIntolerance.objects.filter(patient__in=same_person(patient), status=_ACTIVE)
    for other in present:
        if other.is_none_known:
            _end(other, AllergyIntolerance.Status.REFUTED, by, _("An allergy was recorded."))
        elif fold(other.substance) == fold(substance) and other != replaces:
            raise DomainError(
                _("This allergy is on the list already."), code="already_listed", field="substance"
            )
    if replaces is not None:
        _end(replaces, _WRONG, by, _("Corrected."))
    entry = AllergyIntolerance.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        substance=substance,
        recorded_by=by,
        replaces=replaces,
        **details,
    )
    _tell("record", entry, by)
    return entry


@transaction.atomic
def record_no_known_allergy(*, patient: Patient, by: User | None) -> AllergyIntolerance:
    """State that the patient was asked and no allergy is known; stated again, the newer statement counts.

    Refuses while an allergy is on the list.
    """
    _one_at_a_time(patient)
    present = list(AllergyIntolerance.objects.filter(patient__in=same_person(patient), status=_ACTIVE))
    if any(not entry.is_none_known for entry in present):
        raise DomainError(_("Allergies are on the list: end them first."), code="allergies_listed")
    for entry in present:
        _end(entry, AllergyIntolerance.Status.RESOLVED, by, _("Asked again."))
    entry = AllergyIntolerance.objects.create(
        facility_id=patient.facility_id, patient=patient, is_none_known=True, recorded_by=by
    )
    _tell("record", entry, by)
    return entry


@transaction.atomic
def record_problem(
    *,
    patient: Patient,
    text: str,
    by: User | None,
    replaces: Condition | None = None,
    **details: Unpack[ProblemDetails],
) -> Condition:
    """Put a lasting problem on the list; one active row a code."""
    text = tidy(text)
    if not text:
        raise DomainError(_("Name the problem."), code="no_text", field="text")
    _check_year(details.get("onset_year"), "onset_year")
    _one_at_a_time(patient)
    code = details.get("code", "")
    present = Condition.objects.filter(patient__in=same_person(patient), status=_ACTIVE)
    if replaces is not None:
        present = present.exclude(pk=replaces.pk)
    if any((code and other.code == code) or fold(other.text) == fold(text) for other in present):
        raise DomainError(_("This problem is on the list already."), code="already_listed", field="text")
    if replaces is not None:
        _end(replaces, _WRONG, by, _("Corrected."))
    entry = Condition.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        text=text,
        recorded_by=by,
        replaces=replaces,
        **details,
    )
    _tell("record", entry, by)
    return entry


@transaction.atomic
def record_device(
    *,
    patient: Patient,
    kind: str,
    by: User | None,
    replaces: Device | None = None,
    **details: Unpack[DeviceDetails],
) -> Device:
    """State that something is implanted."""
    kind = tidy(kind)
    if not kind:
        raise DomainError(_("Name the device."), code="no_kind", field="kind")
    _check_year(details.get("implanted_year"), "implanted_year")
    _one_at_a_time(patient)
    if replaces is not None:
        _end(replaces, _WRONG, by, _("Corrected."))
    entry = Device.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        kind=kind,
        recorded_by=by,
        replaces=replaces,
        **details,
    )
    _tell("record", entry, by)
    return entry


@transaction.atomic
def end_entry(*, entry: Entry, status: str, by: User | None, reason: str) -> None:
    """End a statement: it is resolved, refuted, removed, or was entered in error; the row stays readable."""
    present = type(entry).objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if present.status != _ACTIVE:
        raise DomainError(_("This entry has ended already."), code="already_ended")
    if status == _ACTIVE or status not in type(entry).Status.values:
        raise DomainError(_("Choose what became of it."), code="bad_status", field="status")
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="no_reason", field="reason")
    _end(present, status, by, reason.strip())
