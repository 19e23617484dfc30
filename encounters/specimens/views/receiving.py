"""The laboratory's desk where tubes arrive: taken in by scan, or rejected with a reason."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.specimens import permissions, services
from encounters.specimens.access import access_specimen, labelled
from encounters.specimens.forms import UselessForm
from encounters.specimens.models import Specimen
from encounters.specimens.selectors.reception import at_reception
from encounters.specimens.views.collecting import said
from encounters.specimens.views.printing import spoken

PAGE_SIZE = 50


def _page(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in {"received", "rejected"} else ""
    text = request.GET.get("text", "")[:40]
    page = Paginator(at_reception(request.user, state, text), PAGE_SIZE).get_page(request.GET.get("page"))
    record("specimen.reception", by=request.user, detail={"count": len(page.object_list)})
    context = {"page": page, "state": state, "text": text, "reasons": Specimen.Reason.choices}
    return render(
        request,
        "encounters/specimens/reception.html",
        context | spoken(request.user.facility_id) | more,
        status=status,
    )


@requires(permissions.RECEIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def reception(request: StaffRequest) -> HttpResponse:
    """What is on its way; POST takes in the tube whose label was scanned."""
    if request.method != "POST":
        return _page(request)
    code = request.POST.get("code", "").strip()[:40]
    found = labelled(request.user, code, permissions.RECEIVE) if code else None
    if found is None:
        return _page(request, 422, refusal=_("No tube has this number: %(code)s") % {"code": code})
    specimen = access_specimen(request.user, found.uuid, permissions.RECEIVE)
    try:
        services.receive_specimen(specimen=specimen, by=request.user)
    except DomainError as refusal:
        return _page(request, 422, refusal=str(refusal))
    messages.success(request, _("Taken in: tube %(label)s") % {"label": specimen.accession_number})
    return redirect("encounters:specimens:reception")


@require_POST
@requires(permissions.RECEIVE)
def reject(request: StaffRequest, specimen_uuid: UUID) -> HttpResponse:
    """Of no use: why. The ward sees its tests come back with the reason."""
    specimen = access_specimen(request.user, specimen_uuid, permissions.RECEIVE)
    form = UselessForm(request.POST)
    asked = {"asked": str(specimen.uuid), "posted": request.POST}
    if not form.is_valid():
        return _page(request, 422, refusal=said(form), **asked)
    try:
        services.reject_specimen(specimen=specimen, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _page(request, 422, refusal=str(refusal), **asked)
    messages.success(
        request, _("Rejected: tube %(label)s; the ward is told.") % {"label": specimen.accession_number}
    )
    return redirect("encounters:specimens:reception")
