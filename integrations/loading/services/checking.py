"""What a line would do: asked chunk by chunk, a handful of queries each, nothing is changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from emr.accounts.models import Location, Organization
from emr.common.vietnamese import fold, tidy
from encounters.visits.models import Encounter
from integrations.loading import reading
from integrations.loading.models import FirstLoad, LoadLine, PastStay
from integrations.loading.reading import Read
from patients.registry import systems
from patients.registry.models import Identifier, Patient

Result = LoadLine.Result
Remark = tuple[str, dict[str, Any]]
_LONGEST = {"full_name": 160, "mrn": 40, "number": 40, "citizen": 40, "insurance": 40}


@dataclass
class Plan:
    """What one line would do, and why not."""

    result: str
    remarks: list[Remark] = field(default_factory=list)


def error(code: str, **detail: Any) -> Plan:
    """The line can't be used."""
    return Plan(Result.ERROR, [(code, detail)])


def plans_of(load: FirstLoad, lines: Sequence[Read], seen: dict[str, int]) -> list[Plan]:
    """One plan a line. `seen`: keys of earlier lines of the file and where they stand; it grows."""
    found: list[Plan | None] = []
    for line in lines:
        plan = _shape(load, line, seen)
        seen.setdefault(line.key, line.line)
        found.append(plan)
    good = [line for line, plan in zip(lines, found, strict=True) if plan is None]
    judge = {"patients": _patients, "stays": _stays, "history": _history}[load.kind]
    judged = iter(judge(load, good))
    return [plan if plan is not None else next(judged) for plan in found]


def _shape(load: FirstLoad, line: Read, seen: dict[str, int]) -> Plan | None:
    """What is wrong with the line by itself; None for nothing."""
    if line.problem:
        return error(line.problem)
    if not line.key:
        return error("no_key")
    if line.key in seen:
        return error("twice", line=seen[line.key])
    return None if load.kind == FirstLoad.Kind.HISTORY else _cells(line.values)


def _cells(values: dict[str, str]) -> Plan | None:
    if "=" in values.values():
        return error("formula")
    too_long = any(len(values.get(name, "")) > most for name, most in _LONGEST.items())
    return error("too_long") if too_long else None


def patients_by_number(load: FirstLoad, numbers: Sequence[str]) -> dict[str, Patient]:
    """{patient number: who holds it}; one query."""
    held = Identifier.objects.filter(
        facility_id=load.facility_id, system=systems.mrn(load.facility), value__in=numbers
    )
    return {row.value: row.patient for row in held.select_related("patient")}


def different(patient: Patient, person: dict[str, Any]) -> dict[str, Any]:
    """What the line says otherwise than the record; what it doesn't say is left alone."""
    wanted = person | {"full_name": tidy(person["full_name"])}
    return {name: value for name, value in wanted.items() if getattr(patient, name) != value}


def _patients(load: FirstLoad, lines: Sequence[Read]) -> list[Plan]:
    known = patients_by_number(load, [line.key for line in lines])
    plans = []
    for line in lines:
        try:
            person = reading.person_of(line.values)
        except ValueError as problem:
            plans.append(error(str(problem)))
            continue
        if not person["full_name"]:
            plans.append(error("no_name"))
            continue
        patient = known.get(line.key)
        known_result = Result.CHANGE if patient and different(patient, person) else Result.SAME
        plan = Plan(known_result if patient is not None else Result.CREATE)
        citizen = line.values.get("citizen", "").replace(" ", "")
        if citizen and not (citizen.isascii() and citizen.isdigit() and len(citizen) in {9, 12}):
            plan.remarks.append(("citizen", {}))
        plans.append(plan)
    return plans


@dataclass(frozen=True, slots=True)
class House:
    """Departments and beds by their codes, read once a chunk."""

    departments: dict[str, Organization]
    beds: dict[tuple[int, str], Location]


