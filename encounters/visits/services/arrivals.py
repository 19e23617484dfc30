"""Patients come: visits and admissions, and what takes them back."""

import datetime as dt
from typing import Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emr.accounts.models import Location, Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import MOVEMENT, demand_ours
from encounters.visits import codes
from encounters.visits.details import StayDetails
from encounters.visits.models import Encounter
from encounters.visits.services import _care, _rules, numbers
from encounters.visits.services._writes import put, save, take_part, tell
from encounters.visits.services.details import check_details
from patients.registry.models import Patient


@transaction.atomic
def start_visit(
    *,
    patient: Patient,
    department: Organization | None,
    by: User | None,
    encounter_class: str = codes.EncounterClass.AMBULATORY,
    bed: Location | None = None,
    at: dt.datetime | None = None,
    identifier: str = "",
    attending: User | None = None,
    late_reason: str = "",
    request_key: UUID | None = None,
    department_as_sent: str = "",
    location_as_sent: str = "",
    **details: Unpack[StayDetails],
) -> Encounter:
    """Open an outpatient or emergency visit.

    `identifier` is the sender's mã điều trị (blank: our own series). The same `request_key` or `identifier` again
    answers the visit that is there. Refuses impossible times and places; publishes `encounter.started`.
    """
    if encounter_class == codes.EncounterClass.INPATIENT:
        raise ValueError("inpatients are admitted")
    patient = _rules.locked_patient(patient)
    if already := _sent_before(patient, identifier, request_key):
        return already
    demand_ours(patient.facility_id, MOVEMENT)
    starts_at = _rules.instant(at)
    _check_arrival(patient, department, bed, starts_at, late_reason)
    encounter = _new(
        patient,
        by=by,
        encounter_class=encounter_class,
        started_at=starts_at,
        identifier=identifier,
        department=department,
        late_reason=late_reason,
        request_key=request_key,
        details=details,
    )
    put(
        encounter,
        department,
        bed,
        starts_at,
        by=by,
        late_reason=late_reason,
        department_as_sent=department_as_sent,
        location_as_sent=location_as_sent,
    )
    take_part(encounter, attending, codes.ParticipantRole.ATTENDING, starts_at)
    record("encounter.start", by=by, of=encounter, detail={"class": encounter_class})
    tell("encounter.started", encounter)
    return encounter


@transaction.atomic
def admit(
    *,
    patient: Patient,
    department: Organization | None,
    by: User | None,
    visit: Encounter | None = None,
    bed: Location | None = None,
    at: dt.datetime | None = None,
    identifier: str = "",
    attending: User | None = None,
    late_reason: str = "",
    request_key: UUID | None = None,
    expected_version: int | None = None,
    department_as_sent: str = "",
    location_as_sent: str = "",
    **details: Unpack[StayDetails],
) -> Encounter:
    """Admit to a department, from a running `visit` (which becomes the inpatient stay) or directly.

    Gives the số vào viện, opens the department's care, publishes `encounter.admitted`. The same `request_key`,
    `identifier` or an already admitted `visit` in that department answers the stay that is there. Refuses a taken
    bed, an overlapping stay, impossible times; an unknown place is no reason to refuse (`department_as_sent`,
    `location_as_sent`).
    """
    patient = _rules.locked_patient(patient)
    if already := _sent_before(patient, "" if visit else identifier, request_key):
        return already
    if visit is not None:
        visit = _rules.locked(visit)
        if visit.is_inpatient:
            return _admitted_before(visit, department)
        _check_visit(visit, patient, expected_version)
    demand_ours(patient.facility_id, MOVEMENT, visit)
    admitted_at = _rules.instant(at)
    _check_arrival(patient, department, bed, admitted_at, late_reason)
    year, sequence, number = numbers.next_admission(patient.facility_id, admitted_at)
    with _rules.database_refusals():
        if visit is None:
            encounter = _new(
                patient,
                by=by,
                encounter_class=codes.EncounterClass.INPATIENT,
                started_at=admitted_at,
                identifier=identifier,
                department=department,
                late_reason=late_reason,
                request_key=None,
                details=details,
                admitted_at=admitted_at,
                admission_number=number,
            )
        else:
            encounter = _turn_into_stay(visit, department, admitted_at, number, details)
    place = put(
        encounter,
        department,
        bed,
        admitted_at,
        by=by,
        late_reason=late_reason,
        department_as_sent=department_as_sent,
        location_as_sent=location_as_sent,
    )
    numbers.enter_in_register(place, year, sequence, by, request_key)
    take_part(encounter, by, codes.ParticipantRole.ADMITTER, admitted_at, until=admitted_at)
    take_part(encounter, attending, codes.ParticipantRole.ATTENDING, admitted_at)
    record("encounter.admit", by=by, of=encounter, detail={"number": number, "from_visit": visit is not None})
    tell("encounter.admitted", encounter)
    return encounter


