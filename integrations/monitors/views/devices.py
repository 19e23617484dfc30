"""The monitors of the wards: which there are, on whom, and what was used for nobody. A scan puts one on a patient."""

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
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.visits.access import encounters_for
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.models import Encounter
from integrations.monitors import permissions, selectors, services
from integrations.monitors.access import (
    access_measured,
    access_monitor,
    beds_for,
    monitor_held,
    monitor_of_label,
    seen_for,
)
from integrations.monitors.forms import BedForm, MonitorFilterForm, MonitorForm, ScanForm
from integrations.monitors.models import Monitor, MonitorUse

PAGE_SIZE = 50
_USES_SHOWN = 20


@requires(permissions.READ)
@require_safe
def monitors(request: StaffRequest) -> HttpResponse:
    """The monitors of my wards; searched, narrowed, paged."""
    return _page(request)


def _page(
    request: StaffRequest, status: int = 200, *, held: Monitor | None = None, stay: Encounter | None = None
) -> HttpResponse:
    """`held`, `stay`: what was scanned already and waits for the other."""
    user = request.user
    form = MonitorFilterForm(request.GET or {"state": "all"})
    asked = form.question()
    page = Paginator(selectors.monitors_for(user, **asked), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    uses = selectors.uses_by_id(row.use_id for row in rows)  # type: ignore[attr-defined]  # annotated
    manages = user.has_right(permissions.MANAGE)
    record("monitor.list", by=user, detail={"count": len(rows)})
    context = {
        "form": form,
        "page": page,
        "rows": [(row, uses.get(row.use_id)) for row in rows],  # type: ignore[attr-defined]  # annotated
        "known": _known(request, list(uses.values())),
        "is_narrowed": bool(asked["words"]) or asked["state"] != "all",
        "may_attach": user.has_right(permissions.ATTACH),
        "may_manage": manages,
        "discarded": list(selectors.discarded_for(user)[:PAGE_SIZE]),
        "held": held,
        "held_stay": stay,
        "scan_key": uuid.uuid4(),
    }
    return render(request, "integrations/monitors/monitors.html", context, status=status)


def _known(request: StaffRequest, uses: list[MonitorUse]) -> set[int]:
    """The stays among them that the person may know of: of any other the list says that the monitor is on somebody."""
    present = [use.present.encounter_id for use in uses if use.present is not None]  # type: ignore[attr-defined]
    if not present:
        return set()
    return set(encounters_for(request.user).filter(pk__in=present).values_list("pk", flat=True))


@requires(permissions.ATTACH)
@require_POST
def scan(request: StaffRequest) -> HttpResponse:
    """A monitor's barcode and a patient's wristband, in whichever order: the second of the two puts it on."""
    form = ScanForm(request.POST)
    form.is_valid()
    told = form.cleaned_data
    code = tidy(told.get("code") or "")
    user = request.user
    monitor = monitor_held(user, told.get("monitor"))
    stay = access_measured(user, told["stay"]) if told.get("stay") else None
    if (found := monitor_of_label(user, code)) is not None:
        monitor = found
    elif code and (scanned := stay_of_wristband(user, code)) is not None:
        stay = access_measured(user, scanned.uuid)
    else:
        messages.error(
            request, _("No monitor and no patient of your wards has this code: %(code)s") % {"code": code}
        )
        return _page(request, 422, held=monitor, stay=stay)
    if monitor is None or stay is None:
        return _page(request, held=monitor, stay=stay)
    try:
        services.attach(monitor=monitor, stay=stay, by=user, key=told.get("key") or uuid.uuid4())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _page(request, 422, held=monitor)
    said = {"monitor": monitor.name, "patient": stay.patient.full_name}
    messages.success(request, _("%(monitor)s is on %(patient)s now.") % said)
    return redirect("integrations:monitors:monitors")


@requires(permissions.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Register a monitor, perhaps one that has been seen already."""
    form = MonitorForm(request.POST or None, by=request.user, initial=_seen(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.register_monitor(by=request.user, **_cleaned(form))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The monitor is registered: scan it with a wristband."))
            return redirect("integrations:monitors:monitors")
    return render(
        request, "integrations/monitors/add.html", {"form": form}, status=422 if form.errors else 200
    )


def _cleaned(form: MonitorForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name in form.fields}


def _seen(request: StaffRequest) -> dict[str, Any]:
    try:
        seen = seen_for(request.user, UUID(request.GET.get("seen", "")))
    except ValueError:
        return {}
    return {"channel": seen.channel_id, "identifier": seen.identifier} if seen is not None else {}


@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def monitor(request: StaffRequest, monitor_uuid: UUID) -> HttpResponse:
    """One monitor: where it was, and (by POST) what is known of it."""
    if request.method != "POST":
        found = access_monitor(request.user, monitor_uuid)
        record("monitor.read", by=request.user, of=found)
        return _one(request, found)
    found = access_monitor(request.user, monitor_uuid, permissions.MANAGE)
    form = MonitorForm(request.POST, instance=found, by=request.user)
    if form.is_valid():
        try:
            services.keep_monitor(monitor=found, by=request.user, **_cleaned(form))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("integrations:monitors:monitor", found.uuid)
    return _one(request, found, form=form, status=422)


def _one(
    request: StaffRequest, found: Monitor, *, form: MonitorForm | None = None, status: int = 200
) -> HttpResponse:
    user = request.user
    uses = list(selectors.uses_of(found)[:_USES_SHOWN])
    stays = [use.place.encounter_id for use in uses if use.place is not None]
    manages = user.has_right(permissions.MANAGE) and (user.has_right(permissions.MANAGE, found.department_id))
    context = {
        "monitor": found,
        "form": (form or MonitorForm(instance=found, by=user)) if manages else None,
        "bed_form": BedForm(by=user, monitor=found) if found.is_active and beds_for(user, found) else None,
        "uses": uses,
        "running": next((use for use in uses if use.ends_at is None), None),
        "known": set(encounters_for(user).filter(pk__in=stays).values_list("pk", flat=True)),
        "may_attach": user.has_right(permissions.ATTACH, found.department_id),
    }
    return render(request, "integrations/monitors/monitor.html", context, status=status)


@requires(permissions.ATTACH)
@require_POST
def at_bed(request: StaffRequest, monitor_uuid: UUID) -> HttpResponse:
    """The monitor stands at a bed: it measures whoever lies there."""
    found = access_monitor(request.user, monitor_uuid, permissions.ATTACH)
    form = BedForm(request.POST, by=request.user, monitor=found)
    if not form.is_valid():
        messages.error(request, _("Choose a bed of the ward."))
        return redirect("integrations:monitors:monitor", found.uuid)
    try:
        services.attach(
            monitor=found, bed=form.cleaned_data["bed"], by=request.user, key=form.cleaned_data["key"]
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It measures whoever lies in this bed now."))
    return redirect("integrations:monitors:monitor", found.uuid)


@requires(permissions.ATTACH)
@require_POST
def free(request: StaffRequest, monitor_uuid: UUID) -> HttpResponse:
    """Take the monitor off."""
    found = access_monitor(request.user, monitor_uuid, permissions.ATTACH)
    services.detach(monitor=found, by=request.user)
    messages.success(request, _("%(monitor)s is free.") % {"monitor": found.name})
    return redirect("integrations:monitors:monitors")
