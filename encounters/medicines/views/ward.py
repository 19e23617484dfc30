"""Whose medicines are due in my wards; where a scanned wristband leads; what waits to be settled."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.common.vietnamese import tidy
from encounters.medicines import permissions, services
from encounters.medicines.access import access_conflict, labelled_dose, my_departments
from encounters.medicines.forms import SettleForm, said
from encounters.medicines.models import GivingConflict
from encounters.medicines.selectors.worklist import (
    WorklistFilter,
    chips,
    open_conflicts,
    refused_events,
    rows_of,
    wanted_stays,
)
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.wristband import remember_wristband

PAGE_SIZE = 40
_KEPT = "medicine_list"


def _filter(request: StaffRequest) -> tuple[WorklistFilter, list[Organization], str]:
    """What the list shows, kept for the way back; the departments to choose from; the page."""
    kept = kept_filter(request, _KEPT)
    departments = my_departments(request.user, permissions.GIVE)
    department = next((d.pk for d in departments if str(d.pk) == kept.get("department")), None)
    wanted = WorklistFilter(chip=kept.get("chip") or "due", department_id=department, words=kept.get("q", ""))
    return wanted, departments, kept.get("page") or "1"


@requires(permissions.GIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: StaffRequest) -> HttpResponse:
    """The patients with something to give. Filters travel by POST: a name never stands in an address."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        if not request.htmx:
            return redirect("encounters:medicines:ward")
    wanted, departments, number = _filter(request)
    page = Paginator(wanted_stays(request.user, wanted), PAGE_SIZE).get_page(number)
    rows = rows_of(list(page.object_list))
    record("due_dose.list", by=request.user, detail={"chip": wanted.chip[:12], "count": len(rows)})
    context = {
        "page": page,
        "rows": rows,
        "chips": chips(request.user, wanted),
        "wanted": wanted,
        "departments": departments,
    }
    template = "encounters/medicines/_ward.html" if request.htmx else "encounters/medicines/ward.html"
    return render(request, template, context)


@require_POST
@requires(permissions.GIVE)
def scan(request: StaffRequest) -> HttpResponse:
    """A wristband opens its patient's medicines; a label alone gives nothing: the wristband comes first."""
    code = tidy(request.POST.get("code", ""))[:40]
    stay = stay_of_wristband(request.user, code) if code else None
    if stay is not None:
        remember_wristband(request, stay)
        return redirect("encounters:medicines:patient", stay.uuid)
    if code and labelled_dose(request.user, code) is not None:
        messages.warning(request, _("Scan the patient's wristband first, then the label."))
    else:
        messages.error(request, _("No patient of your wards has this number: %(code)s") % {"code": code})
    return redirect("encounters:medicines:ward")


@require_safe
@polled
@requires(permissions.GIVE)
def due(request: StaffRequest) -> HttpResponse:
    """Home panel: patients with something to give, counted."""
    counted = [chip for chip in chips(request.user, WorklistFilter()) if chip.key != "all" and chip.count]
    return render(request, "encounters/medicines/_due.html", {"chips": counted})


@require_safe
@requires(permissions.SETTLE)
def conflicts(request: StaffRequest) -> HttpResponse:
    """What devices told afterwards and couldn't stand."""
    page = Paginator(open_conflicts(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    record("giving_conflict.list", by=request.user, detail={"count": len(page.object_list)})
    outcomes = [choice for choice in GivingConflict.Outcome.choices if choice[0]]
    context = {"page": page, "outcomes": outcomes, "refused": refused_events(request.user)}
    return render(request, "encounters/medicines/conflicts.html", context)


@require_POST
@requires(permissions.SETTLE)
def settle(request: StaffRequest, conflict_uuid: UUID) -> HttpResponse:
    """Say what really happened."""
    conflict = access_conflict(request.user, conflict_uuid)
    form = SettleForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form))
        services.settle_conflict(conflict=conflict, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return redirect("encounters:medicines:conflicts")
