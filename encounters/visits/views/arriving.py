"""Visits begin, patients are admitted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import Denied, requires
from emr.accounts.models import Location, Organization, User
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.visits import codes, permissions, selectors, services
from encounters.visits.access import access_encounter
from encounters.visits.forms import AdmitForm, VisitForm
from encounters.visits.forms.arriving import own_department
from encounters.visits.forms.details import DetailsForm
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter
from encounters.visits.record_types import usual_record_type
from patients.coverage.selectors import coverage_on
from patients.registry import permissions as registry_permissions
from patients.registry import services as registry
from patients.registry.access import access_patient, is_masked
from patients.registry.age import age_of
from patients.registry.completeness import Missing, missing_facts
from patients.registry.models import Patient
from patients.registry.selectors import dossier_of

_SOURCE = {
    codes.EncounterClass.EMERGENCY: codes.AdmissionSource.EMERGENCY,
    codes.EncounterClass.AMBULATORY: codes.AdmissionSource.EXAMINATION,
}
_NAMES = {"code": "diagnosis_text"}
# What the visit already told about the stay it turns into.
_CARRIED_OVER = (
    "reason",
    "referral_source",
    "referrer_name",
    "payer",
    "external_cause_code",
    "accident_type",
    "accident_place",
    "accident_at",
    "child_weight_grams",
)


def _age_in_months(patient: Patient) -> int | None:
    age = age_of(patient)
    if age is None:
        return None
    return {"day": 0, "month": age.count, "year": age.count * 12}[age.unit]


def is_infant(patient: Patient) -> bool:
    months = _age_in_months(patient)
    return months is not None and months < 12


def _chosen(
    request: HttpRequest, departments: list[Organization], fallback: Organization | None
) -> Organization | None:
    wanted = request.POST.get("department") or request.GET.get("department") or ""
    return next((d for d in departments if str(d.pk) == wanted), fallback)


def _chosen_bed(request: HttpRequest, beds: list[Location]) -> Location | None:
    """The free bed that the board led here from (`?bed=`)."""
    return next((bed for bed in beds if str(bed.pk) == request.GET.get("bed")), None)


def _lacking(request: StaffRequest, patient: Patient) -> list[Missing]:
    """What the patient's own data lack: asked now, since the patient is here."""
    dossier = dossier_of(patient)
    return missing_facts(patient, dossier.numbers, dossier.people)


def _patient(user: User, patient_uuid: UUID, right: str) -> Patient:
    opened = access_patient(user, patient_uuid, right)
    return opened.merged_into or opened


def _to_stay(user: User, stay: Encounter) -> HttpResponse:
    """To the stay's page; who took in a restricted patient without caring for them goes back to the chart."""
    if is_masked(user, stay.patient):
        return redirect("patients:registry:chart", stay.patient.uuid)
    return redirect("encounters:visits:detail", stay.uuid)


