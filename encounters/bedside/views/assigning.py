"""The head nurse gives the ward's patients to the nurses of a shift."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.bedside import permissions, selectors, services
from encounters.bedside.access import access_ward
from encounters.bedside.views.ward import present_shifts
from encounters.visits.shifts import Shift


def _page(
    request: StaffRequest, ward: Organization, shift: Shift, status: int = 200, **more: Any
) -> HttpResponse:
    rows = selectors.ward_rows(request.user, ward, shift)
    nurses = selectors.nurses_of(ward)
    counts = {nurse.pk: sum(row.nurse_id == nurse.pk for row in rows) for nurse in nurses}
    context = {
        "ward": ward,
        "shift": shift,
        "shifts": present_shifts(request.user.facility_id)[1:],
        "rows": rows,
        "nurses": [(nurse, counts[nurse.pk]) for nurse in nurses],
        "unassigned": sum(row.nurse_id is None for row in rows),
        "chosen": set(request.POST.getlist("stay")),
        "wanted_nurse": request.POST.get("nurse", ""),
    }
    return render(request, "encounters/bedside/assign.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.ASSIGN)
def assign(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """Patients of the present shift or the next (`shift`); POST gives the ticked ones to a nurse, or to nobody."""
    ward = access_ward(request.user, department_uuid, permissions.ASSIGN)
    _before, present, following = present_shifts(request.user.facility_id)
    asked = request.POST.get("shift") or request.GET.get("shift", "")
    shift = following if asked == "next" else present
    if request.method != "POST":
        record("assignment.list", by=request.user, of=ward, detail={"shift": shift.name})
        return _page(request, ward, shift, is_next=asked == "next")
    chosen = set(request.POST.getlist("stay"))
    stays = [
        row.stay for row in selectors.ward_rows(request.user, ward, shift) if str(row.stay.uuid) in chosen
    ]
    nurse = next((n for n in selectors.nurses_of(ward) if str(n.uuid) == request.POST.get("nurse")), None)
    try:
        if not stays:
            raise DomainError(_("Tick the patients first."), code="nobody")
        if request.POST.get("action") == "release":
            count = services.release_patients(stays=stays, shift=shift, by=request.user)
        elif nurse is None:
            raise DomainError(_("Choose a nurse."), code="no_nurse")
        else:
            count = services.assign_patients(
                stays=stays, nurse=nurse, department=ward, shift=shift, by=request.user
            )
    except DomainError as refusal:
        return _page(request, ward, shift, 422, refusal=str(refusal), is_next=asked == "next")
    said = ngettext("%(count)d patient changed hands.", "%(count)d patients changed hands.", count)
    messages.success(request, said % {"count": count})
    suffix = "?shift=next" if asked == "next" else ""
    return redirect(reverse("encounters:bedside:assign", args=[ward.uuid]) + suffix)
