"""Corrections, numbers and people of a patient, with what was there before."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.masters import DEMOGRAPHICS, kept_by
from emr.terminology.selectors import displays
from patients.registry import permissions, selectors, services, systems
from patients.registry.access import access_patient, same_person
from patients.registry.forms import CorrectionForm, NumberForm, RelatedPersonForm, from_patient
from patients.registry.models import Identifier, Patient, RelatedPerson


@requires(permissions.UPDATE)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Correct the administrative part; who comes second sees what differs and decides."""
    patient = access_patient(request.user, patient_uuid, permissions.UPDATE)
    held = selectors.citizen_number(selectors.dossier_of(patient).numbers)
    known = from_patient(patient) | {"citizen_number": held.value if held else ""}
    if patient.commune:
        known["commune_text"] = displays([("commune", patient.commune)]).get(("commune", patient.commune), "")
    kept = kept_by(patient.facility_id, DEMOGRAPHICS, patient)
    form = CorrectionForm(request.POST or None, initial=known, kept=bool(kept))
    context: dict[str, Any] = {"patient": patient, "encounter": None, "form": form, "kept_by": kept}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _correct(request, patient, form, held)
            except services.Changed as conflict:
                status = 409
                context |= {"differences": conflict.differences, "present": conflict.patient}
                again = request.POST.copy()
                again["version"] = str(conflict.patient.version)
                form = CorrectionForm(again, initial=known, kept=bool(kept))
                context["form"] = form
            except DomainError as refusal:
                field = {"value": "citizen_number"}.get(refusal.field or "", refusal.field)
                form.add_error(field if field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("Saved."))
                return redirect("patients:registry:chart", patient.uuid)
    else:
        record("patient.history", by=request.user, of=patient, patient=patient)
    context["changes"] = selectors.past_changes(patient)
    return render(request, "patients/registry/edit.html", context, status=status)


def _correct(request: StaffRequest, patient: Patient, form: CorrectionForm, held: Identifier | None) -> None:
    services.update_patient(
        patient=patient, by=request.user, version=form.cleaned_data["version"], **form.details()
    )
    number = form.cleaned_data["citizen_number"].replace(" ", "")
    if held is not None and number != held.value:
        services.end_identifier(identifier=held, by=request.user)
    if number:
        services.add_identifier(patient=patient, system=systems.CITIZEN, value=number, by=request.user)


def _kinds() -> list[tuple[str, str]]:
    others = [systems.CITIZEN, systems.OLD_CITIZEN, systems.PASSPORT, systems.INSURANCE, systems.HEALTH_CODE]
    return [(system, systems.label(system)) for system in others]


@requires(permissions.UPDATE)
@require_http_methods(["GET", "POST"])
def add_number(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Let the patient be known by one more number."""
    patient = access_patient(request.user, patient_uuid, permissions.UPDATE)
    form = NumberForm(request.POST or None, systems=_kinds)
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_identifier(patient=patient, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error("value", str(refusal))
        else:
            if added.is_shared:
                messages.warning(request, _("Another patient shows this number too: compare the two."))
            return redirect("patients:registry:chart", patient.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form}
    return render(request, "patients/registry/number.html", context, status=status)


@requires(permissions.UPDATE)
@require_http_methods(["GET", "POST"])
def person(request: StaffRequest, patient_uuid: UUID, person_uuid: UUID | None = None) -> HttpResponse:
    """Add one of the patient's people, or put a corrected row in the place of an earlier one."""
    patient = access_patient(request.user, patient_uuid, permissions.UPDATE)
    earlier = None
    if person_uuid is not None:
        own = RelatedPerson.objects.filter(patient__in=same_person(patient), ended_at=None)
        earlier = get_object_or_404(own, uuid=person_uuid)
    known = {name: getattr(earlier, name) for name in RelatedPersonForm.base_fields} if earlier else {}
    form = RelatedPersonForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_related_person(
                patient=patient, by=request.user, replaces=earlier, **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:registry:chart", patient.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form, "earlier": earlier}
    return render(request, "patients/registry/person.html", context, status=status)


@requires(permissions.UPDATE)
@require_POST
def end_person(request: StaffRequest, patient_uuid: UUID, person_uuid: UUID) -> HttpResponse:
    """The person no longer stands for the patient."""
    patient = access_patient(request.user, patient_uuid, permissions.UPDATE)
    own = RelatedPerson.objects.filter(patient__in=same_person(patient))
    services.end_related_person(person=get_object_or_404(own, uuid=person_uuid), by=request.user)
    return redirect("patients:registry:chart", patient.uuid)