def house_of(load: FirstLoad) -> House:
    """Two queries."""
    departments = Organization.objects.filter(parent=load.facility, kind=Organization.Kind.DEPARTMENT)
    beds = Location.objects.filter(
        facility=load.facility, kind=Location.Kind.BED, status=Location.Status.ACTIVE
    )
    return House(
        {row.code.casefold(): row for row in departments},
        {(row.department_id, row.code.casefold()): row for row in beds},
    )


def _stays(load: FirstLoad, lines: Sequence[Read]) -> list[Plan]:
    numbers = [line.values["mrn"].upper().replace(" ", "") for line in lines]
    people, house = patients_by_number(load, numbers), house_of(load)
    here = {
        row.identifier: row
        for row in Encounter.objects.filter(
            facility_id=load.facility_id, identifier__in=[line.key for line in lines]
        ).select_related("patient")
    }
    plans = []
    for line, number in zip(lines, numbers, strict=True):
        patient, stay = people.get(number), here.get(line.key)
        plan = _arrival(load, line) or _whose(number, patient, stay)
        plans.append(plan or _place(house, line.values))
    return plans


def _arrival(load: FirstLoad, line: Read) -> Plan | None:
    """What is wrong with when and how the stay began; None for nothing."""
    if reading.CLASSES.get(fold(line.values["kind"])) is None:
        return error("kind")
    try:
        began = reading.moment(line.values["began"])
    except ValueError:
        return error("time")
    is_late = load.cutover_at is not None and began > load.cutover_at
    return error("after_cutover") if is_late else None


def _whose(number: str, patient: Patient | None, stay: Encounter | None) -> Plan | None:
    """Whether somebody is known by the number, and whether the stay is here; None for a new one of somebody known."""
    if patient is None:
        return error("unknown_patient", number=number)
    if stay is None:
        return None
    if stay.patient.root_id != patient.root_id:
        return error("other_patient")
    return Plan(Result.SAME, [] if stay.is_open else [("ended_here", {})])


def _place(house: House, values: dict[str, str]) -> Plan:
    plan = Plan(Result.CREATE)
    department = house.departments.get(values["department"].casefold())
    bed = values["bed"]
    if department is None:
        plan.remarks.append(("department", {"code": values["department"]}))
    if bed and (department is None or (department.pk, bed.casefold()) not in house.beds):
        plan.remarks.append(("bed", {"code": bed}))
    return plan


def digest(content: dict[str, Any]) -> str:
    """What makes two tellings of one stay the same."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def told_before(load: FirstLoad, numbers: Sequence[str]) -> dict[str, PastStay]:
    """{MA_LK: its latest version, without the content}; two queries."""
    rows = PastStay.objects.filter(facility_id=load.facility_id, number__in=numbers)
    latest = rows.values("number").annotate(latest=Max("id")).values_list("latest", flat=True)
    return {row.number: row for row in PastStay.objects.filter(pk__in=list(latest)).defer("content")}


def _history(load: FirstLoad, lines: Sequence[Read]) -> list[Plan]:
    summaries = [line.values["content"]["XML1"] for line in lines]
    numbers = [summary.get("MA_BN", "").upper().replace(" ", "") for summary in summaries]
    people = patients_by_number(load, [number for number in numbers if number])
    before = told_before(load, [line.key for line in lines])
    plans = []
    for line, summary, number in zip(lines, summaries, numbers, strict=True):
        try:
            began = reading.day_or_moment(summary.get("NGAY_VAO", ""))
            reading.day_or_moment(summary.get("NGAY_RA", ""))
        except ValueError:
            began = None
        if began is None:
            plans.append(error("time"))
        elif not number:
            plans.append(error("no_patient_number"))
        elif len(number) > 40:
            plans.append(error("too_long"))
        elif number not in people and not summary.get("HO_TEN", ""):
            plans.append(error("no_name"))
        else:
            remarks: list[Remark] = [] if number in people else [("new_patient", {})]
            former = before.get(line.key)
            if former is None:
                plans.append(Plan(Result.CREATE, remarks))
            else:
                is_same = former.sha256 == digest(line.values["content"])
                plans.append(Plan(Result.SAME if is_same else Result.CHANGE, remarks))
    return plans
