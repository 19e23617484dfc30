"""The chart's first page: who this is, what is to be completed, and the panels of the rooms above."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.terminology.selectors import displays
from patients.registry import citizen, permissions, selectors
from patients.registry.access import access_patient
from patients.registry.completeness import missing_facts
from patients.registry.extensions import chart_panels
from patients.registry.models import Identifier, Patient, RelatedPerson


def _coded(patient: Patient, people: list[RelatedPerson]) -> dict[str, str]:
    """Titles of the patient's codes, by field name, and of the people's relations by code; one query."""
    systems = {
        "ethnic_group": "ethnic-group",
        "occupation": "occupation",
        "nationality": "country",
        "province": "province",
        "commune": "commune",
    }
    codes = {(system, getattr(patient, name)) for name, system in systems.items() if getattr(patient, name)}
    codes |= {("relationship", person.relationship) for person in people}
    titles = displays(codes)
    for person in people:
        person.relationship_text = titles.get(  # type: ignore[attr-defined]
            ("relationship", person.relationship), person.relationship
        )
    return {
        name: titles.get((system, getattr(patient, name)), getattr(patient, name))
        for name, system in systems.items()
    }


def _number_warnings(patient: Patient, numbers: list[Identifier]) -> list[str]:
    held = selectors.citizen_number(numbers)
    if held is None:
        return []
    return citizen.warnings_for(held.value, sex=patient.sex, birth_year=patient.birth_year)


@requires(permissions.READ)
@require_safe
def chart(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """One person's chart; a merged row opens its survivor's, which shows both."""
    opened = access_patient(request.user, patient_uuid)
    patient = opened.merged_into or opened
    dossier = selectors.dossier_of(patient)
    numbers, people = dossier.numbers, dossier.people
    record("patient.read", by=request.user, of=patient, patient=patient)
    context = {
        "patient": patient,
        "encounter": None,
        "opened": opened,
        "coded": _coded(patient, people),
        "numbers": numbers,
        "people": people,
        "missing": missing_facts(patient, numbers, people),
        "warnings": _number_warnings(patient, numbers),
        "panels": chart_panels(patient, request.user),
    }
    return render(request, "patients/registry/chart.html", context)


@requires(permissions.READ)
@require_safe
def banner(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """The banner alone, for pages that refresh it after a change."""
    patient = access_patient(request.user, patient_uuid)
    return render(request, "patients/registry/_banner.html", {"patient": patient, "encounter": None})
