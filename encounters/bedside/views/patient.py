"""One patient at the bed: who it is, what is new, what is to be done in this shift."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.bedside import neighbours, permissions, selectors, services
from encounters.bedside.access import access_precaution
from encounters.bedside.forms import InstantField, PrecautionForm, said
from encounters.bedside.models import Execution, Precaution
from encounters.bedside.views.marks import forget_patient, identify_patient, proof_of
from encounters.bedside.views.ward import present_shifts
from encounters.orders.selectors.orders import lines
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.models import Encounter


def _page(request: StaffRequest, stay: Encounter, status: int = 200, **more: Any) -> HttpResponse:
    before, shift, _next = present_shifts(stay.facility_id)
    held = selectors.precautions_of(stay)
    tasks = selectors.tasks_of(stay, shift, before)
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "shift": shift,
        "open_tasks": [task for task in tasks if task.is_open or task.state == "held"],
        "done_tasks": [task for task in tasks if task.execution is not None],
        "news": lines(selectors.new_orders_of(request.user, stay)),
        "precautions": held,
        "other_precautions": [c for c in Precaution.Kind.choices if c[0] not in {p.kind for p in held}],
        "pages": neighbours.pages_of(stay),
        "identity": proof_of(request, stay),
        "may_perform": acts_here(request.user, permissions.PERFORM, stay),
        "reasons": Execution.Reason.choices,
        "made_at": now(),
    }
    return render(request, "encounters/bedside/patient.html", context | more, status=status)


@require_safe
@requires(permissions.READ)
def patient(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The page that a tap on the bed or a scan opens; written on only after the patient was identified."""
    stay = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("bedside.read", by=request.user, of=stay)
    return _page(request, stay)


@require_POST
@requires(permissions.PERFORM)
def identify(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Whose bed it is: the wristband (`code`), or name and date of birth asked (`asked`).

    Another patient's wristband stops the hand: nobody is identified after it.
    """
    stay = access_encounter(request.user, encounter_uuid, permissions.PERFORM)
    code = tidy(request.POST.get("code", ""))[:40]
    if request.POST.get("asked"):
        how = Execution.Identified.ASKED
    else:
        found = stay_of_wristband(request.user, code) if code else None
        if found is None:
            forget_patient(request)
            return _page(
                request, stay, 422, refusal=_("Nobody's wristband has this number: %(code)s") % {"code": code}
            )
        if found.pk != stay.pk:
            forget_patient(request)
            record("bedside.wrong_patient", by=request.user, of=stay, detail={"scanned": str(found.uuid)})
            words = _("WRONG PATIENT. This wristband is %(other)s's; the open page is %(name)s's.") % {
                "other": found.patient.full_name.upper(),
                "name": stay.patient.full_name.upper(),
            }
            return _page(request, stay, 409, danger=words, scanned=found)
        how = Execution.Identified.SCAN
    identify_patient(request, stay, how)
    record("bedside.identify", by=request.user, of=stay, detail={"how": how})
    return redirect("encounters:bedside:patient", stay.uuid)


@require_POST
@requires(permissions.READ)
def seen(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The orders on the page were read; what came after it was made (`made_at`) stays new."""
    stay = access_encounter(request.user, encounter_uuid, permissions.READ)
    try:
        until = InstantField(required=True).clean(request.POST.get("made_at", ""))
    except ValidationError:
        return HttpResponse(status=400)
    services.see_orders(encounter=stay, by=request.user, until=until)
    return redirect("encounters:bedside:patient", stay.uuid)


@require_POST
@requires(permissions.PERFORM)
def add_precaution(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Isolation or a risk, from now on."""
    stay = access_encounter(request.user, encounter_uuid, permissions.PERFORM)
    form = PrecautionForm(request.POST)
    if not form.is_valid():
        return _page(request, stay, 422, refusal=said(form), posted=request.POST)
    try:
        services.set_precaution(encounter=stay, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _page(request, stay, 422, refusal=str(refusal), posted=request.POST)
    return redirect("encounters:bedside:patient", stay.uuid)


@require_POST
@requires(permissions.PERFORM)
def stop_precaution(request: StaffRequest, precaution_uuid: UUID) -> HttpResponse:
    """It holds no longer."""
    precaution = access_precaution(request.user, precaution_uuid)
    services.end_precaution(precaution=precaution, by=request.user)
    messages.success(request, _("Ended: %(what)s") % {"what": precaution.get_kind_display()})
    return redirect("encounters:bedside:patient", precaution.encounter.uuid)