@requires(permissions.ADMIT)
@require_http_methods(["GET", "HEAD", "POST"])
def admit(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Admit a patient: everything that is known is filled in, a free bed is offered."""
    patient = _patient(request.user, patient_uuid, permissions.ADMIT)
    running = list(selectors.running_stays(patient))
    inpatient = next((stay for stay in running if stay.is_inpatient), None)
    if inpatient is not None and request.method != "POST":
        messages.info(request, _("The patient is admitted already."))
        return _to_stay(request.user, inpatient)
    visit = next((stay for stay in running if not stay.is_inpatient), None)
    masked = is_masked(request.user, patient)
    departments = list(clinical_departments(patient.facility_id))
    department = _chosen(request, departments, own_department(request.user, departments))
    beds = selectors.free_beds(department) if department else []
    missing = _lacking(request, patient)
    may_complete = request.user.has_right(registry_permissions.UPDATE)
    form = AdmitForm(
        request.POST or None,
        facility_id=patient.facility_id,
        beds=beds,
        is_infant=is_infant(patient),
        lacking={m.field for m in missing} if may_complete else set(),
        initial=_suggested(patient, visit, department, beds, _chosen_bed(request, beds), masked=masked),
    )
    if request.method == "POST" and form.is_valid():
        try:
            stay = _carry_out(form, patient, visit, request.user)
        except DomainError as refusal:
            form.refuse(refusal, _NAMES)
        else:
            messages.success(
                request,
                _("Admitted. Admission number %(number)s.") % {"number": stay.admission_number},
            )
            return _to_stay(request.user, stay)
    context = {
        "patient": patient,
        "encounter": None if masked else visit,
        "form": form,
        "department": department,
        "missing": missing,
        "has_beds": bool(beds),
    }
    return render(
        request, "encounters/visits/admit.html", context, status=422 if request.method == "POST" else 200
    )


def _suggested(
    patient: Patient,
    visit: Encounter | None,
    department: Organization | None,
    beds: list[Location],
    bed: Location | None = None,
    *,
    masked: bool = False,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "department": department,
        "bed": bed or selectors.suggested_bed(beds),
        "record_type": usual_record_type(department, age_months=_age_in_months(patient)),
    }
    if (coverage := coverage_on(patient)) is not None:
        found["payer"] = coverage.payer
    if visit is None:
        return found
    if masked:
        # The desk takes a restricted patient in; what the visit was for isn't shown to it.
        return found | {"version": visit.version}
    known = {name: value for name in _CARRIED_OVER if (value := getattr(visit, name))}
    diagnosis = visit.conditions.filter(status="confirmed").order_by("-asserted_at", "-pk").first()
    if diagnosis is not None:
        known |= {"diagnosis": diagnosis.code, "diagnosis_text": diagnosis.text}
        known["record_type"] = usual_record_type(
            department, age_months=_age_in_months(patient), diagnosis=diagnosis.code
        )
    return (
        found
        | known
        | {"version": visit.version, "admission_source": _SOURCE[codes.EncounterClass(visit.encounter_class)]}
    )


@transaction.atomic
def _carry_out(form: AdmitForm, patient: Patient, visit: Encounter | None, by: User) -> Encounter:
    data = form.cleaned_data
    stay = services.admit(
        patient=patient,
        visit=visit,
        department=data["department"],
        bed=data["bed"],
        by=by,
        at=data["at"],
        attending=data["attending"],
        late_reason=data["late_reason"],
        request_key=data["request_key"],
        expected_version=data["version"] if visit is not None else None,
        **form.details,
    )
    if data["diagnosis"] or data["diagnosis_text"]:
        services.record_diagnosis(
            encounter=stay,
            role=codes.DiagnosisRole.ADMISSION,
            code=data["diagnosis"],
            text=data["diagnosis_text"],
            by=by,
            at=data["at"],
            late_reason=data["late_reason"],
        )
    if form.completed:
        registry.update_patient(patient=patient, by=by, version=None, **form.completed)  # type: ignore[arg-type]
    if form.person is not None:
        person = form.person
        registry.set_related_person(
            patient=patient,
            by=by,
            full_name=person["full_name"],
            relationship=person["relationship"],
            phone=person["phone"],
        )
    return stay


@requires(permissions.ADMIT)
@require_safe
def place_fields(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Fragment: the free beds of the department just chosen, one offered, and the kind of record it usually opens."""
    patient = _patient(request.user, patient_uuid, permissions.ADMIT)
    departments = list(clinical_departments(patient.facility_id))
    department = _chosen(request, departments, None)
    beds = selectors.free_beds(department) if department else []
    form = AdmitForm(
        facility_id=patient.facility_id, beds=beds, initial=_suggested(patient, None, department, beds)
    )
    context = {"form": form, "department": department, "has_beds": bool(beds)}
    return render(request, "encounters/visits/_place_fields.html", context)


@requires(permissions.START)
@require_http_methods(["GET", "HEAD", "POST"])
def start_visit(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Begin an outpatient or emergency visit."""
    patient = _patient(request.user, patient_uuid, permissions.START)
    departments = list(clinical_departments(patient.facility_id))
    department = _chosen(request, departments, own_department(request.user, departments))
    form = VisitForm(
        request.POST or None,
        facility_id=patient.facility_id,
        beds=[],
        is_infant=is_infant(patient),
        initial={"department": department, "payer": getattr(coverage_on(patient), "payer", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            stay = _begin(form, patient, request.user)
        except DomainError as refusal:
            form.refuse(refusal, _NAMES)
        else:
            messages.success(
                request, _("The visit has begun. Treatment code %(code)s.") % {"code": stay.identifier}
            )
            return _to_stay(request.user, stay)
    context = {"patient": patient, "encounter": None, "form": form}
    return render(
        request, "encounters/visits/start.html", context, status=422 if request.method == "POST" else 200
    )


@transaction.atomic
def _begin(form: VisitForm, patient: Patient, by: User) -> Encounter:
    data = form.cleaned_data
    if not by.has_right(permissions.START, data["department"].pk):
        raise Denied(permissions.START, patient_id=patient.pk, hidden=False)
    stay = services.start_visit(
        patient=patient,
        department=data["department"],
        encounter_class=data["encounter_class"],
        by=by,
        at=data["at"],
        attending=data["attending"],
        late_reason=data["late_reason"],
        request_key=data["request_key"],
        **form.details,
    )
    if data["diagnosis"] or data["diagnosis_text"]:
        services.record_diagnosis(
            encounter=stay,
            role=codes.DiagnosisRole.ADMISSION,
            code=data["diagnosis"],
            text=data["diagnosis_text"],
            by=by,
            at=data["at"],
            late_reason=data["late_reason"],
        )
    return stay


@requires(permissions.ADMIT)
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Complete or correct what was told on arrival; the former state stays in the history of the row."""
    stay = access_encounter(request.user, encounter_uuid, permissions.ADMIT)
    form = DetailsForm(request.POST or None, stay=stay, is_infant=is_infant(stay.patient))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_details(
                encounter=stay, by=request.user, expected_version=form.cleaned_data["version"], **form.details
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("encounters:visits:detail", stay.uuid)
    context = {"patient": stay.patient, "encounter": stay, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/visits/details.html", context, status=status)
