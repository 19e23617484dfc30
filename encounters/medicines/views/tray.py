"""The tray: what the ward needs, filling it, labels, batches, what comes back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.medicines import permissions
from encounters.medicines.access import access_dose, access_tray, my_departments
from encounters.medicines.forms import BatchForm, ReturnForm, said
from encounters.medicines.models import DueDose, TrayReturn
from encounters.medicines.selectors.tray import (
    doses_of_tray,
    portions_of,
    returns_of_tray,
    totals_of,
    trays_of,
    wanted_doses,
)
from encounters.medicines.services import tray as services
from encounters.visits.access import access_encounter
from encounters.visits.shifts import shift_at

FORMS = {"pdf": "application/pdf", "zpl": "application/zpl"}
_KEPT = "medicine_tray"
PAGE_SIZE = 30


def _asked(
    request: StaffRequest,
) -> tuple[Organization | None, list[Organization], str, dt.datetime, dt.datetime]:
    """The department and the time that the page shows: this shift or the next."""
    kept: dict[str, str] = request.session.get(_KEPT, {})
    departments = my_departments(request.user, permissions.PREPARE)
    department = next((d for d in departments if str(d.pk) == kept.get("department")), None)
    department = department or next(iter(departments), None)
    which = kept.get("span") or "this"
    shift = shift_at(request.user.facility_id, now())
    if which == "next":
        shift = shift_at(request.user.facility_id, shift.end)
    return department, departments, which, shift.start, shift.end


@requires(permissions.PREPARE)
@require_http_methods(["GET", "HEAD", "POST"])
def tray(request: StaffRequest) -> HttpResponse:
    """What the ward needs in the shift and isn't on a tray yet; the trays that were filled."""
    if request.method == "POST":
        request.session[_KEPT] = {name: request.POST.get(name, "")[:20] for name in ("department", "span")}
        return redirect("encounters:medicines:tray")
    department, departments, which, start, end = _asked(request)
    doses = list(wanted_doses(request.user, department, start, end)) if department is not None else []
    page = Paginator(trays_of(departments), PAGE_SIZE).get_page(request.GET.get("page"))
    record("ward_tray.list", by=request.user, detail={"doses": len(doses)})
    context = {
        "department": department,
        "departments": departments,
        "which": which,
        "start": start,
        "end": end,
        "lines": totals_of(doses),
        "portions": portions_of(doses),
        "page": page,
        "key": str(uuid.uuid4()),
    }
    return render(request, "encounters/medicines/tray.html", context)


@require_POST
@requires(permissions.PREPARE)
def fill(request: StaffRequest) -> HttpResponse:
    """Fill the tray that the page showed."""
    department, _departments, _which, start, end = _asked(request)
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return HttpResponse(status=400)
    if department is None:
        return redirect("encounters:medicines:tray")
    try:
        filled = services.fill_tray(department=department, start=start, end=end, key=key, by=request.user)
    except DomainError as refusal:
        messages.info(request, str(refusal))
        return redirect("encounters:medicines:tray")
    return redirect("encounters:medicines:tray_filled", filled.uuid)


@require_safe
@requires(permissions.PREPARE)
def filled(request: StaffRequest, tray_uuid: UUID) -> HttpResponse:
    """A tray: its total, who gets what, batches, what came back."""
    found = access_tray(request.user, tray_uuid)
    doses = doses_of_tray(request.user, found)
    record("ward_tray.read", by=request.user, of=found)
    waiting = [d for d in doses if (d.outcome == "not-given" or d.ended) and not hasattr(d, "returned")]
    context = {
        "tray": found,
        "portions": portions_of(doses),
        "waiting": waiting,
        "unprinted": sum(not dose.label_count for dose in doses),
        "where": TrayReturn.Where.choices,
        "returns": returns_of_tray(request.user, found),
    }
    return render(request, "encounters/medicines/tray_filled.html", context)


@require_POST
@requires(permissions.PREPARE)
def tray_labels(request: StaffRequest, tray_uuid: UUID) -> HttpResponse:
    """The labels of the tray's doses: those not printed yet, or all again (`again`)."""
    found = access_tray(request.user, tray_uuid)
    doses = doses_of_tray(request.user, found)
    chosen = [dose for dose in doses if not dose.label_count] if not request.POST.get("again") else doses
    return answer_labels(request, chosen or doses)


@require_POST
@requires(permissions.PREPARE)
def labels_of_stay(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """The labels of one patient's open doses of this shift, tray or not."""
    stay = access_encounter(request.user, encounter, permissions.PREPARE)
    end = shift_at(stay.facility_id, now()).end
    wanted = DueDose.objects.filter(
        encounter=stay, outcome="", ended="", due_at__gte=now() - dt.timedelta(hours=12), due_at__lt=end
    )
    doses = services.number_doses(encounter=stay, doses=wanted, by=request.user)
    return answer_labels(request, doses)


def answer_labels(request: StaffRequest, doses: Sequence[DueDose]) -> HttpResponse:
    """The labels as PDF or ZPL by the form's `format`; each is counted, so that a reprint is known as one."""
    # WeasyPrint is loaded by who prints, not by every process.
    from encounters.medicines import labels  # noqa: PLC0415

    form = request.POST.get("format", "pdf")
    form = form if form in FORMS else "pdf"
    if not doses:
        return HttpResponse(status=204)
    services.count_labels(doses=doses, by=request.user, form=form)
    shown = labels.dose_labels(doses)
    if form == "zpl":
        response = HttpResponse(labels.labels_zpl(shown), content_type=FORMS[form])
        response["Content-Disposition"] = 'attachment; filename="labels.zpl"'
        return response
    response = HttpResponse(labels.labels_pdf(shown), content_type=FORMS[form])
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response


@require_POST
@requires(permissions.PREPARE)
def batch(request: StaffRequest, tray_uuid: UUID) -> HttpResponse:
    """Batch and expiry of one line."""
    found = access_tray(request.user, tray_uuid)
    form = BatchForm(request.POST)
    if form.is_valid():
        services.note_batch(tray=found, by=request.user, **form.cleaned_data)
    else:
        messages.warning(request, said(form))
    return redirect("encounters:medicines:tray_filled", found.uuid)


@require_POST
@requires(permissions.PREPARE)
def give_back(request: StaffRequest, tray_uuid: UUID) -> HttpResponse:
    """A dose of the tray that wasn't given goes back or away."""
    found = access_tray(request.user, tray_uuid)
    form = ReturnForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form))
        dose = access_dose(request.user, form.cleaned_data["dose"], permissions.PREPARE)
        services.return_dose(dose=dose, where=form.cleaned_data["where"], by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return redirect("encounters:medicines:tray_filled", found.uuid)
