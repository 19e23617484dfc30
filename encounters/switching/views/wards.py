"""How each department keeps its records: the list, one department with its history and the next decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import demand, requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.switching import permissions, selectors, services
from encounters.switching.access import access_department
from encounters.switching.forms import ModeForm
from encounters.switching.models import WardMode


@requires(permissions.OVERSEE)
@require_safe
def wards(request: StaffRequest) -> HttpResponse:
    """Every department with patients: how it keeps records today, by which decision, and what begins later."""
    today = local_today()
    book = selectors.ModeBook(request.user.facility_id)
    rows = [
        {
            "department": department,
            "mode": book.mode(department.pk, today),
            "holding": book.holding(department.pk, today),
            "planned": next(iter(book.planned(department.pk, today)), None),
        }
        for department in selectors.departments_of(request.user.facility_id)
    ]
    record("ward_mode.list", by=request.user, detail={"count": len(rows)})
    counts = [(code, name, sum(row["mode"] == code for row in rows)) for code, name in WardMode.Mode.choices]
    chosen = request.GET.get("mode", "")
    if chosen in WardMode.Mode.values:
        rows = [row for row in rows if row["mode"] == chosen]
    context = {"rows": rows, "counts": counts, "chosen": chosen, "names": dict(WardMode.Mode.choices)}
    return render(request, "encounters/switching/wards.html", context)


@requires(permissions.OVERSEE)
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """One department's decisions, and the form of the next for who may decide."""
    department = access_department(request.user, department_uuid)
    history = list(selectors.decisions_of(department))
    form = ModeForm(request.POST or None, initial={"after": len(history)})
    status = 200
    if request.method == "POST":
        demand(request.user, permissions.SET)
        status = 422
        if form.is_valid():
            try:
                services.set_mode(department=department, by=request.user, **form.cleaned_data)
            except DomainError as refusal:
                status = 409 if isinstance(refusal, Conflict) else 422
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("The decision is kept."))
                return redirect("encounters:switching:ward", department.uuid)
    else:
        record("ward_mode.read", by=request.user, detail={"department": department.code})
    return render(
        request, "encounters/switching/ward.html", _context(request, department, history, form), status=status
    )


def _context(
    request: StaffRequest, department: Any, history: list[WardMode], form: ModeForm
) -> dict[str, Any]:
    today = local_today()
    book = selectors.ModeBook(request.user.facility_id)
    return {
        "department": department,
        "history": history,
        "form": form,
        "today": today,
        "mode": book.mode(department.pk, today),
        "names": dict(WardMode.Mode.choices),
        "holding": book.holding(department.pk, today),
        "may_set": request.user.has_right(permissions.SET),
    }
