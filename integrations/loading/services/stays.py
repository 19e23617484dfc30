"""Open stays of a list onto the record: taken over together, with bed, doctor and diagnosis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.common.vietnamese import fold
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from integrations.loading import reading
from integrations.loading.models import FirstLoad, LoadLine
from integrations.loading.services.checking import House, Plan, Remark, house_of
from integrations.loading.services.people import number_of, refused
from patients.registry.models import Patient

Result = LoadLine.Result


def take_over(load: FirstLoad, lines: Sequence[LoadLine], people: Mapping[str, Patient]) -> list[Plan]:
    """One plan a line. Raises DomainError, nothing written, where another hand came first."""
    reason = _("First load from %(file)s") % {"file": load.file_name}
    here = _Here(house_of(load), _staff(load, lines), reason)
    plans: dict[int, Plan] = {}
    arrivals: list[tuple[LoadLine, visits.Arrival]] = []
    for line in lines:
        patient = people.get(number_of(load, line))
        if patient is None:
            plans[line.line] = Plan(Result.ERROR, [("unknown_patient", {"number": line.values["mrn"]})])
            continue
        plan = plans[line.line] = Plan(Result.CREATE)
        try:
            arrivals.append((line, _arrival(here, line, patient, plan.remarks)))
        except (ValueError, KeyError) as fault:
            plans[line.line] = refused(fault)
    arrived = visits.take_over_stays(
        facility=load.facility, arrivals=[arrival for _line, arrival in arrivals], by=load.by
    )
    fresh: list[tuple[LoadLine, Encounter]] = []
    for (line, arrival), outcome in zip(arrivals, arrived, strict=True):
        if outcome.refusal is not None:
            is_others = outcome.refusal.code == "identifier_taken"
            error = Plan(Result.ERROR, [("other_patient", {})])
            plans[line.line] = error if is_others else refused(outcome.refusal)
        elif outcome.stay is not None and outcome.is_new:
            if outcome.no_bed is not None:
                plans[line.line].remarks.append(("bed_taken", {"code": arrival.bed_as_sent}))
            fresh.append((line, outcome.stay))
        elif outcome.stay is not None:
            plans[line.line] = Plan(Result.SAME, [] if outcome.stay.is_open else [("ended_here", {})])
    _diagnose(load, fresh, plans, reason)
    return [plans[line.line] for line in lines]


@dataclass(frozen=True, slots=True)
class _Here:
    """What lines are read against: departments and beds, staff by code, and why all of it is entered late."""

    house: House
    staff: Mapping[str, User]
    reason: str


def _arrival(here: _Here, line: LoadLine, patient: Patient, remarks: list[Remark]) -> visits.Arrival:
    """Who comes when and where; what isn't known here goes as sent, with a remark. Raises ValueError, KeyError."""
    values = line.values
    department = here.house.departments.get(values["department"].casefold())
    wanted = values.get("bed", "")
    bed = here.house.beds.get((department.pk, wanted.casefold())) if department and wanted else None
    doctor = values.get("doctor", "")
    if department is None:
        remarks.append(("department", {"code": values["department"]}))
    if wanted and bed is None:
        remarks.append(("bed", {"code": wanted}))
    if doctor and doctor not in here.staff:
        remarks.append(("doctor", {"code": doctor[:60]}))
    return visits.Arrival(
        patient=patient,
        encounter_class=reading.CLASSES[fold(values.get("kind", ""))],
        department=department,
        department_as_sent="" if department else values["department"][:100],
        bed=bed,
        bed_as_sent=wanted[:100],
        location_as_sent="" if bed else wanted[:100],
        at=reading.moment(values["began"]),
        identifier=line.key,
        attending=here.staff.get(doctor),
        late_reason=here.reason,
    )


def _staff(load: FirstLoad, lines: Sequence[LoadLine]) -> dict[str, User]:
    """{code as sent: who is active under it}: the staff code before the licence number. Two queries."""
    wanted = {line.values.get("doctor", "") for line in lines} - {""}
    rows = User.objects.filter(facility_id=load.facility_id, is_active=True).order_by("-pk")
    by_licence = {row.licence_number: row for row in rows.filter(licence_number__in=wanted)}
    return by_licence | {row.staff_code: row for row in rows.filter(staff_code__in=wanted)}


def _diagnose(
    load: FirstLoad, fresh: Sequence[tuple[LoadLine, Encounter]], plans: Mapping[int, Plan], reason: str
) -> None:
    """The diagnoses that the lines name; a code that the catalogue doesn't take stands in the words."""
    told = [
        (
            line,
            _diagnosis(stay, reason, line.values.get("diagnosis_code", ""), line.values.get("diagnosis", "")),
        )
        for line, stay in fresh
        if line.values.get("diagnosis_code") or line.values.get("diagnosis")
    ]
    again: list[tuple[LoadLine, visits.Diagnosis]] = []
    for (line, one), outcome in zip(told, _recorded(load, told), strict=True):
        if not isinstance(outcome, DomainError):
            continue
        if outcome.code == "code_refused":
            again.append((line, _diagnosis(one.encounter, reason, "", f"{one.text} ({one.code})".strip())))
        else:
            plans[line.line].remarks.append(("diagnosis", {"text": str(outcome)}))
    for (line, _one), outcome in zip(again, _recorded(load, again), strict=True):
        if isinstance(outcome, DomainError):
            plans[line.line].remarks.append(("diagnosis", {"text": str(outcome)}))


def _recorded(load: FirstLoad, told: Sequence[tuple[LoadLine, visits.Diagnosis]]) -> list[Any]:
    return visits.record_first_diagnoses(told=[one for _line, one in told], by=load.by) if told else []


def _diagnosis(stay: Encounter, reason: str, code: str, text: str) -> visits.Diagnosis:
    return visits.Diagnosis(
        encounter=stay,
        role=codes.DiagnosisRole.ADMISSION,
        code=code,
        text=text,
        at=stay.begins_at,
        late_reason=reason,
    )
