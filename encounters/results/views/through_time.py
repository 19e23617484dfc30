"""The results of the years: as a table, as lines, two of them side by side."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled_fragment
from emr.common.http import StaffRequest
from encounters.documents.permissions import PRINT
from encounters.results import permissions
from encounters.results.access import listed_alone
from encounters.results.asking import PERIOD_CHOICES, PeriodForm, TableForm
from encounters.results.models import DiagnosticReport
from encounters.results.selectors.comparing import earlier_of_kind, pairs_of, side_of, texts_of
from encounters.results.selectors.lines import panels_of, spark_of
from encounters.results.selectors.reports import state_of_person
from encounters.results.selectors.through_time import Asked, courses_of, findings_of, table_of
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter
from patients.registry.access import access_patient
from patients.registry.models import Patient

# Lines that can still be told apart on one page, and how many numbers of each are drawn and listed.
TESTS, POINTS = 6, 400
_ASKED = ("category", "text", "only", "whose", "period", "first", "last")


@polled_fragment
@require_safe
@requires(permissions.READ)
def of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The person's results from within a stay: all years, or the stay's alone."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    return _table(request, encounter.patient.merged_into or encounter.patient, encounter)


@polled_fragment
@require_safe
@requires(permissions.READ)
def of_patient(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """The person's results of all years."""
    opened = access_patient(request.user, patient_uuid, permissions.READ)
    return _table(request, opened.merged_into or opened, None)


def _is_fragment(request: StaffRequest) -> bool:
    return bool(request.htmx) and "state" in request.GET


def _nothing_new(request: StaffRequest, key: str) -> bool:
    """Whether an open page asks by itself and shows already what there is."""
    return _is_fragment(request) and request.GET["state"] == key


def _again(request: StaffRequest, key: str, *more: tuple[str, str]) -> str:
    """What the fragment asks next: the same page, with what is known now. What is ticked comes from the form itself."""
    names = (*_ASKED, "before", "after", "page")
    asked = [(name, request.GET[name][:80]) for name in names if request.GET.get(name)]
    return f"{request.path}?{urlencode([*asked, *more, ('state', key)])}"


def _minute(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M%z")


def asked_of(form: TableForm, encounter: Encounter | None) -> Asked:
    """What the form asks of the selectors."""
    told = form.told()
    since, until = form.bounds()
    return Asked(
        category=told["category"] or "",
        only=told["only"] or "",
        text=told["text"] or "",
        since=since,
        until=until,
        stay=encounter if told["whose"] == "stay" else None,
    )


def _table(request: StaffRequest, patient: Patient, encounter: Encounter | None) -> HttpResponse:
    state = state_of_person(patient, listed_alone(request.user)).key
    if _nothing_new(request, state):
        return HttpResponse(status=204)
    if encounter is not None:
        record("report.table", by=request.user, of=encounter)
    else:
        record("report.table", by=request.user, of=patient, patient=patient)
    form = TableForm(request.GET)
    told, asked = form.told(), asked_of(form, encounter)
    found = findings_of(patient, asked, listed_alone(request.user))
    table = table_of(found, before=told["before"], after=told["after"], page=told["page"] or 1)
    kept = [(name, request.GET[name][:80]) for name in _ASKED if request.GET.get(name)]
    name, uuid = ("print_of_stay", encounter.uuid) if encounter else ("print_of_patient", patient.uuid)
    context: dict[str, Any] = {
        "patient": patient,
        "encounter": encounter,
        "form": form,
        "may_print": request.user.has_right(PRINT),
        "print_url": reverse(f"encounters:results:{name}", args=[uuid]),
        "printed": [*kept, *([("before", request.GET["before"])] if told["before"] else [])],
        "told": told,
        "table": table,
        "columns": [(at, _minute(at)) for at in table.columns],
        "groups": [(name, [(row, spark_of(row.course)) for row in rows]) for name, rows in table.groups],
        "older": urlencode([*kept, ("before", _minute(table.older))]) if table.older else "",
        "newer": urlencode([*kept, ("after", _minute(table.newer))]) if table.newer else "",
        "kept": kept,
        "numbers": range(1, table.pages + 1),
        "is_asked": bool(kept),
        "categories": DiagnosticReport.Category.choices,
        "periods": PERIOD_CHOICES,
        "most": TESTS,
        "again": _again(request, state),
        "ticked": set(request.GET.getlist("test")) if _is_fragment(request) else set(),
    }
    template = "_table" if _is_fragment(request) else "table"
    return render(request, f"encounters/results/{template}.html", context)


@polled_fragment
@require_safe
@requires(permissions.READ)
def graph(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Some tests as lines above each other on one time axis, their numbers as a table below."""
    opened = access_patient(request.user, patient_uuid, permissions.READ)
    patient = opened.merged_into or opened
    state = state_of_person(patient, listed_alone(request.user)).key
    if _nothing_new(request, state):
        return HttpResponse(status=204)
    record("report.graph", by=request.user, of=patient, patient=patient)
    form = PeriodForm(request.GET)
    since, until = form.bounds()
    keys = [key[:200] for key in request.GET.getlist("test") if "\0" not in key][:TESTS]
    found = findings_of(patient, Asked(since=since, until=until), listed_alone(request.user))
    rows = courses_of(found, keys, POINTS) if keys else []
    panels = panels_of(rows, since, until)
    times = sorted({value.at for row in rows for value in row.course}, reverse=True)
    cells = {(place, value.at): value for place, row in enumerate(rows) for value in row.course}
    context: dict[str, Any] = {
        "patient": patient,
        "encounter": None,
        "form": form,
        "period": request.GET.get("period", ""),
        "periods": PERIOD_CHOICES,
        "keys": keys,
        "rows": rows,
        "panels": panels,
        "lines": [(at, [cells.get((place, at)) for place in range(len(rows))]) for at in times],
        "is_cut": any(len(row.course) == POINTS for row in rows),
        "most": POINTS,
        "again": _again(request, state, *(("test", key) for key in keys)) if keys else "",
    }
    template = "_graph" if _is_fragment(request) else "graph"
    return render(request, f"encounters/results/{template}.html", context)


@require_safe
@requires(permissions.READ)
def compare(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Two times or two reports side by side; with the new one alone, the last of its kind before it is taken."""
    opened = access_patient(request.user, patient_uuid, permissions.READ)
    patient = opened.merged_into or opened
    record("report.compare", by=request.user, of=patient, patient=patient)
    listed = listed_alone(request.user)
    new = side_of(patient, request.GET.get("new", "")[:40], listed)
    is_report = new is not None and len(new.reports) == 1 and str(new.reports[0].uuid) == new.key
    offered = earlier_of_kind(new.reports[0], patient, listed) if new is not None and is_report else []
    key = request.GET.get("old", "")[:40] or (str(offered[0].uuid) if offered else "")
    old = side_of(patient, key, listed)
    if old is not None and new is not None and old.at > new.at:
        old, new = new, old
    context: dict[str, Any] = {
        "patient": patient,
        "encounter": None,
        "old": old,
        "new": new,
        "offered": offered,
    }
    if old is not None and new is not None:
        pairs = pairs_of(patient, old, new, listed)
        only = request.GET.get("only") == "changed"
        texts = texts_of(old.reports, new.reports)
        context |= {
            "pairs": [pair for pair in pairs if pair.is_changed or not only],
            "same": sum(not pair.is_changed for pair in pairs),
            "only": only,
            "narrative": texts.get("narrative"),
            "conclusion": texts.get("conclusion"),
        }
    return render(request, "encounters/results/compare.html", context)
