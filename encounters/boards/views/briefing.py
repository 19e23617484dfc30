"""The 7 o'clock briefing: on the screen, on paper, as a spreadsheet; who stands behind a number."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common import sheets
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.ui.limits import at_most, heavy
from encounters.boards import permissions, services
from encounters.boards.charts import trend_chart
from encounters.boards.columns import BRIEFING_COLUMNS, LISTED, cells_of
from encounters.boards.forms import day_of
from encounters.boards.models import BoardPrint
from encounters.boards.paper import briefing_on_paper
from encounters.boards.periods import BriefingDay, briefing_day
from encounters.boards.selectors.briefing import (
    Briefing,
    Numbers,
    activity_of,
    briefing_of,
    departments_of,
    trend_of,
)
from encounters.boards.selectors.patients import patients_behind, reads_charts

PAGE = 50


def _day(request: StaffRequest) -> BriefingDay:
    asked = request.POST if request.method == "POST" else request.GET
    return briefing_day(request.user.facility_id, day_of(asked))


def _briefing(request: StaffRequest, day: BriefingDay) -> Briefing:
    return briefing_of(request.user, day, briefing_day(request.user.facility_id, day.before))


def _cells(numbers: Numbers, department: Organization | None, *, opens: bool) -> list[Any]:
    """(number, address of the patients behind it or "") in the order of the columns."""

    def behind(name: str) -> str:
        if department is None:
            return reverse("encounters:boards:patients", args=[name])
        return reverse("encounters:boards:patients_of", args=[name, department.uuid])

    return [
        (value, behind(name) if opens and value and name in LISTED else "")
        for (name, _title), value in zip(BRIEFING_COLUMNS, cells_of(numbers), strict=True)
    ]


@requires(permissions.READ)
@require_safe
@heavy
def briefing(request: StaffRequest) -> HttpResponse:
    """A day's numbers by department, beside the day before; numbers lead to the patients for who may open the charts."""
    user, day = request.user, _day(request)
    found = _briefing(request, day)
    whole = departments_of(user) is None
    record("briefing.read", by=user, detail={"day": day.day.isoformat()})
    total, before = found.total, found.before
    context = {
        "day": day,
        "columns": [title for _name, title in BRIEFING_COLUMNS],
        "rows": [
            (
                row.department,
                _cells(
                    row.numbers,
                    row.department,
                    opens=row.department is not None and reads_charts(user, row.department),
                ),
            )
            for row in found.rows
        ],
        "total": _cells(total, None, opens=whole and reads_charts(user, None)),
        "tiles": _tiles(total, before),
        "before": cells_of(before),
        "activity": activity_of(user, day),
        "trend": trend_chart(trend_of(user, day, total.at_end)) if whole else None,
        "may_books": user.has_right(permissions.BOOKS),
    }
    return render(request, "encounters/boards/briefing.html", context)


def _tiles(total: Numbers, before: Numbers) -> list[tuple[str, int | None, int | None, str]]:
    """(title, number, difference to the day before, unit) of what is said first."""

    def tile(title: str, name: str, unit: str = "") -> tuple[str, int | None, int | None, str]:
        value, earlier = getattr(total, name), getattr(before, name)
        return title, value, None if value is None or earlier is None else value - earlier, unit

    return [
        tile(_("In the house"), "at_end"),
        tile(_("Came in"), "admitted"),
        tile(_("Went out"), "left"),
        tile(_("Referred"), "referred"),
        tile(_("Deaths"), "died"),
        tile(_("Severely ill"), "severe"),
        tile(_("Occupancy"), "occupancy", "%"),
    ]


@requires(permissions.READ)
@require_safe
def panel(request: StaffRequest) -> HttpResponse:
    """The home page's card: the newest briefing in a few numbers."""
    day = _day(request)
    found = _briefing(request, day)
    context = {"day": day, "tiles": _tiles(found.total, found.before)}
    return render(request, "encounters/boards/_panel.html", context)


@requires(permissions.READ)
@require_safe
@heavy
def patients(request: StaffRequest, what: str, department_uuid: UUID | None = None) -> HttpResponse:
    """Who stands behind a number, for who may open these charts; what is kept closely is counted alone."""
    if what not in LISTED:
        raise Http404
    user, day = request.user, _day(request)
    department = _department(request, department_uuid)
    if not reads_charts(user, department):
        raise Denied("briefing.list", entity=department, hidden=False)
    behind = patients_behind(user, day, what, department)
    page = Paginator(behind.places, PAGE).get_page(request.GET.get("page"))
    detail = {"day": day.day.isoformat(), "number": what, "count": len(page.object_list)}
    record("briefing.list", by=user, of=department, detail=detail)
    context = {
        "day": day,
        "page": page,
        "hidden": behind.hidden,
        "department": department,
        "title": dict(BRIEFING_COLUMNS)[what],
    }
    return render(request, "encounters/boards/patients.html", context)


def _department(request: StaffRequest, department_uuid: UUID | None) -> Organization | None:
    mine = departments_of(request.user)
    if department_uuid is None:
        if mine is not None:
            raise Denied("briefing.list")
        return None
    found = Organization.objects.filter(
        uuid=department_uuid, parent=request.user.facility_id, kind=Organization.Kind.DEPARTMENT
    ).first()
    if found is None or (mine is not None and found.pk not in mine):
        raise Denied("briefing.list", entity=found)
    return found


@requires(permissions.READ)
@require_safe
@heavy
@at_most(10)
@fresh(RECENT_MINUTES)
def export(request: StaffRequest) -> HttpResponse:
    """The same numbers as XLSX."""
    day = _day(request)
    found = _briefing(request, day)
    rows = [
        [row.department.name if row.department else _("Place not known"), *cells_of(row.numbers)]
        for row in found.rows
    ]
    rows += [[_("Together"), *cells_of(found.total)], [_("The day before"), *cells_of(found.before)]]
    heads = [_("Department"), *(str(title) for _name, title in BRIEFING_COLUMNS)]
    record("briefing.export", by=request.user, detail={"day": day.day.isoformat(), "count": len(rows)})
    response = HttpResponse(sheets.as_xlsx(_("Morning briefing"), heads, rows), content_type=sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="giao-ban-{day.day:%Y%m%d}.xlsx"'
    return response


@requires(permissions.READ)
@require_POST
@heavy
def ask_print(request: StaffRequest) -> HttpResponse:
    """Ask for the briefing on paper."""
    user, day = request.user, _day(request)
    content = briefing_on_paper(_briefing(request, day), activity_of(user, day), day, user)
    try:
        asked = services.request_board_print(kind=BoardPrint.Kind.BRIEFING, content=content, by=user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("encounters:boards:briefing")
    return redirect("encounters:boards:print", asked.uuid)
