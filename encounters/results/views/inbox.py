"""What waits to be acknowledged."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import polled
from emr.common.http import StaffRequest
from emr.ui.badges import count_badge
from encounters.results import permissions, selectors, services
from encounters.results.access import reviews_for
from encounters.results.models import ReportReview

PAGE_SIZE = 50
_MOST = 99
# How long a browser keeps the count while somebody turns pages; what is critical rings by itself.
_BADGE_SECONDS = 15


@require_safe
@requires(permissions.ACKNOWLEDGE)
def inbox(request: StaffRequest) -> HttpResponse:
    """Results that nobody has acknowledged: what I ordered, and what my ward's patients have."""
    whose = request.GET.get("whose", "")
    whose = whose if whose in {"mine", "team"} else ""
    reviews = selectors.inbox(reviews_for(request.user, whose))
    page = Paginator(reviews, PAGE_SIZE).get_page(request.GET.get("page"))
    record("report.inbox", by=request.user, detail={"count": len(page)})
    shown = list(page.object_list)
    context: dict[str, Any] = {
        "page": page,
        "reviews": shown,
        "whose": whose,
        "now": now(),
        "normal": [r for r in shown if r.urgency == ReportReview.Urgency.NORMAL and not r.is_correction],
    }
    return render(request, "encounters/results/inbox.html", context)


@require_safe
@polled
@requires(permissions.ACKNOWLEDGE)
def badge(request: StaffRequest) -> HttpResponse:
    """How many wait, for the menu."""
    count = reviews_for(request.user)[: _MOST + 1].count()
    return count_badge(f"{_MOST}+" if count > _MOST else count, seconds=_BADGE_SECONDS)


@require_POST
@requires(permissions.ACKNOWLEDGE)
def acknowledge_normal(request: StaffRequest) -> HttpResponse:
    """Acknowledge the normal results that the page showed, all by one key; never what it didn't show."""
    uuids = []
    for text in request.POST.getlist("review")[:PAGE_SIZE]:
        try:
            uuids.append(UUID(text))
        except ValueError:
            return HttpResponse(status=400)
    reviews = reviews_for(request.user).filter(uuid__in=uuids, is_correction=False)
    count = services.acknowledge_many(reviews=reviews, by=request.user)
    told = ngettext("%(n)d normal result acknowledged.", "%(n)d normal results acknowledged.", count)
    messages.success(request, told % {"n": count})
    return redirect("encounters:results:inbox")
