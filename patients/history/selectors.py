"""What a chart says of a patient's history."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from patients.history.models import AllergyIntolerance, Condition, Device
from patients.registry.access import same_person
from patients.registry.models import Patient
from patients.registry.selectors import Rows, person_statement, rows_of_person

_ACTIVE = "active"


@dataclass(slots=True)
class Summary:
    """The active statements about one person. `none_known`: asked (when, by whom), and no allergy is known.

    `told_none`: another system says that none is known, and nobody here has confirmed it; nobody has asked, then.
    """

    allergies: list[AllergyIntolerance] = field(default_factory=list)
    none_known: AllergyIntolerance | None = None
    told_none: AllergyIntolerance | None = None
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
    "source",
    "confirmed_at",
)
_ASKED = (
    "coalesce(confirmed_at, recorded_at) AS asked_at",
    "(SELECT full_name FROM accounts_user u WHERE u.id = coalesce(confirmed_by_id, recorded_by_id)) AS asked_by",
)
_PROBLEM = ("id", "uuid", "patient_id", "code", "text", "onset_year", "status")
_DEVICE = ("id", "uuid", "patient_id", "kind", "site", "implanted_year", "is_mri_unsafe", "status")
_RANK = {"high": 0, "unable-to-assess": 1, "low": 2}


_SUMMARY = person_statement(
    Rows(AllergyIntolerance, (*_ALLERGY, *_ASKED), "status = 'active' ORDER BY id"),
    Rows(Condition, _PROBLEM, "status IN ('active', 'remission') ORDER BY id"),
    Rows(Device, _DEVICE, "status = 'active' ORDER BY id"),
)


def _allergy(patient: Patient, row: dict[str, Any]) -> AllergyIntolerance:
    return AllergyIntolerance(facility_id=patient.facility_id, **{name: row[name] for name in _ALLERGY})


def summary_of(patient: Patient) -> Summary:
    """What is active now, allergies worst first; one query, asked once for a page: banner and panel share it."""
    kept: Summary | None = patient.__dict__.get("_history_summary")
    if kept is not None:
        return kept
    stated, problems, devices = rows_of_person(patient, _SUMMARY)
    none = next((row for row in stated if row["is_none_known"]), None)
    told = none is not None and bool(none["source"]) and not none["confirmed_at"]
    asked = None if told else none
    kept = Summary(
        allergies=sorted(
            (_allergy(patient, row) for row in stated if not row["is_none_known"]),
            key=lambda a: (_RANK.get(a.criticality, 1), a.substance),
        ),
        none_known=_allergy(patient, asked) if asked else None,
        told_none=_allergy(patient, none) if none and told else None,
        asked_at=dt.datetime.fromisoformat(asked["asked_at"]) if asked else None,
        asked_by=(asked["asked_by"] or "") if asked else "",
        problems=[Condition(facility_id=patient.facility_id, **row) for row in problems],
        devices=[Device(facility_id=patient.facility_id, **row) for row in devices],
    )
    patient.__dict__["_history_summary"] = kept
    return kept


def all_entries(patient: Patient) -> dict[str, list[AllergyIntolerance] | list[Condition] | list[Device]]:
    """Everything ever stated, ended and wrong rows too, newest first; three queries."""
    rows = same_person(patient)
    return {
        "allergy": list(
            AllergyIntolerance.objects.filter(patient__in=rows)
            .select_related("recorded_by", "confirmed_by")
            .order_by("-recorded_at")
        ),
        "problem": list(
            Condition.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
        "device": list(
            Device.objects.filter(patient__in=rows).select_related("recorded_by").order_by("-recorded_at")
        ),
    }