def _sent_before(patient: Patient, identifier: str, request_key: UUID | None) -> Encounter | None:
    """The stay that this very form or message made earlier."""
    own = Encounter.objects.filter(facility_id=patient.facility_id).select_related("patient", "department")
    this_form = Q(request_key=request_key) | Q(admission_entries__request_key=request_key)
    found = own.filter(this_form).first() if request_key else None
    if found is None and identifier:
        found = own.filter(identifier=identifier).first()
    return check_same_person(found, patient) if found is not None else None


def _admitted_before(stay: Encounter, department: Organization | None) -> Encounter:
    if stay.is_open and stay.department == department:
        return stay
    raise DomainError(_("The patient is admitted already."), code="already_admitted")


def _check_visit(visit: Encounter, patient: Patient, expected_version: int | None) -> None:
    if visit.patient.root_id != patient.root_id:
        raise DomainError(_("The visit belongs to another patient."), code="other_patient")
    _rules.check_version(visit, expected_version)
    _rules.demand_open(visit)


def _check_arrival(
    patient: Patient, department: Organization | None, bed: Location | None, at: dt.datetime, late_reason: str
) -> None:
    check_moment(patient, at, late_reason)
    _rules.check_place(department, bed, facility_id=patient.facility_id)


def check_moment(patient: Patient, at: dt.datetime, late_reason: str) -> None:
    """Refuse an arrival at a time that can't be, or long ago without a reason."""
    _rules.check_event(at, patient=patient)
    _rules.check_alive(at, patient)
    _rules.check_late(at, facility_id=patient.facility_id, reason=late_reason)


def check_same_person(found: Encounter, patient: Patient) -> Encounter:
    """The stay that is there under this number; refuses when it is somebody else's."""
    if found.patient.root_id != patient.root_id:
        raise DomainError(
            _("Another patient has this treatment code."), code="identifier_taken", field="identifier"
        )
    return found


def _new(
    patient: Patient,
    *,
    by: User | None,
    encounter_class: str,
    started_at: dt.datetime,
    identifier: str,
    department: Organization | None,
    late_reason: str,
    request_key: UUID | None,
    details: StayDetails,
    admitted_at: dt.datetime | None = None,
    admission_number: str = "",
) -> Encounter:
    encounter = stay_of(
        patient,
        by=by,
        encounter_class=encounter_class,
        started_at=started_at,
        identifier=identifier or numbers.new_identifier(),
        department=department,
        late_reason=late_reason,
        request_key=request_key,
        details=details,
        admitted_at=admitted_at,
        admission_number=admission_number,
    )
    with _rules.database_refusals():
        encounter.save()
    return encounter


def stay_of(
    patient: Patient,
    *,
    by: User | None,
    encounter_class: str,
    started_at: dt.datetime,
    identifier: str,
    department: Organization | None,
    late_reason: str,
    details: StayDetails,
    request_key: UUID | None = None,
    admitted_at: dt.datetime | None = None,
    admission_number: str = "",
) -> Encounter:
    """A stay that begins, not yet written."""
    return Encounter(
        facility_id=patient.facility_id,
        patient=patient,
        encounter_class=encounter_class,
        arrival_class=encounter_class,
        identifier=identifier,
        admission_number=admission_number,
        started_at=started_at,
        admitted_at=admitted_at,
        entered_at=now(),
        entered_by=by,
        late_reason=late_reason.strip(),
        department=department,
        request_key=request_key,
        **check_details(details, patient, started_at),
    )


def _turn_into_stay(
    visit: Encounter,
    department: Organization | None,
    at: dt.datetime,
    number: str,
    details: StayDetails,
) -> Encounter:
    """The visit goes on as an inpatient stay; its place ends where the ward's begins."""
    place = _rules.present_place(visit)
    if place is not None:
        why = _("The admission lies before the patient came here.")
        _rules.check_event(at, patient=visit.patient, not_before=place.starts_at, why=why)
        place.ends_at = at
        place.save(update_fields=["ends_at"])
        if place.department_id != (department.pk if department else None):
            _care.close_care(visit, place.department)
    changes = check_details(details, visit.patient, visit.started_at)
    for name, value in changes.items():
        setattr(visit, name, value)
    visit.encounter_class = codes.EncounterClass.INPATIENT
    visit.admitted_at, visit.admission_number, visit.department = at, number, department
    save(visit, *changes, "encounter_class", "admitted_at", "admission_number", "department")
    return visit
