"""One stay on a page; a patient's stays in the chart."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.common.masters import BED, DIAGNOSES, MOVEMENT, kept_by
from encounters.visits import codes, permissions, selectors
from encounters.visits.access import access_encounter, encounters_for
from encounters.visits.forms import DiagnosisForm
from encounters.visits.models import Encounter
from patients.registry.access import access_patient


@requires(permissions.READ)
@require_safe
def detail(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The stay: numbers, day, places, diagnoses, procedures, people, and what may be done next."""
    stay = access_encounter(request.user, encounter_uuid)
    places = selectors.place_history(stay)
    record("encounter.read", by=request.user, of=stay)
    context = {
        "patient": stay.patient,
        "encounter": stay,
        "places": places,
        "present": next((row.place for row in places if row.is_present), None),
        "bed_days": selectors.bed_days(stay, [row.place for row in places]),
        "conditions": selectors.active_conditions(stay),
        "procedures": _procedures(stay),
        "participants": stay.participants.select_related("practitioner"),
        "death": stay.deaths.filter(voided_at=None).prefetch_related("causes").first()
        if stay.outcome in codes.DEATHS
        else None,
        "may": may(request.user, stay),
        "diagnosis_form": DiagnosisForm(),
    }
    return render(request, "encounters/visits/detail.html", context)


def _procedures(stay: Encounter) -> Any:
    return stay.procedures.filter(status="completed").prefetch_related("performers__practitioner")


def may(user: User, stay: Encounter) -> dict[str, Any]:
    """What this person may do with the stay as it is now: buttons that would be refused aren't shown.

    `kept` names the other system that keeps something of it, "" where nothing is kept elsewhere.
    """

    def here(right: str) -> bool:
        return user.has_right(right, stay.department_id)

    living, finished = stay.is_open, stay.status == Encounter.Status.FINISHED
    moves, beds, diagnoses = (kept_by(stay.facility_id, m, stay) for m in (MOVEMENT, BED, DIAGNOSES))
    return {
        "kept": moves or beds or diagnoses,
        "transfer": living and not moves and here(permissions.TRANSFER),
        "move_bed": living and not beds and here(permissions.TRANSFER),
        "discharge": living and not moves and here(permissions.DISCHARGE),
        "details": (living or finished)
        and not (stay.is_archived or stay.is_record_closed)
        and here(permissions.ADMIT),
        "admit": living and not moves and not stay.is_inpatient and user.has_right(permissions.ADMIT),
        "cancel": living and not moves and here(permissions.CANCEL),
        "label": not user.is_listed_only(permissions.READ),
        "cancel_discharge": finished
        and not moves
        and not stay.archive_number
        and stay.record_state == codes.RecordState.OPEN
        and here(permissions.DISCHARGE),
        "diagnose": (living or finished)
        and not diagnoses
        and not (stay.is_archived or stay.is_record_closed)
        and here(permissions.DIAGNOSE),
    }


@requires(permissions.READ)
@require_safe
def of_patient(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Every stay of the patient, newest first."""
    opened = access_patient(request.user, patient_uuid, permissions.READ)
    patient = opened.merged_into or opened
    record("encounter.list", by=request.user, of=patient, patient=patient)
    found = selectors.stays_of(patient)
    if request.user.is_listed_only(permissions.READ):
        found = found.filter(pk__in=encounters_for(request.user).values("pk"))
    stays = list(found)
    context = {
        "patient": patient,
        "encounter": None,
        "stays": stays,
        **selectors.may_begin(request.user, stays),
    }
    return render(request, "encounters/visits/of_patient.html", context)
