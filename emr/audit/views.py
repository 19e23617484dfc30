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
from emr.audit.subjects import find_subjects, numbers_of
from emr.audit.wording import in_words
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
    number = asked["patient"].replace(" ", "")
    patients = tuple(find_subjects(request.user.facility_id, number)) if number else None
    question = selectors.Question(
        since=asked["since"],
        until=asked["until"],
        person=asked["person"].strip(),
        patients=patients,
        action=asked["action"].strip(),
        outcome=asked["outcome"],
    )
    events = selectors.events_of(request.user.facility_id, question)
    before = _before(request)
    rows, has_more = selectors.page_of(events, before, PAGE)
    detail = {
        "since": question.since,
        "until": question.until,
        "count": len(rows),
        "older": before is not None,
    }
    detail |= {"person": question.person, "action": question.action, "outcome": question.outcome}
    record("audit.read", by=request.user, detail=detail | {"patients": list(patients or ())})
    numbers = numbers_of({row.patient_id for row in rows if row.patient_id is not None})
    return {
        "lines": [(row, in_words(row.action), numbers.get(row.patient_id or 0, "")) for row in rows],
        "following": _mark(rows[-1]) if has_more else "",
        "is_older": before is not None,
        "is_unknown": patients == (),
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
