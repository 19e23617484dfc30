"""Where records stand: by state, department and age; unsigned by person; the share without paper by month."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.doors import fresh
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.ui.limits import at_most, heavy
from encounters.boards import permissions
from encounters.boards.charts import months_chart, stacks_of
from encounters.boards.selectors import records as selectors
from encounters.documents import permissions as documents
from encounters.records import permissions as records
from encounters.records.selectors.worklist import hand_in_days

# On the screen; all of them stand in the spreadsheet.
_PEOPLE = 30


def _ages() -> list[str]:
    found, first = [], 0
    for last in selectors.AGES:
        if last is None:
            found.append(_("over %d days") % (first - 1))
        else:
            found.append(_("%(first)d–%(last)d days") % {"first": first, "last": last})
            first = last + 1
    return found


@requires(permissions.READ)
@require_safe
@heavy
def board(request: StaffRequest) -> HttpResponse:
    """The board; what leads further is shown to who may go there."""
    user = request.user
    rows, total = selectors.records_under_way(user)
    unsigned = selectors.unsigned_by_person(user)
    months = selectors.electronic_by_month(user)
    record("record.list", by=user, detail={"board": True, "count": total.total})
    context = {
        "rows": rows,
        "total": total,
        "states": [(state.value, state.label) for state in selectors.UNDER_WAY],
        "stacks": stacks_of(rows),
        "ages": _ages(),
        "days": hand_in_days(user.facility_id),
        "unsigned": unsigned[:_PEOPLE],
        "more": len(unsigned) - _PEOPLE,
        "months": months,
        "chart": months_chart(months),
        "year": _sum(months),
        "may_records": user.has_right(records.OVERSEE),
        "may_documents": user.has_right(documents.OVERSEE),
        "may_books": user.has_right(permissions.BOOKS),
    }
    return render(request, "encounters/boards/records.html", context)


def _sum(months: list[selectors.MonthOfRecords]) -> selectors.MonthOfRecords:
    return selectors.MonthOfRecords(
        months[0].first,
        sum(month.total for month in months),
        sum(month.electronic for month in months),
        sum(month.archived for month in months),
    )


@requires(permissions.READ)
@require_safe
@heavy
@at_most(10)
@fresh(RECENT_MINUTES)
def export(request: StaffRequest) -> HttpResponse:
    """Departments by state and age, then people by what they haven't signed, as XLSX."""
    rows, total = selectors.records_under_way(request.user)
    states = [str(state.label) for state in selectors.UNDER_WAY]
    heads = [
        _("Department or person"),
        *states,
        *_ages(),
        _("Too late"),
        _("Unsigned"),
        _("Overdue"),
        _("Drafts"),
    ]
    lines: list[list[sheets.Cell]] = [
        [name, *numbers.states.values(), *numbers.ages, numbers.late, None, None, None, None]
        for name, numbers in [*((row.name, row.numbers) for row in rows), (_("Together"), total)]
    ]
    blank: list[sheets.Cell] = [None] * (len(states) + len(selectors.AGES) + 1)
    lines += [
        [row.name, *blank, row.waits, row.unsigned, row.overdue, row.drafts]
        for row in selectors.unsigned_by_person(request.user)
    ]
    record("record.export", by=request.user, detail={"count": len(lines)})
    response = HttpResponse(sheets.as_xlsx(_("Records"), heads, lines), content_type=sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="tinh-hinh-ho-so-{local_today():%Y%m%d}.xlsx"'
    return response
