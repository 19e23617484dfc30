"""How many repeated tests were avoided in a month, and what that saved."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.http import StaffRequest
from emr.common.sheets import CSV, as_csv
from encounters.orders import permissions
from encounters.orders.selectors.savings import (
    Month,
    Saving,
    reasons_for_repeating,
    savings_by_department,
    savings_by_service,
    total_of,
)


@require_safe
@requires(permissions.READ_SAVINGS)
def savings(request: StaffRequest) -> HttpResponse:
    """The month's report: by test, by department, and why tests were repeated."""
    month = Month.of(request.GET.get("month", ""), local_today())
    facility_id = request.user.facility_id
    services = savings_by_service(facility_id, month)
    record("savings.read", by=request.user, detail={"month": str(month)})
    context = {
        "month": month,
        "services": services,
        "departments": savings_by_department(facility_id, month),
        "total": total_of(services),
        "repeats": reasons_for_repeating(facility_id, month),
        "is_present": month == Month.of("", local_today()),
    }
    return render(request, "encounters/orders/savings.html", context)


@require_safe
@requires(permissions.READ_SAVINGS)
def savings_file(request: StaffRequest) -> HttpResponse:
    """The same as CSV: departments and tests in one table; no patient is named."""
    month = Month.of(request.GET.get("month", ""), local_today())
    facility_id = request.user.facility_id
    columns = [
        _("Month"),
        _("By"),
        _("Code"),
        _("Name"),
        _("Asked about"),
        _("Used again"),
        _("Repeated"),
        _("Saved (đồng)"),
        _("Without a price"),
    ]

    def row(by: str, one: Saving) -> list[str]:
        counts = (one.asked, one.reused, one.repeated, f"{one.saved:f}", one.unpriced)
        return [str(month), by, one.code, one.text, *map(str, counts)]

    rows = [row(pgettext("savings", "test"), one) for one in savings_by_service(facility_id, month)]
    rows += [row(pgettext("savings", "department"), one) for one in savings_by_department(facility_id, month)]
    record("savings.export", by=request.user, detail={"month": str(month), "rows": len(rows)})
    response = HttpResponse(as_csv(columns, rows), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="savings-{month}.csv"'
    return response
