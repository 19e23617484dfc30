"""Many stays at once, as another system of the facility lists them: the rules of `admit` and `start_visit`, a handful of
statements for all.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.db import transaction
from django.utils import timezone

from emr.accounts.models import Location, Organization, User
from emr.audit.services import Line, record_many
from emr.common.errors import DomainError
from emr.common.masters import MOVEMENT, demand_ours
from encounters.visits import codes
from encounters.visits.details import StayDetails
from encounters.visits.models import (
    AdmissionEntry,
    Encounter,
    EncounterLocation,
    EncounterParticipant,
    NumberSeries,
)
from encounters.visits.services import _care, _rules, numbers
from encounters.visits.services._writes import part_of, place_of, tell_many
from encounters.visits.services.arrivals import check_moment, check_same_person, stay_of
from patients.registry import services as registry
from patients.registry.models import Patient

_INPATIENT = codes.EncounterClass.INPATIENT
_Span = tuple[dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One stay of the list, `identifier` its mã điều trị; the rest as `admit` and `start_visit` take it.

    `bed_as_sent`: the sender's word for `bed`. Where somebody has that bed, or it is out of use, the patient is there
    without it, and the word is kept.
    """

    patient: Patient
    encounter_class: str
    department: Organization | None
    at: dt.datetime
    identifier: str
    bed: Location | None = None
    bed_as_sent: str = ""
    attending: User | None = None
    late_reason: str = ""
    department_as_sent: str = ""
    location_as_sent: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of it: the stay (`is_new`: made now), or why there is none. `no_bed` says why it isn't in its bed."""

    stay: Encounter | None
    is_new: bool = False
    refusal: DomainError | None = None
    no_bed: DomainError | None = None


@dataclass
class _Accepted:
    arrival: Arrival
    patient: Patient
    at: dt.datetime
    bed: Location | None
    no_bed: DomainError | None
    number: tuple[int, int, str] | None = None

    @property
    def is_inpatient(self) -> bool:
        return self.arrival.encounter_class == _INPATIENT


class _House:
    """Who is where already, and what the list itself has put there so far; patients and beds are locked by it."""

    def __init__(self, facility: Organization, arrivals: Sequence[Arrival]) -> None:
        self.patients = _rules.locked_patients(arrival.patient for arrival in arrivals)
        self.beds = _rules.locked_beds([one.bed for one in arrivals if one.bed is not None])
        self.stays = {
            stay.identifier: stay
            for stay in Encounter.objects.filter(
                facility=facility, identifier__in=[arrival.identifier for arrival in arrivals]
            ).select_related("patient", "department")
        }
        places = EncounterLocation.objects.filter(location__in=list(self.beds), cancelled_at=None)
        self.in_bed = _spans(places.values_list("location_id", "starts_at", "ends_at"))
        lying = Encounter.objects.filter(
            patient__in=list(self.patients),
            encounter_class=_INPATIENT,
            status__in=[codes.EncounterStatus.IN_PROGRESS, codes.EncounterStatus.FINISHED],
        )
        self.lying = _spans(lying.values_list("patient_id", "admitted_at", "ended_at"))

    def bed(self, arrival: Arrival, at: dt.datetime) -> Location | None:
        """The bed, free from `at` on. Raises DomainError."""
        if arrival.bed is None:
            return None
        _rules.check_bed(arrival.department, arrival.bed, self.beds)
        if _meets(self.in_bed.get(arrival.bed.pk, ()), at):
            raise _rules.refusal_of("no_two_patients_in_a_bed")
        return arrival.bed

    def demand_up(self, arrival: Arrival, patient: Patient, at: dt.datetime) -> None:
        """Refuse a second inpatient stay at one time."""
        if arrival.encounter_class == _INPATIENT and _meets(self.lying.get(patient.pk, ()), at):
            raise _rules.refusal_of("no_overlapping_inpatient_stays")

    def fill(self, accepted: _Accepted) -> None:
        """Whoever comes later on the list finds these there."""
        if accepted.bed is not None:
            self.in_bed.setdefault(accepted.bed.pk, []).append((accepted.at, None))
        if accepted.is_inpatient:
            self.lying.setdefault(accepted.patient.pk, []).append((accepted.at, None))


def _spans(
    rows: Iterable[tuple[int | None, dt.datetime | None, dt.datetime | None]],
) -> dict[int, list[_Span]]:
    found: dict[int, list[_Span]] = {}
    for key, begins, ends in rows:
        if key is not None:
            found.setdefault(key, []).append((begins, ends))
    return found


def _meets(spans: Iterable[_Span], at: dt.datetime) -> bool:
    """Whether one of them lasts into [at, …): as the constraints ask it, the end not included."""
    return any(ends is None or (ends > at and (begins is None or ends > begins)) for begins, ends in spans)


