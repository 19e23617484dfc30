"""Pages of allergies, problems and devices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from patients.history import permissions, selectors, services
from patients.history.forms import AllergyForm, DeviceForm, EndForm, ProblemForm
from patients.history.models import AllergyIntolerance, Condition, Device
from patients.registry.access import access_patient, same_person
from patients.registry.models import Patient


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three lists: its rows, its form, the verb that adds to it."""

    title: Promise
    model: type[AllergyIntolerance] | type[Condition] | type[Device]
    form: type[forms.Form]
    add: Callable[..., Any]


KINDS = {
    "allergy": Kind(_("Allergy"), AllergyIntolerance, AllergyForm, services.record_allergy),
    "problem": Kind(_("Problem"), Condition, ProblemForm, services.record_problem),
    "device": Kind(_("Device"), Device, DeviceForm, services.record_device),
}


def _kind(name: str) -> Kind:
    try:
        return KINDS[name]
    except KeyError:
        raise Http404 from None


@requires(permissions.READ)
@require_safe
def page(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Everything that was ever stated, the present first, what ended or was wrong struck out below."""
    patient = access_patient(request.user, patient_uuid, permissions.READ)
    record("history.read", by=request.user, of=patient, patient=patient)
    context = {"patient": patient, "encounter": None, "entries": selectors.all_entries(patient)}
    return render(request, "patients/history/page.html", context)


@requires(permissions.WRITE)
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest, patient_uuid: UUID, kind: str, entry_uuid: UUID | None = None) -> HttpResponse:
    """State something, or put a corrected row in the place of an earlier one."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    what = _kind(kind)
    earlier = None
    if entry_uuid is not None:
        rows = what.model._default_manager.filter(patient__in=same_person(patient), status="active")
        earlier = get_object_or_404(rows, uuid=entry_uuid)
    known = {name: getattr(earlier, name) for name in what.form.base_fields} if earlier else {}
    form = what.form(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            what.add(patient=patient, by=request.user, replaces=earlier, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:history:page", patient.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form, "kind": kind, "title": what.title}
    return render(request, "patients/history/entry.html", context, status=status)


@requires(permissions.WRITE)
@require_POST
def none_known(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """The patient was asked, and no allergy is known."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    try:
        services.record_no_known_allergy(patient=patient, by=request.user)
    except DomainError as refusal:
        return _refused(request, patient, refusal)
    return redirect("patients:history:page", patient.uuid)


@requires(permissions.WRITE)
@require_POST
def confirm(request: StaffRequest, patient_uuid: UUID, entry_uuid: UUID) -> HttpResponse:
    """A clinician agrees with what another system states of allergies."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    rows = AllergyIntolerance.objects.filter(patient__in=same_person(patient))
    try:
        services.confirm_allergy(entry=get_object_or_404(rows, uuid=entry_uuid), by=request.user)
    except DomainError as refusal:
        return _refused(request, patient, refusal)
    return redirect("patients:history:page", patient.uuid)


def _refused(request: StaffRequest, patient: Patient, refusal: DomainError) -> HttpResponse:
    """The page again, with what was refused on it."""
    context = {
        "patient": patient,
        "encounter": None,
        "entries": selectors.all_entries(patient),
        "refusal": str(refusal),
    }
    return render(request, "patients/history/page.html", context, status=422)


@requires(permissions.WRITE)
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, patient_uuid: UUID, kind: str, entry_uuid: UUID) -> HttpResponse:
    """What became of an entry."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    what = _kind(kind)
    entry = get_object_or_404(
        what.model._default_manager.filter(patient__in=same_person(patient)), uuid=entry_uuid
    )
    statuses = [(value, str(text)) for value, text in what.model.Status.choices if value != "active"]
    form = EndForm(request.POST or None, statuses=statuses)
    if request.method == "POST" and form.is_valid():
        try:
            services.end_entry(entry=cast("services.Entry", entry), by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:history:page", patient.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form, "kind": kind, "title": entry}
    return render(request, "patients/history/entry.html", context, status=status)
