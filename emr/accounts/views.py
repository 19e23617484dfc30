"""The administrator's home."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from emr.accounts import permissions, selectors
from emr.accounts.access import requires
from emr.common.health import readiness
from emr.common.http import StaffRequest

_PARTS = {
    "database": gettext_lazy("Database"),
    "broker": gettext_lazy("Message broker"),
    "deliveries": gettext_lazy("Background work"),
    "files": gettext_lazy("Stored files"),
    "signing": gettext_lazy("Digital signing"),
}


@requires(permissions.MANAGE)
@require_safe
def house(request: StaffRequest) -> HttpResponse:
    """Home panel of the administrator: the facility, its staff by role, and how each part of the house is."""
    is_ready, parts = readiness()
    context = {
        "facility": request.user.facility,
        "staff": selectors.staff_counts(request.user.facility_id),
        "parts": [part | {"title": _PARTS.get(name, name)} for name, part in parts.items()],
        "is_ready": is_ready,
    }
    return render(request, "emr/accounts/_house.html", context)