@transaction.atomic
def take_over_stays(*, facility: Organization, arrivals: Sequence[Arrival], by: User | None) -> list[Arrived]:
    """Admit, or open visits for, everybody on the list: each by `admit`'s or `start_visit`'s rules, in the list's order.

    A stay that is there under its number is answered as it is. What a rule refuses is answered as its refusal and
    keeps no other from being written. Raises DomainError, nothing written, where another hand came first.
    """
    if not arrivals:
        return []
    house = _House(facility, arrivals)
    demand_ours(facility.pk, MOVEMENT)
    judged = [_judge(house, arrival) for arrival in arrivals]
    accepted = [one for one in judged if isinstance(one, _Accepted)]
    with _rules.database_refusals():
        stays = iter(_write(facility, accepted, by))
    return [_arrived(one, next(stays)) if isinstance(one, _Accepted) else one for one in judged]


def _arrived(accepted: _Accepted, stay: Encounter) -> Arrived:
    return Arrived(stay, is_new=True, no_bed=accepted.no_bed)


def _judge(house: _House, arrival: Arrival) -> "_Accepted | Arrived":
    patient = house.patients[arrival.patient.root_id]
    found = house.stays.get(arrival.identifier)
    try:
        if found is not None:
            return Arrived(check_same_person(found, patient))
        at = _rules.instant(arrival.at)
        check_moment(patient, at, arrival.late_reason)
        _rules.check_department(arrival.department, facility_id=patient.facility_id)
        bed, no_bed = None, None
        try:
            bed = house.bed(arrival, at)
        except DomainError as refusal:
            no_bed = refusal
        house.demand_up(arrival, patient, at)
    except DomainError as refusal:
        return Arrived(None, refusal=refusal)
    accepted = _Accepted(arrival, patient, at, bed, no_bed)
    house.fill(accepted)
    return accepted


def _give_numbers(facility: Organization, accepted: Sequence[_Accepted]) -> None:
    """The register's numbers of the year of each admission, in the list's order."""
    by_year: dict[int, list[_Accepted]] = {}
    for one in accepted:
        if one.is_inpatient:
            by_year.setdefault(timezone.localtime(one.at).year, []).append(one)
    for year, those in sorted(by_year.items(), key=itemgetter(0)):
        given = numbers.take_numbers(
            facility_id=facility.pk, kind=NumberSeries.Kind.ADMISSION, year=year, count=len(those)
        )
        for one, sequence in zip(those, given, strict=True):
            one.number = (year, sequence, numbers.written(year, sequence))


def _write(facility: Organization, accepted: Sequence[_Accepted], by: User | None) -> list[Encounter]:
    if not accepted:
        return []
    _give_numbers(facility, accepted)
    stays = Encounter.objects.bulk_create(_stay(one, by) for one in accepted)
    both = list(zip(accepted, stays, strict=True))
    places = EncounterLocation.objects.bulk_create(_place(one, stay, by) for one, stay in both)
    AdmissionEntry.objects.bulk_create(
        numbers.entry(place, one.number[0], one.number[1], by)
        for one, place in zip(accepted, places, strict=True)
        if one.number is not None
    )
    EncounterParticipant.objects.bulk_create(part for one, stay in both for part in _parts(one, stay, by))
    registry.open_care_of_many(
        cares=[
            care
            for one, stay in both
            for care in _care.first_care(stay, one.arrival.department, one.arrival.attending, one.at)
        ]
    )
    record_many([_line(one, stay) for one, stay in both], by=by)
    tell_many("encounter.admitted", [(stay, {}) for one, stay in both if one.is_inpatient])
    tell_many("encounter.started", [(stay, {}) for one, stay in both if not one.is_inpatient])
    return stays


def _stay(one: _Accepted, by: User | None) -> Encounter:
    return stay_of(
        one.patient,
        by=by,
        encounter_class=one.arrival.encounter_class,
        started_at=one.at,
        identifier=one.arrival.identifier,
        department=one.arrival.department,
        late_reason=one.arrival.late_reason,
        details=StayDetails(),
        admitted_at=one.at if one.is_inpatient else None,
        admission_number=one.number[2] if one.number else "",
    )


def _place(one: _Accepted, stay: Encounter, by: User | None) -> EncounterLocation:
    return place_of(
        stay,
        one.arrival.department,
        one.bed,
        one.at,
        by=by,
        late_reason=one.arrival.late_reason,
        department_as_sent=one.arrival.department_as_sent,
        location_as_sent=one.arrival.bed_as_sent if one.no_bed else one.arrival.location_as_sent,
    )


def _parts(one: _Accepted, stay: Encounter, by: User | None) -> list[EncounterParticipant]:
    found = []
    if one.is_inpatient and by is not None:
        found.append(part_of(stay, by, codes.ParticipantRole.ADMITTER, one.at, until=one.at))
    if one.arrival.attending is not None:
        found.append(part_of(stay, one.arrival.attending, codes.ParticipantRole.ATTENDING, one.at))
    return found


def _line(one: _Accepted, stay: Encounter) -> Line:
    if one.number is not None:
        detail = {"number": one.number[2], "from_visit": False}
        return Line(action="encounter.admit", of=stay, detail=detail)
    return Line(action="encounter.start", of=stay, detail={"class": one.arrival.encounter_class})
