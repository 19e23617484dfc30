"""The hospital's rules for electronic records: read, confirmed, put in force, and who hasn't read them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.storage.strangers import handed_over
from encounters.switching import permissions, selectors, services
from encounters.switching.access import access_regulation
from encounters.switching.forms import RegulationForm
from encounters.switching.models import RegulationReading

PAGE_SIZE = 50
_KEPT = "regulation_unread"


@requires(permissions.READ)
@require_safe
def regulation(request: StaffRequest) -> HttpResponse:
    """The version in force with its paper, the earlier ones, and whether the person has read it."""
    facility_id = request.user.facility_id
    versions = list(selectors.regulations_of(facility_id))
    holding = selectors.regulation_in_force(facility_id)
    mine = RegulationReading.objects.filter(reader=request.user, regulation__in=versions)
    record("regulation.read", by=request.user, of=holding)
    context = {
        "versions": versions,
        "holding": holding,
        "read": dict(mine.values_list("regulation", "read_at")),
        "may_issue": request.user.has_right(permissions.ISSUE),
        "may_oversee": request.user.has_right(permissions.OVERSEE),
    }
    return render(request, "encounters/switching/regulation.html", context)


@requires(permissions.READ)
@require_safe
def file(request: StaffRequest, regulation_uuid: UUID) -> HttpResponse:
    """The signed paper, to take away."""
    found = access_regulation(request.user, regulation_uuid)
    record("regulation.file_read", by=request.user, of=found)
    return handed_over(found.file, name=f"quy-che-benh-an-dien-tu-{found.version}")


@require_POST
@requires(permissions.READ)
def confirm(request: StaffRequest, regulation_uuid: UUID) -> HttpResponse:
    """ "I have read it." """
    services.note_reading(regulation=access_regulation(request.user, regulation_uuid), by=request.user)
    messages.success(request, _("Noted: you have read it."))
    return redirect("encounters:switching:regulation")


@requires(permissions.ISSUE)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: StaffRequest) -> HttpResponse:
    """Put the next version in force."""
    count = selectors.regulations_of(request.user.facility_id).count()
    form = RegulationForm(request.POST or None, request.FILES or None, initial={"after": count})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        sent = told.pop("file")
        try:
            services.issue_regulation(
                facility=request.user.facility, by=request.user, data=sent.read(services.LARGEST + 1), **told
            )
        except DomainError as refusal:
            status = 409 if isinstance(refusal, Conflict) else 422
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The rules are kept. Everybody is asked to read them."))
            return redirect("encounters:switching:regulation")
    return render(request, "encounters/switching/issue.html", {"form": form}, status=status)


@requires(permissions.OVERSEE)
@require_http_methods(["GET", "HEAD", "POST"])
def unread(request: StaffRequest) -> HttpResponse:
    """Who hasn't said yet that they read the version in force, by name and department."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect("encounters:switching:unread")
    facility_id, kept = request.user.facility_id, kept_filter(request, _KEPT)
    holding = selectors.regulation_in_force(facility_id)
    departments = Organization.objects.filter(parent=facility_id, is_active=True).order_by("code")
    chosen = next((one for one in departments if str(one.uuid) == kept.get("department")), None)
    context: dict[str, Any] = {
        "holding": holding,
        "departments": departments,
        "department": chosen,
        "words": kept.get("q", ""),
    }
    if holding is not None:
        found = selectors.not_read(holding, words=kept.get("q", ""), department=chosen)
        whole = selectors.staff_who_read(facility_id, chosen).count()
        page = Paginator(found.prefetch_related("practitioner_roles__department"), PAGE_SIZE).get_page(
            kept.get("page")
        )
        waiting = selectors.not_read(holding, department=chosen).count()
        context |= {
            "page": page,
            "whole": whole,
            "read": whole - waiting,
            "share": selectors.share(whole - waiting, whole),
        }
    record("regulation.list", by=request.user, of=holding)
    return render(request, "encounters/switching/unread.html", context)
