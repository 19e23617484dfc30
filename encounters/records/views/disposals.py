"""Records kept long enough, and the minutes by which they are disposed of. Nothing goes from these pages."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.records import permissions, retention, services
from encounters.records.access import access_minutes
from encounters.records.forms import DisposalForm, ReasonForm
from encounters.records.models import DisposalMinutes
from encounters.records.selectors import disposals as selectors

PAGE = 50


@requires(permissions.DISPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def disposal(request: StaffRequest) -> HttpResponse:
    """Archived records whose time is over and that nothing holds, to be put down in minutes."""
    user = request.user
    form = DisposalForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        try:
            minutes = services.prepare_disposal(
                encounters=set(told.pop("encounters")), request_key=told.pop("key"), by=user, **told
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Put down. Two others approve before anything is disposed of."))
            return redirect("encounters:records:minutes", minutes.uuid)
    page = Paginator(selectors.due_for_disposal(user), PAGE).get_page(request.GET.get("page"))
    classes = retention.classes()
    record("record.list", by=user, detail={"chip": "disposal", "count": page.paginator.count})
    context = {
        "page": page,
        "rows": [(keeping, classes.get(keeping.retention_class)) for keeping in page.object_list],
        "minutes": selectors.minutes_for(user)[:PAGE],
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/records/disposal.html", context, status=status)


@requires(permissions.DISPOSE)
@require_safe
def minutes(request: StaffRequest, minutes_uuid: UUID) -> HttpResponse:
    """One minutes as a paper: what they name, who approved, what is gone."""
    return _page(request, access_minutes(request.user, minutes_uuid))


def _page(
    request: StaffRequest, found: DisposalMinutes, refusal: str = "", status: int = 200
) -> HttpResponse:
    user = request.user
    record("disposal.read", by=user, of=found)
    classes = retention.classes()
    is_open = found.status == DisposalMinutes.Status.PREPARED
    may_approve = is_open and user.has_right(permissions.APPROVE_DISPOSAL)
    context: dict[str, Any] = {
        "minutes": found,
        "rows": [(line, classes.get(_class_of(line))) for line in selectors.lines_of(found, user)],
        "may_approve": may_approve and not services.has_part(found, user),
        "had_part": may_approve and services.has_part(found, user),
        "may_cancel": is_open,
        "refusal": refusal,
    }
    return render(request, "encounters/records/minutes.html", context, status=status)


def _class_of(line: selectors.Line) -> str:
    kept = line.keeping or line.tombstone
    return kept.retention_class if kept else ""


@requires(permissions.APPROVE_DISPOSAL)
@require_POST
def approve(request: StaffRequest, minutes_uuid: UUID) -> HttpResponse:
    """Agree to these minutes."""
    found = access_minutes(request.user, minutes_uuid, permissions.APPROVE_DISPOSAL)
    try:
        services.approve_disposal(minutes=found, by=request.user)
    except DomainError as refusal:
        return _page(request, found, str(refusal), _status(refusal))
    return redirect("encounters:records:minutes", found.uuid)


@requires(permissions.DISPOSE)
@require_POST
def cancel(request: StaffRequest, minutes_uuid: UUID) -> HttpResponse:
    """Lay these minutes aside."""
    found = access_minutes(request.user, minutes_uuid)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        services.cancel_disposal(minutes=found, reason=reason, by=request.user)
    except DomainError as refusal:
        return _page(request, found, str(refusal), _status(refusal))
    return redirect("encounters:records:minutes", found.uuid)


def _status(refusal: DomainError) -> int:
    return 409 if isinstance(refusal, Conflict) else 422
