"""Stating, correcting and ending what a patient brings along."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.masters import ALLERGIES, demand_ours
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


@dataclass(frozen=True, slots=True)
class ToldAllergy:
    """An allergy as another system states it."""

    substance: str
    details: AllergyDetails = field(default_factory=AllergyDetails)


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


def _demand_ours(entry: Entry | None) -> None:
    """Refuse to end or correct what another system states and keeps."""
    if isinstance(entry, AllergyIntolerance) and entry.source:
        demand_ours(entry.facility_id, ALLERGIES, entry)


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

    With `replaces` the earlier row is kept as entered in error and named by the new one. What another system keeps isn't
    corrected here (DomainError "kept_elsewhere"); something new is stated whoever keeps the rest: no warning is refused.
    """
    substance = tidy(substance)
    if not substance:
        raise DomainError(_("Name the substance."), code="no_substance", field="substance")
    _demand_ours(replaces)
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

    Refuses while an allergy is on the list, and where another system keeps this patient's allergies.
    """
    demand_ours(patient.facility_id, ALLERGIES, patient)
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
    _demand_ours(present)
    if status == _ACTIVE or status not in type(entry).Status.values:
        raise DomainError(_("Choose what became of it."), code="bad_status", field="status")
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="no_reason", field="reason")
    _end(present, status, by, reason.strip())


@transaction.atomic
def confirm_allergy(*, entry: AllergyIntolerance, by: User) -> None:
    """A clinician has asked the patient and agrees with what another system states.

    An allergy ends the statement that none is known. Refuses what has ended, what needs no confirmation, and "none known"
    while an allergy is on the list.
    """
    _one_at_a_time(entry.patient)
    present = AllergyIntolerance.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if present.status != _ACTIVE:
        raise DomainError(_("This entry has ended already."), code="already_ended")
    if not present.is_unconfirmed:
        raise DomainError(_("This entry is confirmed already."), code="already_confirmed")
    others = AllergyIntolerance.objects.filter(patient__in=same_person(entry.patient), status=_ACTIVE)
    for other in others.exclude(pk=present.pk):
        if present.is_none_known and not other.is_none_known:
            raise DomainError(_("Allergies are on the list: end them first."), code="allergies_listed")
        if other.is_none_known:
            _end(other, AllergyIntolerance.Status.REFUTED, by, _("An allergy was recorded."))
    present.confirmed_by, present.confirmed_at = by, now()
    present.save(update_fields=["confirmed_by", "confirmed_at"])
    _tell("confirm", present, by)


@transaction.atomic
def take_told_allergies(
    *, patient: Patient, source: str, told: Sequence[ToldAllergy], is_none_known: bool, by: User
) -> tuple[bool, list[str]]:
    """What another system states, as its whole list; (whether anything changed, the substances left alone).

    It replaces what that system stated before and nobody confirmed, and never what a person here wrote, confirmed or ended:
    a substance that a person here has ended isn't stated again by a neighbour's repetition. `is_none_known` with an empty
    list: it says that none is known; both empty: it takes back what it said. Told again, nothing changes.
    """
    _one_at_a_time(patient)
    rows = list(AllergyIntolerance.objects.filter(patient__in=same_person(patient)).order_by("pk"))
    active = [row for row in rows if row.status == _ACTIVE]
    wanted = {fold(one.substance): one for one in told if tidy(one.substance)}
    gone = [row for row in active if _is_gone(row, source, wanted, is_none_known)]
    for row in gone:
        _withdraw(row, by)
    active = [row for row in active if row not in gone]
    ended_here = {
        fold(row.substance) for row in rows if row.status != _ACTIVE and row.source == source and not row.is_withdrawn
    }  # fmt: skip
    changed, left = bool(gone), []
    for key, one in wanted.items():
        same = [row for row in active if fold(row.substance) == key]
        if not same and key in ended_here:
            left.append(one.substance)
        elif not same:
            _state_told(patient, source, by, one)
            changed = True
        elif (former := same[0]).is_unconfirmed and former.source == source and _differs(former, one):
            _withdraw(former, by)
            _state_told(patient, source, by, one, replaces=former)
            changed = True
    if is_none_known and not any(row.is_none_known for row in active):
        if active or "" in ended_here:
            left.append(_("No known allergy"))
        else:
            _state_told(patient, source, by, None)
            changed = True
    return changed, left


def _is_gone(
    row: AllergyIntolerance, source: str, wanted: dict[str, ToldAllergy], is_none_known: bool
) -> bool:
    """Whether its source stated this, nobody confirmed it, and the source states it no more."""
    if row.source != source or not row.is_unconfirmed:
        return False
    if row.is_none_known:
        return bool(wanted) or not is_none_known
    return fold(row.substance) not in wanted


def _differs(row: AllergyIntolerance, one: ToldAllergy) -> bool:
    return row.substance != tidy(one.substance) or any(
        getattr(row, name) != said for name, said in one.details.items()
    )


def _withdraw(row: AllergyIntolerance, by: User) -> None:
    row.is_withdrawn = True
    row.save(update_fields=["is_withdrawn"])
    _end(row, _WRONG, by, _("%(source)s doesn't state this any more.") % {"source": row.source})


def _state_told(
    patient: Patient,
    source: str,
    by: User,
    one: ToldAllergy | None,
    replaces: AllergyIntolerance | None = None,
) -> None:
    """A new unconfirmed row: an allergy, or (None) that none is known."""
    entry = AllergyIntolerance.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        recorded_by=by,
        source=source,
        replaces=replaces,
        is_none_known=one is None,
        substance=tidy(one.substance) if one else "",
        **(one.details if one else {}),
    )
    _tell("record", entry, by)
