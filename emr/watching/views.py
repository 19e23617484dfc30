"""The IT person's page; numbers for Prometheus."""

import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from emr.common.doors import public, requires
from emr.common.http import StaffRequest
from emr.watching import metrics as counted
from emr.watching import permissions, selectors


@requires(permissions.READ)
@require_safe
def status(request: StaffRequest) -> HttpResponse:
    """What is broken, since when, what to do about it."""
    rows = selectors.state_of_the_house()
    context = {
        "rows": rows,
        "troubled": sum(row.finding.state != "well" for row in rows),
        "changes": selectors.latest_changes(),
    }
    return render(request, "emr/watching/status.html", context)


@requires(permissions.READ)
@require_safe
def panel(request: StaffRequest) -> HttpResponse:
    """Home card: what isn't well."""
    rows = selectors.state_of_the_house()
    context = {"rows": [row for row in rows if row.finding.state != "well"], "all": len(rows)}
    return render(request, "emr/watching/_panel.html", context)


@public
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For who asks from an address on the list, straight and not through the proxy; for others there is nothing here."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(counted.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if getattr(request, "is_forwarded", False):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(
        address in ipaddress.ip_network(known, strict=False) for known in settings.EMR_METRICS_ADDRESSES
    )
