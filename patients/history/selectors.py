"""What a chart says of a patient's history."""

import datetime as dt
from dataclasses import dataclass, field

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Subquery

from patients.history.models import AllergyIntolerance, Condition, Device
from patients.registry.access import same_person
from patients.registry.models import Patient
from patients.registry.selectors import as_json

_ACTIVE = "active"


@dataclass(slots=True)
class Summary:
    """The active statements about one person. `none_known`: asked (when, by whom), and no allergy is known."""

    allergies: list[AllergyIntolerance] = field(default_factory=list)
    none_known: AllergyIntolerance | None = None
    asked_at: dt.datetime | None = None
    asked_by: str = ""
    problems: list[Condition] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)


_ALLERGY = (
    "id",
    "uuid",
    "patient_id",
    "is_none_known",
    "substance",
    "category",
    "criticality",
    "reaction",
    "status",
)
_PROBLEM = ("id", "uuid", "patient_id", "code", "text", "onset_year", "status")
_DEVICE = ("id", "uuid", "patient_id", "kind", "site", "implanted_year", "is_mri_unsafe", "status")
_RANK = {"high": 0, "unable-to-assess": 1, "low": 2}


def summary_of(patient: Patient) -> Summary:
    """What is active now, allergies worst first; one query, asked once for a page: banner and panel share it."""
    kept: Summary | None = patient.__dict__.get("_history_summary")
    if kept is not None:
        return kept
    rows = same_person(patient)
    allergies = AllergyIntolerance.objects.filter(patient__in=rows, status=_ACTIVE)
    problems = Condition.objects.filter(patient__in=rows, status__in=[_ACTIVE, "remission"])
    devices = Device.objects.filter(patient__in=rows, status=_ACTIVE)
    found = (
        Patient.objects.filter(pk=patient.pk)
        .annotate(
            their_allergies=ArraySubquery(allergies.values(row=as_json(*_ALLERGY))),
            their_problems=ArraySubquery(problems.values(row=as_json(*_PROBLEM))),
            their_devices=ArraySubquery(devices.values(row=as_json(*_DEVICE))),
            asked_at=Subquery(allergies.filter(is_none_known=True).values("recorded_at")[:1]),
            asked_by=Subquery(allergies.filter(is_none_known=True).values("recorded_by__full_name")[:1]),
        )
        .values_list("their_allergies", "their_problems", "their_devices", "asked_at", "asked_by")
        .get()
    )
    stated = [AllergyIntolerance(facility_id=patient.facility_id, **row) for row in found[0]]
    kept = Summary(
        allergies=sorted(
            (a for a in stated if not a.is_none_known),
            key=lambda a: (_RANK.get(a.criticality, 1), a.substance),
        ),
        none_known=next((a for a in stated if a.is_none_known), None),
        asked_at=found[3],
        asked_by=found[4] or "",
        problems=[Condition(facility_id=patient.facility_id, **row) for row in found[1]],
        devices=[Device(facility_id=patient.facility_id, **row) for row in found[2]],
    )
    patient.__dict__["_history_summary"] = kept
    return kept


def all_entries(patient: Patient) -> dict[str, list[AllergyIntolerance] | list[Condition] | list[Device]]:
    """Everything ever stated, ended and wrong rows too, newest first; three queries."""
    rows = same_person(patient)
    return {
        "allergy": list(
            AllergyIntolerance.objects.filter(patient__in=rows)
            .select_related("recorded_by")
            .order_by("-recorded_at")
        ),
        "problem": list(
            Condition.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
        "device": list(
            Device.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
    }
