"""How closely a chart is kept, and who may see it nevertheless."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from patients.registry import permissions, services
from patients.registry.access import access_patient
from patients.registry.forms import RestrictionForm
from patients.registry.selectors import colleagues_around, named_people


@requires(permissions.RESTRICT)
@require_http_methods(["GET", "HEAD", "POST"])
def restrict(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Level, reason, and the people named: those of the departments that care for the patient are there to be ticked."""
    opened = access_patient(request.user, patient_uuid, permissions.RESTRICT)
    patient = opened.merged_into or opened
    named = named_people(patient)
    known = {
        "level": patient.confidentiality,
        "reason": patient.confidentiality_reason,
        "named": [str(person.uuid) for person in named],
    }
    form = RestrictionForm(request.POST or None, people=[*colleagues_around(patient), *named], initial=known)
    form.facility_id = patient.facility_id
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.restrict_patient(patient=patient, by=request.user, **form.details())
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("Saved."))
                return redirect("patients:registry:chart", patient.uuid)
    else:
        record("patient.read", by=request.user, of=patient, patient=patient, detail={"part": "restriction"})
    context = {"patient": patient, "encounter": None, "form": form}
    return render(request, "patients/registry/restrict.html", context, status=status)
