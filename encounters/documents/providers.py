"""What is known already and must not be typed again: the values that forms ask for by name (`%patient.full_name`).

Each provider gets the document that is being written and answers plain values; what isn't known is left out.
"""

import datetime as dt
from typing import Any

from django.utils import timezone

from emr.terminology.selectors import displays
from encounters.documents.heading import place_at
from encounters.documents.models import Document
from encounters.forms.services import answers_of, register_provider
from encounters.visits import codes
from encounters.visits.models import Condition, Encounter, EncounterLocation, Procedure
from patients.coverage.selectors import coverage_on
from patients.history.selectors import summary_of
from patients.registry import systems
from patients.registry.age import age_of
from patients.registry.models import Patient

PAYER = "urn:benhanmo:payer"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
Values = dict[str, Any]
_CODED = {
    "occupation": "occupation",
    "ethnic_group": "ethnic-group",
    "nationality": "country",
    "commune": "commune",
    "province": "province",
}


def _coding(system: str, code: str, names: dict[tuple[str, str], str]) -> Values | None:
    if not code:
        return None
    return {"system": f"urn:benhanmo:{system}", "code": code, "display": names.get((system, code), code)}


def _birth(patient: Patient) -> str:
    if patient.birth_date:
        return patient.birth_date.isoformat()
    if patient.birth_year and patient.birth_month:
        return f"{patient.birth_year:04d}-{patient.birth_month:02d}"
    return f"{patient.birth_year:04d}" if patient.birth_year else ""


def facility(document: Document) -> Values:
    """Name and authority above the form."""
    return {"name": document.facility.name, "authority": document.facility.authority}


def author(document: Document) -> Values:
    """Who writes."""
    return {"name": document.author.titled_name, "department": document.department.name}


def this_document(document: Document) -> Values:
    """The document's own time."""
    return {"happened_at": document.happened_at}


def patient(document: Document) -> Values:
    """Part I of every record."""
    person = document.patient
    wanted = [(system, getattr(person, name)) for name, system in _CODED.items() if getattr(person, name)]
    names = displays(wanted) if wanted else {}
    numbers = {row.system: row.value for row in person.identifiers.filter(is_active=True)}
    contact = person.related_people.filter(is_contact=True, ended_at=None).first()
    values: Values = {
        "full_name": person.full_name.upper(),
        "birth_date": _birth(person),
        "age": str(age_of(person, timezone.localdate(document.happened_at)) or ""),
        "years": _years(person, document),
        "sex": person.sex,
        "address_house": person.address_line,
        "workplace": person.workplace,
        "mrn": numbers.get(systems.mrn(document.facility), ""),
        "myt": numbers.get(systems.HEALTH_CODE, ""),
        "citizen_number": numbers.get(systems.CITIZEN, "") or numbers.get(systems.PASSPORT, ""),
        "address_text": ", ".join(
            part
            for part in (
                person.address_line,
                names.get(("commune", person.commune), ""),
                names.get(("province", person.province), ""),
            )
            if part
        ),
    }
    values |= {name: _coding(system, getattr(person, name), names) for name, system in _CODED.items()}
    if contact is not None:
        values["contact"] = {
            "name": contact.full_name,
            "relationship": _coding("relationship", contact.relationship, {}),
            "citizen_number": contact.id_number,
            "address": contact.address,
            "phone": contact.phone,
        }
    return values


def _years(person: Patient, document: Document) -> int | None:
    """The age in whole years: 0 of a child under one."""
    age = age_of(person, timezone.localdate(document.happened_at))
    if age is None:
        return None
    return age.count // {"day": 366, "month": 12, "year": 1}[age.unit]


def _places(encounter: Encounter) -> list[EncounterLocation]:
    return list(
        encounter.locations.filter(cancelled_at=None)
        .select_related("department", "location__parent")
        .order_by("starts_at")
    )


def _departments(places: list[EncounterLocation]) -> list[Values]:
    """One line for each department in turn, beds of one department together."""
    lines: list[Values] = []
    for place in places:
        name = place.department.name if place.department else place.department_as_sent
        if lines and lines[-1]["name"] == name:
            lines[-1]["until"] = place.ends_at
        else:
            lines.append({"name": name, "at": place.starts_at, "until": place.ends_at})
    for line in lines:
        until = line.pop("until")
        if until is not None:
            line["days"] = max((timezone.localdate(until) - timezone.localdate(line["at"])).days, 1)
    return lines


