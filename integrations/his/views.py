"""Who keeps what: the page of the integration staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from integrations.his import services
from integrations.his.forms import MastersForm
from integrations.his.selectors import his_channels
from integrations.transport import permissions


@requires(permissions.MANAGE)
@require_http_methods(["GET", "POST"])
def masters(request: StaffRequest) -> HttpResponse:
    """Each group of fields and each kind of order with the system that keeps it."""
    form = MastersForm(request.POST or None, facility_id=request.user.facility_id)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            changed = services.set_masters(chosen=form.chosen(), by=request.user)
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return redirect("integrations:his:masters")
        status = 422
    else:
        record("master.list", by=request.user)
    context = {"form": form, "has_channel": bool(his_channels(request.user.facility_id))}
    return render(request, "integrations/his/masters.html", context, status=status)
