"""Lists of records: by state, who is late, the planning office's sample."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.doors import fresh
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.ui.limits import at_most, heavy
from encounters.completeness.selectors import counts_by_stay
from encounters.records import permissions
from encounters.records.selectors import worklist as selectors
from encounters.visits.forms.fields import clinical_departments

PAGE, EXPORTED, PER_DOCTOR = 50, 5000, 2
_KEPT = "records"
_FIRST_CHIP = {
    permissions.CHECK: "submitted",
    permissions.ARCHIVE: "accepted",
    permissions.COUNTERSIGN: "completed",
    permissions.COMPLETE: "open",
    permissions.SUBMIT: "countersigned",
    permissions.OVERSEE: "late",
}


def _first_chip(request: StaffRequest) -> str:
    held = (chip for right, chip in _FIRST_CHIP.items() if request.user.has_right(right))
    return next(held, "all")


def _wanted(request: StaffRequest) -> selectors.RecordFilter:
    kept = kept_filter(request, _KEPT)
    return selectors.RecordFilter(
        chip=kept.get("chip") or _first_chip(request),
        department_id=_number(kept.get("department", "")),
        doctor_id=_number(kept.get("doctor", "")),
        words=kept.get("q", ""),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _found(request: StaffRequest) -> tuple[selectors.Records, selectors.Records, selectors.RecordFilter]:
    wanted = _wanted(request)
    everything = selectors.records_for(request.user)
    return everything, selectors.found_among(everything, request.user.facility_id, wanted), wanted


@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def worklist(request: StaffRequest) -> HttpResponse:
    """Records by state with counts, department, doctor; what is looked for travels by POST and is kept."""
    user = request.user
    if request.method == "POST":
        keep_filter(request, _KEPT)
        request.session[_KEPT] |= {"doctor": request.POST.get("doctor", "")[:20]}
        if not request.htmx:
            return redirect("encounters:records:list")
    everything, found, wanted = _found(request)
    page = Paginator(found, PAGE).get_page(kept_filter(request, _KEPT).get("page") or 1)
    gaps = counts_by_stay([stay.pk for stay in page.object_list])
    days = selectors.hand_in_days(user.facility_id)
    record("record.list", by=user, detail={"chip": wanted.chip, "count": len(page.object_list)})
    context = {
        "page": page,
        "rows": [selectors.row_of(stay, days, gaps.get(stay.pk, (0, 0))) for stay in page.object_list],
        "chips": selectors.chips_of(everything, user.facility_id),
        "wanted": wanted,
        "departments": [
            d for d in clinical_departments(user.facility_id) if user.has_right(permissions.READ, d.pk)
        ],
        "doctors": selectors.doctors_among(everything),
        "days": days,
    }
    template = "encounters/records/_list.html" if request.htmx else "encounters/records/list.html"
    return render(request, template, context)


@requires(permissions.OVERSEE)
@require_safe
@heavy
@at_most(10)
@fresh(minutes=15)
def export(request: StaffRequest) -> HttpResponse:
    """The list as it is filtered now, as XLSX."""
    _everything, found, wanted = _found(request)
    days = selectors.hand_in_days(request.user.facility_id)
    heads = [
        _("Patient"), _("Treatment code"), _("Admission no."), _("Archive no."), _("Department"), _("Doctor"),
        _("Discharge"), _("State of the record"), _("To be handed in by"), _("Days left"),
    ]  # fmt: skip
    rows = [_line(selectors.row_of(stay, days)) for stay in found[:EXPORTED]]
    record("record.export", by=request.user, detail={"chip": wanted.chip, "count": len(rows)})
    response = HttpResponse(sheets.as_xlsx(_("Records"), heads, rows), content_type=sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="ho-so-{local_today():%Y%m%d}.xlsx"'
    return response


def _line(row: selectors.Row) -> list[Any]:
    stay: Any = row.stay
    return [
        stay.patient.full_name,
        stay.identifier,
        stay.admission_number,
        stay.archive_number,
        stay.department.name if stay.department else "",
        stay.doctor_name or "",
        timezone.localdate(stay.ended_at),
        str(stay.get_record_state_display()),
        row.due_on,
        row.days_left,
    ]


@requires(permissions.READ)
@require_safe
def panel(request: StaffRequest) -> HttpResponse:
    """The home page's card: what waits for this person's step, the most urgent first."""
    user = request.user
    everything = selectors.records_for(user)
    chip = _first_chip(request)
    wanted = selectors.RecordFilter(chip=chip, doctor_id=user.pk if chip == "open" else None)
    days = selectors.hand_in_days(user.facility_id)
    rows = selectors.found_among(everything, user.facility_id, wanted)[:6]
    context = {
        "chips": [c for c in selectors.chips_of(everything, user.facility_id) if c.key != "all" and c.count],
        "rows": [selectors.row_of(stay, days) for stay in rows],
    }
    return render(request, "encounters/records/_panel.html", context)


@requires(permissions.OVERSEE)
@require_safe
@heavy
def late(request: StaffRequest) -> HttpResponse:
    """Records that should have been handed in, by doctor and by department."""
    found = selectors.records_for(request.user, permissions.OVERSEE)
    facility_id = request.user.facility_id
    by_doctor = selectors.late_by(found, facility_id, "doctor")
    by_department = selectors.late_by(found, facility_id, "department")
    context = {
        "tables": [
            ("doctor", _("By doctor"), by_doctor),
            ("department", _("By department"), by_department),
        ],
        "days": selectors.hand_in_days(facility_id),
    }
    record("record.overdue", by=request.user, detail={"count": sum(row.count for row in by_department)})
    return render(request, "encounters/records/late.html", context)


@requires(permissions.CHECK)
@require_safe
def sample(request: StaffRequest) -> HttpResponse:
    """A few submitted records of each doctor, drawn by lot for the day: what the planning office checks by sample."""
    typed = request.GET.get("each", "")
    each = min(max(int(typed), 1), 20) if typed.isdigit() else PER_DOCTOR
    page = Paginator(selectors.sample_of(selectors.records_for(request.user), each), PAGE).get_page(
        request.GET.get("page")
    )
    record("record.list", by=request.user, detail={"sample": each, "count": page.paginator.count})
    return render(request, "encounters/records/sample.html", {"page": page, "each": each})
