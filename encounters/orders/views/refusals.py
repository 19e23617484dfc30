"""Orders that another system refused."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.orders import permissions, services
from encounters.orders.selectors.refusals import refusals_for

PAGE_SIZE = 50
_SHOWN = 5


@require_safe
@requires(permissions.PLACE)
def refusals(request: StaffRequest) -> HttpResponse:
    """What nobody has dealt with: of my orders, or of all my patients'; or what was settled."""
    return _list(request)


def _list(request: StaffRequest, status: int = 200, **more: Any) -> HttpResponse:
    whose = "team" if request.GET.get("whose") == "team" else "mine"
    settled = request.GET.get("state") == "settled"
    found = refusals_for(request.user, whose=whose, settled=settled)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    record("order_refusal.list", by=request.user, detail={"count": len(page)})
    context = {"page": page, "whose": whose, "settled": settled} | more
    return render(request, "encounters/orders/refusals.html", context, status=status)


@require_safe
@polled
@requires(permissions.PLACE)
def panel(request: StaffRequest) -> HttpResponse:
    """Home: mine that wait."""
    found = list(refusals_for(request.user)[: _SHOWN + 1])
    context = {"refusals": found[:_SHOWN], "has_more": len(found) > _SHOWN}
    return render(request, "encounters/orders/_refusals_panel.html", context)


@require_POST
@requires(permissions.PLACE)
def settle(request: StaffRequest, refusal_uuid: UUID) -> HttpResponse:
    """It was dealt with, in this way."""
    refusal = refusals_for(request.user, whose="team").filter(uuid=refusal_uuid).first()
    if refusal is None:
        raise Denied("order_refusal.settle")
    note = request.POST.get("note", "")
    try:
        services.settle_refusal(refusal=refusal, note=note, by=request.user)
    except DomainError as refused:
        return _list(request, 422, refusal=str(refused), asked=str(refusal.uuid), note=note)
    messages.success(request, _("Settled."))
    return redirect("encounters:orders:refusals")
