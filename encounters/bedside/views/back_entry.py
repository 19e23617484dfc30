"""After an outage: what was written on paper is entered with the time at which it was done, under the outage's name."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.bedside import permissions, selectors, services
from encounters.bedside.access import access_outage, access_task
from encounters.bedside.forms import BackEntryForm, OutageForm, said
from encounters.bedside.models import Execution, Outage
from encounters.bedside.selectors.packs import BACK_ENTRY_PREFIX
from encounters.visits.access import access_encounter, encounters_for
from encounters.visits.models import Encounter
from encounters.visits.shifts import shifts_around

_RECENT = dt.timedelta(days=30)
_SHOWN = 20


def _list(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    outages = Outage.objects.filter(facility_id=request.user.facility_id, began_at__gte=now() - _RECENT)
    context = {
        "outages": outages.select_related("declared_by")[:_SHOWN],
        "form": OutageForm(),
        "may_declare": request.user.has_right(permissions.PACKS),
    }
    return render(request, "encounters/bedside/back_entry.html", context | more, status=status)


@requires(permissions.PERFORM)
@require_http_methods(["GET", "HEAD", "POST"])
def back_entry(request: StaffRequest) -> HttpResponse:
    """The outages of the last month; POST tells of one (whoever looks after the packs)."""
    if request.method != "POST":
        record("outage.list", by=request.user)
        return _list(request)
    form = OutageForm(request.POST)
    if not request.user.has_right(permissions.PACKS):
        return _list(request, 403, refusal=_("The head nurse tells of an outage."), form=form)
    if not form.is_valid():
        return _list(request, 422, refusal=said(form), form=form)
    try:
        outage = services.declare_outage(by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _list(request, 422, refusal=str(refusal), form=form)
    return redirect("encounters:bedside:outage", outage.uuid)


@requires(permissions.PERFORM)
@require_http_methods(["GET", "HEAD", "POST"])
def outage(request: StaffRequest, outage_uuid: UUID) -> HttpResponse:
    """The patients of my wards to enter for; POST `code`: a blank form's QR code, or a wristband, opens its patient."""
    found = access_outage(request.user, outage_uuid)
    if request.method == "POST":
        code = tidy(request.POST.get("code", ""))[:40].removeprefix(BACK_ENTRY_PREFIX)
        stay = (
            encounters_for(request.user, permissions.PERFORM).filter(identifier=code).first()
            if code
            else None
        )
        if stay is not None:
            return redirect("encounters:bedside:back_entry_of_stay", found.uuid, stay.uuid)
        messages.error(request, _("No patient of your wards has this number: %(code)s") % {"code": code})
        return redirect("encounters:bedside:outage", found.uuid)
    shift = shifts_around(request.user.facility_id, now())[0]
    wards = [
        (ward, selectors.ward_rows(request.user, ward, shift))
        for ward in selectors.wards_of(request.user, permissions.PERFORM)
    ]
    record("outage.read", by=request.user, of=found)
    return render(request, "encounters/bedside/outage.html", {"outage": found, "wards": wards})


def _tasks(found: Outage, stay: Encounter) -> list[selectors.Task]:
    """The stay's tasks that fell into the outage, done or not, by their hours."""
    end = found.ended_at or now()
    moment, tasks, seen = found.began_at, [], set()
    while moment < end + dt.timedelta(days=1):
        for shift in shifts_around(stay.facility_id, moment):
            if shift.start in seen or shift.end <= found.began_at or shift.start >= end:
                continue
            seen.add(shift.start)
            tasks += selectors.tasks_of(stay, shift)
        moment += dt.timedelta(days=1)
    within = [t for t in tasks if t.slot.due_by > found.began_at and t.slot.at < end]
    return sorted(within, key=lambda task: (task.slot.at, task.order.pk))


@requires(permissions.PERFORM)
@require_http_methods(["GET", "HEAD", "POST"])
def back_entry_of_stay(request: StaffRequest, outage_uuid: UUID, encounter_uuid: UUID) -> HttpResponse:
    """One patient's tasks of the outage; POST enters one with the hour at which it was done."""
    found = access_outage(request.user, outage_uuid)
    stay = access_encounter(request.user, encounter_uuid, permissions.PERFORM)
    context: dict[str, Any] = {
        "outage": found,
        "encounter": stay,
        "patient": stay.patient,
        "reasons": Execution.Reason.choices,
    }
    status = 200
    if request.method == "POST":
        refusal = _enter(request, found, stay)
        if not refusal:
            return redirect("encounters:bedside:back_entry_of_stay", found.uuid, stay.uuid)
        context |= {"refusal": refusal, "posted": request.POST}
        status = 422
    context["tasks"] = _tasks(found, stay)
    return render(request, "encounters/bedside/back_entry_of_stay.html", context, status=status)


def _enter(request: StaffRequest, found: Outage, stay: Encounter) -> str:
    """Why it wasn't entered, in words; "" when it was."""
    form = BackEntryForm(request.POST)
    if not form.is_valid():
        return said(form)
    told = form.cleaned_data
    order = access_task(request.user, told["order"])
    if order.encounter_id != stay.pk:
        return _("This order is another patient's.")
    try:
        services.record_execution(
            order=order,
            slot_at=told["slot_at"],
            outcome=told["outcome"],
            key=told["key"],
            happened_at=told["happened_at"],
            identified=Execution.Identified.LATER,
            reason=told["reason"],
            note=told["note"],
            late_reason=found.reason,
            outage=found,
            by=request.user,
        )
    except DomainError as refusal:
        return str(refusal)
    messages.success(request, _("Entered: %(what)s") % {"what": order.text})
    return ""
