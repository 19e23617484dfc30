"""Pages of who pays."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.masters import INSURANCE, kept_by
from patients.coverage import permissions, selectors, services
from patients.coverage.forms import CoverageForm
from patients.coverage.models import Coverage
from patients.registry.access import access_patient, same_person
from patients.registry.cards import UnreadableCard, parse_insurance_card


@requires(permissions.READ)
@require_safe
def page(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """All cards and other payers of the patient."""
    patient = access_patient(request.user, patient_uuid, permissions.READ)
    record("coverage.read", by=request.user, of=patient, patient=patient)
    context = {
        "patient": patient,
        "encounter": None,
        "coverages": selectors.coverages_of(patient),
        "kept_by": kept_by(patient.facility_id, INSURANCE, patient),
    }
    return render(request, "patients/coverage/page.html", context)


@requires(permissions.WRITE)
@require_POST
def scan(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """An insurance card was scanned: the form, filled, with what to compare."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    context: dict[str, Any] = {"patient": patient, "encounter": None}
    try:
        card = parse_insurance_card(request.POST.get("card", ""))
    except UnreadableCard as refusal:
        context |= {"form": CoverageForm(), "scan_error": str(refusal)}
        return render(request, "patients/coverage/form.html", context, status=422)
    known = {
        "payer": Coverage.Payer.INSURANCE,
        "card_number": card.insurance_number,
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "registered_facility": card.registered_facility,
        "five_years_on": card.five_years_on,
        "living_area": card.living_area,
        "address_text": card.address_text,
    }
    return render(
        request, "patients/coverage/form.html", context | {"form": CoverageForm(initial=known), "card": card}
    )


@requires(permissions.WRITE)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, patient_uuid: UUID, coverage_uuid: UUID | None = None) -> HttpResponse:
    """Take down a payer, or put a corrected row in the place of an earlier one."""
    patient = access_patient(request.user, patient_uuid, permissions.WRITE)
    earlier = None
    if coverage_uuid is not None:
        own = Coverage.objects.filter(patient__in=same_person(patient), is_active=True)
        earlier = get_object_or_404(own, uuid=coverage_uuid)
    known = {name: getattr(earlier, name) for name in CoverageForm.base_fields} if earlier else {}
    form = CoverageForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_coverage(patient=patient, by=request.user, replaces=earlier, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("patients:coverage:page", patient.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form, "earlier": earlier}
    return render(request, "patients/coverage/form.html", context, status=status)
