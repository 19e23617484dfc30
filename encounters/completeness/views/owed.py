"""Who owes what."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.ui.limits import heavy
from encounters.completeness import permissions, worklist
from encounters.completeness.selectors import median_age
from encounters.completeness.worklist import Owed

PAGE_SIZE = 50
_KEPT = "completeness"
_VIEWS = {"records": _("By record"), "people": _("By person"), "mine": _("My own")}
_ON_CARD = 5


@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
@heavy
def owed(request: StaffRequest) -> HttpResponse:
    """Records that lack something, the people who owe it, or one's own. Filters travel by POST and are kept."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect("encounters:completeness:worklist")
    kept = kept_filter(request, _KEPT)
    oversees = request.user.has_right(permissions.OVERSEE)
    views = _VIEWS if oversees else {"mine": _VIEWS["mine"]}
    chip = kept.get("chip", "")
    chip = chip if chip in views else next(iter(views))
    everything = worklist.own_gaps(request.user) if chip == "mine" else worklist.gaps_overseen(request.user)
    found = worklist.narrowed(everything, words=kept.get("q", ""), department=kept.get("department", ""))
    page = Paginator(_rows(chip, found), PAGE_SIZE).get_page(kept.get("page") or 1)
    record("completeness.list", by=request.user, detail={"show": chip, "count": len(page.object_list)})
    context = {
        "page": page,
        "chips": views.items(),
        "chip": chip,
        "words": kept.get("q", ""),
        "department": kept.get("department", ""),
        "departments": worklist.departments_of(everything),
        "blocking": sum(one.gap.blocks for one in found),
        "advisory": sum(not one.gap.blocks for one in found),
        "records": len({one.stay.pk for one in found}),
        "median": median_age([one.gap for one in found]),
    }
    return render(request, "encounters/completeness/worklist.html", context)


def _rows(chip: str, found: list[Owed]) -> list[Any]:
    if chip == "people":
        return list(worklist.by_owner(found))
    return list(worklist.by_record(found)) if chip == "records" else list(found)


@polled
@require_safe
@requires(permissions.READ)
def mine(request: StaffRequest) -> HttpResponse:
    """The home page's card: the oldest few of one's own, and how many there are."""
    found = worklist.own_gaps(request.user)
    context = {"owed": found[:_ON_CARD], "count": len(found)}
    return render(request, "encounters/completeness/_mine.html", context)
