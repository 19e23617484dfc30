"""Hand-over: the ward's patients with who has handed over and who has taken over; one patient's form."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.bedside import permissions, selectors, services
from encounters.bedside.access import access_handover, access_ward
from encounters.bedside.forms import HandoverForm, said
from encounters.bedside.models import Handover
from encounters.bedside.selectors.handovers import facts_of, handovers_of
from encounters.bedside.views.ward import present_shifts
from encounters.documents.access import access_document
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.visits.access import access_encounter


@require_safe
@requires(permissions.PERFORM)
def handovers(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """The ward in bed order: handed over since the shift before began, taken over, or still to be."""
    ward = access_ward(request.user, department_uuid, permissions.PERFORM)
    before, shift, _next = present_shifts(request.user.facility_id)
    rows = selectors.ward_rows(request.user, ward, shift)
    made = handovers_of([row.stay.pk for row in rows], before.start)
    record("handover.list", by=request.user, of=ward, detail={"count": len(rows)})
    context = {"ward": ward, "shift": shift, "rows": [(row, made.get(row.stay.pk)) for row in rows]}
    return render(request, "encounters/bedside/handovers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PERFORM)
def hand_over(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What the shift's rows say, and two fields for what they can't."""
    stay = access_encounter(request.user, encounter_uuid, permissions.PERFORM)
    before, shift, _next = present_shifts(stay.facility_id)
    # In a shift's first hour the one that has ended is handed over still.
    asked = request.POST.get("of") or request.GET.get("of", "")
    chosen = before if asked == "before" else shift
    form = HandoverForm(request.POST or None, initial={"key": uuid.uuid4()})
    context: dict[str, Any] = {
        "encounter": stay,
        "patient": stay.patient,
        "form": form,
        "shift": chosen,
        "shifts": [("before", before), ("", shift)],
        "of": "before" if chosen is before else "",
        "facts": facts_of(stay, chosen),
    }
    if request.method == "POST":
        if form.is_valid():
            try:
                services.hand_over(encounter=stay, shift=chosen, by=request.user, **form.cleaned_data)
            except DomainError as refusal:
                context["refusal"] = str(refusal)
            else:
                messages.success(request, _("Handed over; the form waits among what you have to sign."))
                return redirect("encounters:bedside:handovers", stay.department.uuid)  # type: ignore[union-attr]
        else:
            context["refusal"] = said(form)
    return render(
        request, "encounters/bedside/hand_over.html", context, status=422 if request.method == "POST" else 200
    )


@require_POST
@requires(permissions.PERFORM)
def take_over(request: StaffRequest, handover_uuid: UUID) -> HttpResponse:
    """I have the patient from now on."""
    row = access_handover(request.user, handover_uuid)
    try:
        services.take_over(handover=row, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return redirect("encounters:bedside:handovers", row.department.uuid)


@require_safe
@requires(DOCUMENTS_READ)
def body(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """What stands in the place of a draft of such a form: nothing is typed on it."""
    document = access_document(request.user, document_uuid)
    row = Handover.objects.filter(document=document).first()
    return render(request, "encounters/bedside/_handover_body.html", {"row": row, "document": document})
