"""Extracts of records: asked for in the chart, decided and handed out at a desk."""

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.doors import fresh, polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.signin.services import RECENT_MINUTES
from emr.storage.models import Attachment
from emr.storage.revisions import newest_of
from emr.storage.services import read_bytes
from encounters.bundles import permissions, selectors, services
from encounters.bundles.access import access_extract, extracts_for
from encounters.bundles.contents import pieces
from encounters.bundles.forms import STATES, ExtractForm
from encounters.bundles.models import RecordExtract
from encounters.bundles.views.files import dated
from encounters.visits.access import access_encounter

PAGE = 30
_KEPT = "record-extracts"


@requires(permissions.EXTRACT)
@require_http_methods(["GET", "HEAD", "POST"])
def extracts(request: StaffRequest) -> HttpResponse:
    """The desk: what waits, what may be taken. What is looked for travels by POST, since a name may be typed."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect(f"{request.path}?{urlencode({'show': request.POST.get('chip', '')})}")
    kept = kept_filter(request, _KEPT)
    found = selectors.searched(extracts_for(request.user, permissions.EXTRACT), kept.get("q", ""))
    states = selectors.by_state()
    show = request.GET.get("show", "")
    show = show if show in states else "asked"
    number = kept.get("page") if kept.get("chip") == show else ""
    page = Paginator(selectors.listed(found.filter(states[show])), PAGE).get_page(number or 1)
    record("record_extract.list", by=request.user, detail={"show": show, "count": len(page.object_list)})
    context = {
        "page": page,
        "chips": [(key, title, found.filter(states[key]).count(), key == show) for key, title in STATES],
        "show": show,
        "words": kept.get("q", ""),
    }
    return render(request, "encounters/bundles/extracts.html", context)


@requires(permissions.EXTRACT)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Choose parts of a record for somebody."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.EXTRACT)
    rows = [dated(row) for row in pieces(encounter) if row["flag"] != "replaced"]
    last = local_today() + dt.timedelta(days=facility_setting(encounter.facility_id, "extract_days"))
    form = ExtractForm(
        request.POST or None,
        pieces=rows,
        last=last,
        initial={"key": uuid.uuid4()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.ask_extract(encounter=encounter, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:bundles:extract", made.uuid)
    context = {"form": form, "encounter": encounter, "patient": encounter.patient}
    status = 422 if request.method == "POST" else 200
    record("record_extract.read", by=request.user, of=encounter, patient=encounter.patient)
    return render(request, "encounters/bundles/ask.html", context, status=status)


def _context(request: StaffRequest, found: RecordExtract) -> dict[str, Any]:
    bundle, user = getattr(found, "bundle", None), request.user
    is_asked = found.status == RecordExtract.Status.ASKED
    return {
        "extract": found,
        "bundle": bundle,
        "is_own": found.asked_by_id == user.pk,
        "may_decide": is_asked and found.asked_by_id != user.pk and user.has_right(permissions.APPROVE),
        "may_withdraw": found.status in {"asked", "approved"} and not found.is_over,
        "may_take": _to_take(found) is not None,
    }


def _to_take(found: RecordExtract) -> Attachment | None:
    """The file, where it may be handed out."""
    bundle = getattr(found, "bundle", None)
    is_open = found.status == RecordExtract.Status.APPROVED and not found.is_over
    if not is_open or bundle is None or bundle.attachment is None:
        return None
    return newest_of(bundle.attachment)


@requires(permissions.EXTRACT)
@require_safe
def extract(request: StaffRequest, copy_uuid: UUID) -> HttpResponse:
    """One of them: for whom, what, who decided, and the file."""
    found = access_extract(request.user, copy_uuid)
    rows = [dated(row) for row in pieces(found.encounter) if row["uuid"] in found.parts]
    record("record_extract.read", by=request.user, of=found)
    return render(request, "encounters/bundles/extract.html", _context(request, found) | {"rows": rows})


@polled
@requires(permissions.EXTRACT)
@require_safe
def extract_state(request: StaffRequest, copy_uuid: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    found = access_extract(request.user, copy_uuid)
    return render(request, "encounters/bundles/_extract.html", _context(request, found))


@require_POST
@requires(permissions.APPROVE)
def decide(request: StaffRequest, copy_uuid: UUID) -> HttpResponse:
    """Approve it, or refuse it with a reason."""
    found = access_extract(request.user, copy_uuid, permissions.APPROVE)
    approve = "approve" in request.POST
    try:
        services.decide_extract(
            found, approve=approve, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Approved. It is being made.") if approve else _("Refused."))
    return redirect("encounters:bundles:extract", found.uuid)


@require_POST
@requires(permissions.EXTRACT)
def withdraw(request: StaffRequest, copy_uuid: UUID) -> HttpResponse:
    """It is handed out no more."""
    found = access_extract(request.user, copy_uuid)
    services.withdraw_extract(found, by=request.user)
    return redirect("encounters:bundles:extract", found.uuid)


@requires(permissions.EXTRACT)
@fresh(RECENT_MINUTES)
@require_safe
def take(request: StaffRequest, copy_uuid: UUID) -> HttpResponse:
    """The file, within its term. That it was taken, and for whom, is written down before a byte leaves."""
    found = access_extract(request.user, copy_uuid)
    attachment = _to_take(found)
    if attachment is None:
        return HttpResponse(status=404)
    record(
        "record_extract.export",
        by=request.user,
        of=found,
        detail={"sha256": attachment.sha256, "receiver_kind": found.receiver_kind},
    )
    response = HttpResponse(read_bytes(attachment), content_type="application/pdf")
    name = f"trich-sao-{found.encounter.identifier}-{found.verify_code}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
