"""The scanning desk: files handed in without knowing the chart, pages that wait, paper to check."""

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
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.common.vietnamese import tidy
from encounters.scanning import permissions, selectors, services
from encounters.scanning.access import access_batch, access_unfiled
from encounters.scanning.forms import UploadForm, said

PAGE = 50
_KEPT = "scanning_desk"
CHIPS = ("unfiled", "to_check", "returned", "sealed")


@requires(permissions.UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: StaffRequest) -> HttpResponse:
    """What waits. Filters travel by POST, since a name never stands in an address, and are kept."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect("encounters:scanning:desk")
    kept = kept_filter(request, _KEPT)
    chip = kept.get("chip") if kept.get("chip") in CHIPS else "unfiled"
    words = kept.get("q", "")
    user = request.user
    rows: Any = (
        selectors.unfiled_at_desk(user)
        if chip == "unfiled"
        else selectors.papers_at_desk(user, str(chip), words)
    )
    page = Paginator(rows, PAGE).get_page(kept.get("page") or 1)
    record("paper.list", by=user, detail={"chip": chip, "count": page.paginator.count})
    context = {
        "chip": chip,
        "words": words,
        "page": page,
        "counts": selectors.desk_of(user),
        "batches": selectors.recent_batches(user),
        "reached": selectors.reached_of(user, page.object_list) if chip == "unfiled" else set(),
        "key": uuid.uuid4(),
    }
    return render(request, "encounters/scanning/desk.html", context)


@require_POST
@requires(permissions.UPLOAD)
def upload(request: StaffRequest) -> HttpResponse:
    """Take files in; their pages file themselves."""
    form = UploadForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise DomainError(said(form))
        services.receive(files=form.uploads, key=form.cleaned_data["key"], by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The files are kept; their pages are being read."))
    return redirect("encounters:scanning:desk")


@polled
@require_safe
@requires(permissions.UPLOAD)
def batches(request: StaffRequest) -> HttpResponse:
    """How far the person's last files are."""
    context = {"batches": selectors.recent_batches(request.user)}
    return render(request, "encounters/scanning/_batches.html", context)


@require_POST
@requires(permissions.UPLOAD)
def cancel(request: StaffRequest, batch_uuid: UUID) -> HttpResponse:
    """Call a file off; pages that were read stay."""
    services.cancel_batch(batch=access_batch(request.user, batch_uuid), by=request.user)
    return redirect("encounters:scanning:desk")


@require_POST
@requires(permissions.UPLOAD)
def restore(request: StaffRequest, batch_uuid: UUID) -> HttpResponse:
    """Put back what was dropped as blank or set aside."""
    services.restore_blank(batch=access_batch(request.user, batch_uuid), by=request.user)
    return redirect("encounters:scanning:desk")


@requires(permissions.UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest, page_uuid: UUID) -> HttpResponse:
    """A page that waits: look at it, name the stay; stays of that number are offered (POST: never in an address)."""
    user = request.user
    waiting = access_unfiled(user, page_uuid)
    number = tidy(request.POST.get("number", ""))[:40]
    stays = selectors.stays_numbered(user, number)
    if waiting.batch.encounter is not None and not number:
        stays = [waiting.batch.encounter]
    record("scanned_page.read", by=user, of=waiting)
    siblings = selectors.unfiled_at_desk(user).filter(batch=waiting.batch)
    context = {
        "page": waiting,
        "found_named": bool(selectors.reached_of(user, [waiting])),
        "number": number,
        "stays": stays,
        "siblings": list(siblings),
        "choices": selectors.form_choices(user.facility_id) if stays else [],
    }
    return render(request, "encounters/scanning/page.html", context)


@require_POST
@requires(permissions.UPLOAD)
def set_aside(request: StaffRequest, page_uuid: UUID) -> HttpResponse:
    """Take a page out that belongs nowhere."""
    try:
        services.set_aside(page=access_unfiled(request.user, page_uuid), by=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("encounters:scanning:desk")
