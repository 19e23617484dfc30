"""From a draft to a version in force, by a second person; throwing it away; ending a version."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.designing import permissions, services
from encounters.designing.access import access_draft, access_version
from encounters.designing.checks import differences, findings
from encounters.designing.forms import LastDayForm, PublishForm
from encounters.designing.models import FormDraft
from encounters.designing.selectors import authors_of, versions_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PUBLISH)
def publish(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """What differs, what is wrong, what to think about; from when on it counts."""
    found = access_draft(request.user, draft_uuid, permissions.PUBLISH)
    if found.status == FormDraft.Status.PUBLISHED:
        return redirect(_form_address(found.code))
    asked = PublishForm(request.POST or None)
    if request.method == "POST" and asked.is_valid():
        told = asked.cleaned_data
        revision = request.POST.get("revision", "")
        try:
            services.publish_draft(
                draft=found,
                revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
                begins_on=told["begins_on"],
                note=told["note"],
                by=request.user,
                in_spite=told["in_spite"],
            )
        except DomainError as refusal:
            asked.add_error(refusal.field, str(refusal))
            found = access_draft(request.user, draft_uuid, permissions.PUBLISH)
        else:
            messages.success(
                request,
                _("The new version is in force from its day on. Documents on earlier ones stay as they are."),
            )
            return redirect(_form_address(found.code))
    elif request.method != "POST":
        record(
            "form.compare", by=request.user, of=found, detail={"code": found.code, "revision": found.revision}
        )
    status = 422 if request.method == "POST" else 200
    return render(
        request, "encounters/designing/publish.html", _context(request, found, asked), status=status
    )


def _context(request: StaffRequest, found: FormDraft, asked: PublishForm) -> dict[str, Any]:
    before = found.based_on.resource if found.based_on is not None else None
    lines = versions_of(request.user.facility, found.code)
    present = next((line.version for line in lines if line.is_present), None)
    return {
        "draft": found,
        "form": asked,
        "findings": findings(found.resource, before=before),
        "differences": differences(before, found.resource),
        "is_own_work": request.user.pk in authors_of(found),
        "overtaken_by": present if present is not None and present != found.based_on else None,
    }


def _form_address(code: str) -> str:
    return f"{reverse('encounters:designing:form')}?{urlencode({'code': code})}"


@require_POST
@requires(permissions.EDIT)
def discard(request: StaffRequest, draft_uuid: UUID) -> HttpResponse:
    """Throw the draft away."""
    found = access_draft(request.user, draft_uuid, permissions.EDIT)
    try:
        services.discard_draft(draft=found, by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The draft of %(code)s is discarded.") % {"code": found.code})
    return redirect("encounters:designing:forms")


@require_POST
@requires(permissions.PUBLISH)
def end(request: StaffRequest, version_uuid: UUID) -> HttpResponse:
    """The last day of a version of the house's own."""
    found = access_version(request.user, version_uuid, permissions.PUBLISH)
    asked = LastDayForm(request.POST)
    try:
        if not asked.is_valid():
            raise DomainError(_("Say the last day: 31/12/2026."), field="last_day")
        services.end_version(version=found, last_day=asked.cleaned_data["last_day"], by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The version may be begun until that day."))
    return redirect(_form_address(found.code))
