"""What signatures cost, by month and by who keeps the keys: numbers alone, no document and no patient."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from signatures.providers import permissions
from signatures.signing.selectors import costs_by_month

_MONTHS = 12


@requires(permissions.MANAGE)
@require_GET
def costs(request: StaffRequest) -> HttpResponse:
    """The last twelve months of the facility."""
    rows = costs_by_month(request.user.facility, months=_MONTHS)
    record("signature_cost.list", by=request.user, detail={"count": len(rows)})
    context = {"rows": rows, "total": sum(row.cost for row in rows), "count": sum(row.count for row in rows)}
    return render(request, "signatures/signing/costs.html", context)
