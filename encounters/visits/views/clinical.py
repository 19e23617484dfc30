"""Diagnoses and procedures of a stay."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.visits import permissions, selectors, services
from encounters.visits.access import access_encounter
from encounters.visits.forms import DiagnosisForm, ProcedureForm, ReasonForm
from encounters.visits.models import Condition, Encounter, Procedure
from encounters.visits.views.stays import may


def _diagnoses(request: StaffRequest, stay: Encounter, form: DiagnosisForm, status: int) -> HttpResponse:
    if not request.htmx:
        if status < 400:
            return redirect("encounters:visits:detail", stay.uuid)
        for error in form.errors.values():
            messages.error(request, " ".join(str(e) for e in error))
        return redirect("encounters:visits:detail", stay.uuid)
    context = {
        "encounter": stay,
        "conditions": selectors.active_conditions(stay),
        "diagnosis_form": form,
        "may": may(request.user, stay),
    }
    return render(request, "encounters/visits/_diagnoses.html", context, status=status)


@requires(permissions.DIAGNOSE)
@require_POST
def add_diagnosis(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Write a diagnosis; answers the card again."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DIAGNOSE)
    form = DiagnosisForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.record_diagnosis(
                encounter=stay, role=data["role"], code=data["code"], text=data["code_text"], by=request.user
            )
        except DomainError as refusal:
            form.add_error("code_text", str(refusal))
        else:
            return _diagnoses(request, stay, DiagnosisForm(initial={"role": data["role"]}), 201)
    return _diagnoses(request, stay, form, 422)


@requires(permissions.DIAGNOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def void_diagnosis(request: StaffRequest, encounter_uuid: UUID, condition_uuid: UUID) -> HttpResponse:
    """Enter a diagnosis in error, with the reason."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DIAGNOSE)
    condition = stay.conditions.select_related("encounter").filter(uuid=condition_uuid).first()
    return _void(request, stay, condition, _("Enter this diagnosis in error"))


@requires(permissions.DIAGNOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def void_procedure(request: StaffRequest, encounter_uuid: UUID, procedure_uuid: UUID) -> HttpResponse:
    """Enter a procedure in error, with the reason."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DIAGNOSE)
    procedure = stay.procedures.select_related("encounter").filter(uuid=procedure_uuid).first()
    return _void(request, stay, procedure, _("Enter this procedure in error"))


def _void(
    request: StaffRequest, stay: Encounter, row: Condition | Procedure | None, title: str
) -> HttpResponse:
    if row is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if isinstance(row, Condition):
                services.void_diagnosis(condition=row, by=request.user, reason=reason)
            else:
                services.void_procedure(procedure=row, by=request.user, reason=reason)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Entered in error."))
            return redirect("encounters:visits:detail", stay.uuid)
    context = {
        "patient": stay.patient,
        "encounter": stay,
        "form": form,
        "title": title,
        "explanation": str(row),
        "action": _("Enter in error"),
    }
    return render(
        request, "encounters/visits/take_back.html", context, status=422 if request.method == "POST" else 200
    )


@requires(permissions.DIAGNOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_procedure(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Write an operation or procedure."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DIAGNOSE)
    form = ProcedureForm(request.POST or None, facility_id=stay.facility_id)
    form.not_before = stay.started_at
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.record_procedure(
                encounter=stay,
                kind=data["kind"],
                code=data["code"],
                text=data["code_text"],
                started_at=data["at"],
                ended_at=data["ended_at"],
                anaesthesia=data["anaesthesia"],
                performers=form.performers,
                late_reason=data["late_reason"],
                by=request.user,
            )
        except DomainError as refusal:
            form.refuse(refusal, {"started_at": "at", "code": "code_text", "text": "code_text"})
        else:
            messages.success(request, _("The procedure was written down."))
            return redirect("encounters:visits:detail", stay.uuid)
    context = {"patient": stay.patient, "encounter": stay, "form": form}
    return render(
        request, "encounters/visits/procedure.html", context, status=422 if request.method == "POST" else 200
    )
