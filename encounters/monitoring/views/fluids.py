"""The fluid balance of a stay: amounts in and out, a day at a time."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.monitoring import permissions, selectors, services
from encounters.monitoring.access import access_fluid, access_stay_measured
from encounters.monitoring.forms import FluidCorrectionForm, FluidForm
from encounters.monitoring.models import FluidEntry
from encounters.monitoring.periods import day_of, periods_of
from encounters.results.permissions import READ
from encounters.results.services import Unusual
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter


def _day(request: StaffRequest, stay: Encounter) -> dt.date:
    """The day asked for, within the stay."""
    first, last = (day_of(stay.facility_id, at) for at in (stay.started_at, stay.ended_at or now()))
    try:
        asked = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        asked = last
    return min(max(asked, first), last)


def _page(
    request: StaffRequest, stay: Encounter, form: FluidForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    day = _day(request, stay)
    first, last = (day_of(stay.facility_id, at) for at in (stay.started_at, stay.ended_at or now()))
    periods = periods_of(stay.facility_id, day)
    whole = periods[-1]
    entries = selectors.held_fluids(stay, whole.start, whole.end)
    for entry in entries:
        if isinstance(entry, FluidEntry):
            entry.correction_key = uuid4()  # type: ignore[attr-defined]  # for the form beside it
    context: dict[str, Any] = {
        "encounter": stay,
        "patient": stay.patient,
        "form": form or FluidForm(),
        "entries": [(FluidEntry.Kind(entry.kind).label, entry) for entry in entries],
        "balance": selectors.balance_of(entries, periods),
        "day": day,
        "before": day - dt.timedelta(days=1) if day > first else None,
        "after": day + dt.timedelta(days=1) if day < last else None,
        "may_record": acts_here(request.user, permissions.RECORD, stay),
    }
    return render(request, "encounters/monitoring/fluids.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def fluids(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """A day's amounts and their sums; POST stores one."""
    if request.method != "POST":
        stay = access_encounter(request.user, encounter, READ)
        record("fluid.read", by=request.user, of=stay)
        return _page(request, stay)
    form = FluidForm(request.POST)
    is_valid = form.is_valid()
    at = form.cleaned_data.get("happened_at")
    stay = access_stay_measured(request.user, encounter, at, permissions.RECORD)
    if is_valid:
        try:
            services.record_fluid(encounter=stay, by=request.user, **form.cleaned_data)
        except Unusual as unusual:
            return _page(request, stay, form, status=422, questions=unusual.questions)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:monitoring:fluids", stay.uuid)
    return _page(request, stay, form, status=422)


@require_POST
@requires(permissions.RECORD)
def correct(request: StaffRequest, fluid_uuid: UUID) -> HttpResponse:
    """Replace an amount, or take it back."""
    entry = access_fluid(request.user, fluid_uuid)
    form = FluidCorrectionForm(request.POST)
    refused = ""
    if form.is_valid():
        try:
            services.correct_fluid(
                entry=entry,
                by=request.user,
                reason=form.cleaned_data["reason"],
                volume=form.cleaned_data["volume"] or 0,
                key=form.cleaned_data["key"],
            )
        except DomainError as refusal:
            refused = str(refusal)
        else:
            return redirect("encounters:monitoring:fluids", entry.encounter.uuid)
    refused = refused or " ".join(str(word) for words in form.errors.values() for word in words)
    return _page(request, entry.encounter, status=422, refusal=refused)
