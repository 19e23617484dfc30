"""Check marks: each answer is one line of the list, as small as it can be."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.bedside import identity, permissions, selectors, services
from encounters.bedside.access import access_execution, access_task
from encounters.bedside.forms import TakeBackForm, TickForm, said
from encounters.bedside.models import Execution
from encounters.orders.models import ServiceRequest
from encounters.visits.shifts import shifts_around

_WAITED = dt.timedelta(minutes=15)


def _late_reason(happened_at: dt.datetime) -> str:
    """What stands beside an entry that waited on its device for the line (R-21)."""
    waited = now() - happened_at > _WAITED
    return _("It waited on the device: there was no connection.") if waited else ""


def _answer(
    request: StaffRequest,
    order: ServiceRequest,
    slot_at: Any,
    status: int = 200,
    refusal: str = "",
    **more: Any,
) -> HttpResponse:
    """The task's line as it stands now; without our script, the patient's page."""
    if "X-Fragment" not in request.headers:
        if refusal:
            messages.error(request, refusal)
        return redirect("encounters:bedside:patient", order.encounter.uuid)
    task = selectors.task_at(order, slot_at, shifts_around(order.facility_id, slot_at)) if slot_at else None
    context = {
        "task": task,
        "order": order,
        "encounter": order.encounter,
        "refusal": refusal,
        "identity": request.POST.get("identity", ""),
        "reasons": Execution.Reason.choices,
        "may_perform": True,
    }
    return render(request, "encounters/bedside/_task.html", context | more, status=status)


@require_POST
@requires(permissions.PERFORM)
def tick(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Done, or not done and why. 200 with the line; 409 where somebody or something came first; 422 to be put right."""
    order = access_task(request.user, order_uuid)
    form = TickForm(request.POST)
    if not form.is_valid():
        slot_at = form.cleaned_data.get("slot_at")
        return _answer(request, order, slot_at, 422, said(form), posted=request.POST)
    told = form.cleaned_data
    happened_at = told["happened_at"] or now()
    try:
        proof = identity.demand_identity(
            request.POST.get("identity", ""),
            user=request.user,
            encounter=order.encounter,
            happened_at=happened_at,
        )
        services.record_execution(
            order=order,
            slot_at=told["slot_at"],
            outcome=told["outcome"],
            key=told["key"],
            happened_at=happened_at,
            identified=proof.how,
            reason=told["reason"],
            note=told["note"],
            late_reason=_late_reason(happened_at),
            by=request.user,
        )
    except (Conflict, identity.NotIdentified) as refusal:
        return _answer(request, order, told["slot_at"], 409, str(refusal), posted=request.POST)
    except DomainError as refusal:
        return _answer(request, order, told["slot_at"], 422, str(refusal), posted=request.POST)
    order.refresh_from_db()
    return _answer(request, order, told["slot_at"])


@require_POST
@requires(permissions.PERFORM)
def take_back(request: StaffRequest, execution_uuid: UUID) -> HttpResponse:
    """It wasn't so: the time is open again."""
    execution = access_execution(request.user, execution_uuid)
    form = TakeBackForm(request.POST)
    order = execution.order
    order.encounter = execution.encounter
    if not form.is_valid():
        return _answer(request, order, execution.slot_at, 422, said(form), posted=request.POST)
    try:
        services.take_back_execution(
            execution=execution,
            reason=form.cleaned_data["note"],
            key=form.cleaned_data["key"],
            by=request.user,
        )
    except Conflict as refusal:
        return _answer(request, order, execution.slot_at, 409, str(refusal))
    except DomainError as refusal:
        return _answer(request, order, execution.slot_at, 422, str(refusal), posted=request.POST)
    order.refresh_from_db()
    order.encounter = execution.encounter
    if "X-Fragment" not in request.headers:
        messages.success(request, _("Taken back."))
    return _answer(request, order, execution.slot_at)
