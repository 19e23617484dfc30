"""The log as a page: read only, and every look at it is a line of its own."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from emr.audit import permissions, selectors
from emr.audit.forms import AuditFilterForm, a_week
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.audit.wording import in_plain_words
from emr.common.clock import local_today
from emr.common.doors import requires
from emr.common.http import StaffRequest
from emr.ui.limits import heavy

PAGE = 50
_KEPT = "audit_question"


@requires(permissions.READ)
@heavy
@require_http_methods(["GET", "HEAD", "POST"])
def log(request: StaffRequest) -> HttpResponse:
    """The lines that fit. What is asked for travels by POST, since numbers stand in no address, and is kept."""
    if request.method == "POST" and "before" not in request.POST:
        request.session[_KEPT] = {name: request.POST.get(name, "") for name in AuditFilterForm.base_fields}
        return redirect("audit:log")
    kept = request.session.get(_KEPT)
    form = AuditFilterForm(kept or {name: f"{day:%d/%m/%Y}" for name, day in a_week().items()})
    context: dict[str, Any] = {"form": form, "is_filtered": kept is not None}
    if form.is_valid():
        context |= _lines(request, form.cleaned_data)
    return render(request, "emr/audit/log.html", context, status=200 if form.is_valid() else 422)


def _lines(request: StaffRequest, asked: dict[str, Any]) -> dict[str, Any]:
    question = selectors.question_of(request.user.facility_id, asked)
    events = selectors.events_of(request.user.facility_id, question)
    before = _before(request)
    rows, has_more = selectors.page_of(events, before, PAGE)
    detail = {name: value for name, value in question.as_json().items() if value not in ("", None)}
    detail |= {"count": len(rows), "older": before is not None}
    record("audit.read", by=request.user, detail=detail)
    return {
        "lines": in_plain_words(rows),
        "following": _mark(rows[-1]) if has_more else "",
        "is_older": before is not None,
        "is_unknown": question.patients == (),
    }


def _mark(row: AuditEvent) -> str:
    return f"{row.recorded_at.isoformat()} {row.pk}"


def _before(request: StaffRequest) -> tuple[dt.datetime, int] | None:
    """The line after which the page goes on; what isn't one is the beginning."""
    at, _space, pk = request.POST.get("before", "").partition(" ")
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    return (moment, int(pk)) if moment and moment.tzinfo and pk.isascii() and pk.isdigit() else None


@requires(permissions.READ)
@require_safe
def today(request: StaffRequest) -> HttpResponse:
    """Home panel: how much was done and refused today, and how much of it the chain doesn't cover yet."""
    counts = selectors.counts_on(request.user.facility_id, local_today())
    context = {"counts": counts, "unlinked": selectors.unlinked_count()}
    return render(request, "emr/audit/_today.html", context)