def encounter(document: Document) -> Values:
    """Part II of every record: ways in, through and out."""
    stay = document.encounter
    places = _places(stay)
    room, bed = place_at(places, document.happened_at)
    lines = _departments(places)
    values: Values = {
        "identifier": stay.identifier,
        "admission_number": stay.admission_number,
        "archive_number": stay.archive_number,
        "department": document.department.name,
        "bed": bed,
        "room": room,
        "admitted_at": stay.begins_at,
        "reason": stay.reason,
        "admission_source": stay.admission_source,
        "referral_source": stay.referral_source,
        "admission_count": stay.times_admitted,
        "first_department": lines[0] if lines else None,
        "transfers": lines[1:],
        "transfer_direction": stay.transfer_direction,
        "transferred_to": stay.transfer_to_name,
        "discharged_at": stay.ended_at,
        "discharge_kind": codes.FORM_CODE.get(codes.Disposition(stay.disposition), "")
        if stay.disposition
        else "",
        "outcome": stay.outcome,
        "pathology": stay.pathology,
        "day_number": _day(stay, document.happened_at),
        "operations": _operations(stay),
        "has_surgery": stay.procedures.filter(kind=codes.ProcedureKind.SURGERY, status="completed").exists(),
        "has_procedure": stay.procedures.filter(
            kind=codes.ProcedureKind.PROCEDURE, status="completed"
        ).exists(),
    }
    death = stay.deaths.filter(voided_at=None).first()
    if death is not None:
        within = death.died_at - stay.begins_at <= dt.timedelta(hours=24)
        values["death"] = {
            "at": death.died_at,
            "kind": death.cause_kind,
            "timing": "1" if within else "2",
            "autopsy": death.autopsy,
        }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _operations(stay: Encounter) -> list[Values]:
    """What was done in the operating room, oldest first, with who did it; two queries."""
    done = stay.procedures.filter(status="completed").order_by("started_at", "pk")
    return [
        {
            "at": one.started_at,
            "name": ". ".join(part for part in (one.text, str(one.get_anaesthesia_display())) if part),
            "surgeon": _performers(one, codes.PerformerRole.OPERATOR),
            "anaesthetist": _performers(one, codes.PerformerRole.ANAESTHETIST),
        }
        for one in done.prefetch_related("performers__practitioner")
    ]


def _performers(procedure: Procedure, role: codes.PerformerRole) -> str:
    return ", ".join(one.practitioner.titled_name for one in procedure.performers.all() if one.role == role)


def _day(stay: Encounter, at: dt.datetime) -> int:
    return max((timezone.localdate(at) - timezone.localdate(stay.begins_at)).days, 0) + 1


def _diagnosis(condition: Condition) -> Values:
    code = {"system": ICD10, "code": condition.code, "display": condition.text} if condition.code else None
    return {"code": code, "text": condition.text}


def diagnoses(document: Document) -> Values:
    """Part III: what was diagnosed, by role; `current` is the newest that is meant to guide the treatment."""
    role = codes.DiagnosisRole
    found: dict[str, list[Condition]] = {}
    for condition in document.encounter.conditions.filter(status="confirmed", replaced_by=None).order_by(
        "rank", "pk"
    ):
        found.setdefault(condition.role, []).append(condition)
    single = {
        "referral": role.REFERRAL,
        "admission": role.ADMISSION,
        "department": role.DEPARTMENT,
        "discharge_main": role.DISCHARGE_MAIN,
        "cause_of_death": role.CAUSE_OF_DEATH,
        "autopsy": role.AUTOPSY,
    }
    values: Values = {name: _diagnosis(found[key][0]) for name, key in single.items() if found.get(key)}
    guiding = next(
        (found[key] for key in (role.WORKING, role.DEPARTMENT, role.ADMISSION) if found.get(key)), []
    )
    if guiding:
        values["current"] = _diagnosis(guiding[0])
        values["current_secondary"] = [_diagnosis(condition) for condition in guiding[1:]]
    values["department_secondary"] = [_diagnosis(c) for c in found.get(role.DEPARTMENT, [])[1:]]
    values["discharge_secondary"] = [_diagnosis(c) for c in found.get(role.DISCHARGE_SECONDARY, [])]
    values["complication"] = bool(found.get(role.COMPLICATION))
    values["adverse_event"] = bool(found.get(role.ADVERSE_EVENT))
    return values


def history(document: Document) -> Values:
    """What the chart says of allergies and earlier diseases."""
    summary = summary_of(document.patient)
    return {
        "allergens": ", ".join(allergy.substance for allergy in summary.allergies),
        "own": "; ".join(problem.text for problem in summary.problems),
    }


def coverage(document: Document) -> Values:
    """Who pays on the day of the document, and the card as it was taken down."""
    row = coverage_on(document.patient, timezone.localdate(document.happened_at))
    if row is None:
        return {}
    values: Values = {
        "payer": {"system": PAYER, "code": row.payer, "display": row.get_payer_display()},
        "number": row.card_number,
        "valid_from": row.valid_from,
        "valid_to": row.valid_until,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def course(document: Document) -> Values:
    """What the newest confirmed treatment-sheet entry says."""
    entry = (
        document.encounter.documents.filter(
            code="36/BV2", current_version__isnull=False, happened_at__lte=document.happened_at
        )
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("current_version__response")
        .order_by("-happened_at", "-pk")
        .first()
    )
    version = entry.current_version if entry is not None else None
    texts = answers_of(version.response.resource, "course.text") if version is not None else []
    return {"text": "\n".join(str(answer.value) for answer in texts if answer.value)}


def register_all() -> None:
    """Called once, when the room is ready."""
    for name, provider in {
        "facility": facility,
        "author": author,
        "document": this_document,
        "patient": patient,
        "encounter": encounter,
        "diagnoses": diagnoses,
        "history": history,
        "coverage": coverage,
        "course": course,
    }.items():
        register_provider(name, provider)
