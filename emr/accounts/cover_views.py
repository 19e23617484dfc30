"""Standing in for another department: taken by oneself in two clicks, seen by its head afterwards."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts import cover, permissions
from emr.accounts.access import access_cover_duty, cover_duties_for, requires, signed_in
from emr.accounts.forms import CoverForm
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import fold

PAGE = 50


@requires(permissions.COVER)
@require_safe
def panel(request: StaffRequest) -> HttpResponse:
    """Home panel: what one stands in for, or the form to begin."""
    context = {"form": CoverForm(user=request.user)}
    return render(request, "emr/accounts/_cover_panel.html", context)


@requires(permissions.COVER)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: StaffRequest) -> HttpResponse:
    """Take a department over until the hour given."""
    form = CoverForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            duty = cover.start_cover_duty(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            told = _("You stand in for %(department)s; its head is told.") % {"department": duty.department}
            messages.success(request, told)
            return redirect("ui:home")
    status = 422 if request.method == "POST" else 200
    return render(request, "emr/accounts/cover_start.html", {"form": form}, status=status)


@signed_in
@require_POST
def end(request: StaffRequest, duty_uuid: UUID) -> HttpResponse:
    """Stop one's own before the hour."""
    cover.end_cover_duty(duty=access_cover_duty(request.user, duty_uuid, own=True), by=request.user)
    return redirect("ui:home")


@requires(permissions.REVIEW_COVER)
@require_safe
def duties(request: StaffRequest) -> HttpResponse:
    """Who stood in for the departments that I look after."""
    return _duties(request)


def _duties(request: StaffRequest, refusal: str = "") -> HttpResponse:
    found = cover_duties_for(request.user).select_related("user", "department", "seen_by")
    chips = {
        "unseen": (_("To be seen"), found.filter(seen_at=None)),
        "running": (_("Running"), found.filter(ended_early_at=None, ends_at__gt=now())),
        "all": (_("All"), found),
    }
    chip = request.GET.get("show", "")
    chip = chip if chip in chips else "unseen"
    rows = chips[chip][1]
    words = request.GET.get("q", "").strip()
    for word in fold(words).split():
        rows = rows.filter(Q(user__search_name__contains=word) | Q(user__username__startswith=word))
    page = Paginator(rows.order_by("-starts_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    record("cover_duty.list", by=request.user, detail={"show": chip, "count": len(page)})
    context = {
        "page": page,
        "chips": [(key, title, rows.count(), key == chip) for key, (title, rows) in chips.items()],
        "chip": chip,
        "words": words,
        "refusal": refusal,
    }
    return render(request, "emr/accounts/cover_duties.html", context, status=422 if refusal else 200)


@requires(permissions.REVIEW_COVER)
@require_POST
def see(request: StaffRequest, duty_uuid: UUID) -> HttpResponse:
    """Seen, with a remark or none."""
    duty = access_cover_duty(request.user, duty_uuid)
    try:
        cover.see_cover_duty(duty=duty, remark=request.POST.get("remark", ""), by=request.user)
    except DomainError as refusal:
        return _duties(request, str(refusal))
    return redirect("accounts:cover_duties")


@requires(permissions.REVIEW_COVER)
@require_safe
def review_panel(request: StaffRequest) -> HttpResponse:
    """Home panel of heads: who stands in now, and what is to be seen."""
    found = cover_duties_for(request.user).select_related("user", "department")
    context = {
        "running": found.filter(ended_early_at=None, ends_at__gt=now()).order_by("ends_at")[:5],
        "unseen": found.filter(seen_at=None).count(),
    }
    return render(request, "emr/accounts/_cover_review_panel.html", context)
