"""Look-ups that somebody should ask about: the list, one of them, the verdict."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.audit.subjects import find_people, numbers_of
from emr.audit.wording import in_plain_words
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from patients.oversight import permissions, selectors, services
from patients.oversight.access import access_finding
from patients.oversight.forms import KINDS, VERDICTS, FindingsForm, VerdictForm
from patients.oversight.models import LookupFinding

PAGE = 50


@requires(permissions.REVIEW)
@require_safe
def findings(request: StaffRequest) -> HttpResponse:
    """What was found, newest first; those not judged yet unless others are asked for."""
    form = FindingsForm({"state": "open"} | {name: value for name, value in request.GET.items() if value})
    found = selectors.findings_for(request.user)
    if form.is_valid():
        asked = form.cleaned_data
        if asked["kind"]:
            found = found.filter(kind=asked["kind"])
        if asked["person"]:
            found = found.filter(agent__in=find_people(request.user.facility_id, asked["person"]))
        if asked["state"] == "follow-up":
            found = found.filter(verdict=LookupFinding.Verdict.FOLLOW_UP)
        elif asked["state"] != "all":
            found = found.filter(selectors.OPEN)
    rows, has_more = selectors.page_of(found, _before(request), PAGE)
    record("lookup.list", by=request.user, detail={"count": len(rows)})
    following = request.GET.copy()
    if has_more:
        following["before"] = f"{rows[-1].last_at.isoformat()} {rows[-1].pk}"
    context = {"form": form, "rows": _told(rows), "following": following.urlencode() if has_more else ""}
    status = 200 if form.is_valid() else 422
    return render(request, "patients/oversight/findings.html", context, status=status)


def _told(rows: list[LookupFinding]) -> list[dict[str, Any]]:
    numbers = numbers_of({row.patient_id for row in rows if row.patient_id is not None})
    return [
        {
            "finding": row,
            "kind": KINDS[LookupFinding.Kind(row.kind)],
            "verdict": VERDICTS[LookupFinding.Verdict(row.verdict)] if row.verdict else "",
            "number": numbers.get(row.patient_id or 0, ""),
        }
        for row in rows
    ]


def _before(request: StaffRequest) -> tuple[dt.datetime, int] | None:
    at, _space, pk = request.GET.get("before", "").partition(" ")
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    return (moment, int(pk)) if moment and moment.tzinfo and pk.isascii() and pk.isdigit() else None


@requires(permissions.REVIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def finding(request: StaffRequest, finding_uuid: UUID) -> HttpResponse:
    """The lines it is made of, and the verdict."""
    found = access_finding(request.user, finding_uuid)
    initial = {"verdict": found.verdict or "seen", "note": found.note}
    form = VerdictForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.judge(finding=found, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect("patients:oversight:findings")
    record("lookup.read", by=request.user, of=found, patient=found.patient)
    context = {"form": form, "lines": in_plain_words(selectors.lines_of(found)), **_told([found])[0]}
    status = 422 if request.method == "POST" else 200
    return render(request, "patients/oversight/finding.html", context, status=status)


@requires(permissions.REVIEW)
@require_safe
def waiting(request: StaffRequest) -> HttpResponse:
    """Home panel: the newest that nobody has judged."""
    rows, has_more = selectors.page_of(selectors.findings_for(request.user).filter(selectors.OPEN), None, 5)
    return render(request, "patients/oversight/_waiting.html", {"rows": _told(rows), "has_more": has_more})
