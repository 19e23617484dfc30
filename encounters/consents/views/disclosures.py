"""The ward's round of daily disclosures."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.doors import polled_fragment
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from encounters.consents import permissions, services
from encounters.consents.selectors import round as rounds
from encounters.visits.selectors.wards import day_bounds

PAGE_SIZE = 50
_KEPT = "disclosure_round"


@polled_fragment
@requires(permissions.TAKE)
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: StaffRequest) -> HttpResponse:
    """Today's disclosures of one ward, by bed. Filters travel by POST: a name never stands in an address."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        if not request.htmx:
            return redirect("encounters:consents:disclosures")
    kept = kept_filter(request, _KEPT)
    department = rounds.of_department(request.user, kept.get("department", ""))
    rows = rounds.rows_of_round(request.user, department) if department is not None else []
    chip = kept.get("chip") or "all"
    found = rounds.wanted_rows(rows, chip=chip, words=kept.get("q", ""))
    page = Paginator(found, PAGE_SIZE).get_page(kept.get("page") or "1")
    record("disclosure.list", by=request.user, detail={"count": len(rows)})
    context = {
        "page": page,
        "rows": page.object_list,
        "chips": rounds.chips_of(rows),
        "chip": chip,
        "words": kept.get("q", ""),
        "department": department,
        "departments": rounds.my_departments(request.user),
        "to_make": len(rounds.stays_to_make(rows)),
        "is_all_told": rounds.is_all_told(rows),
        "first": next((row.document for row in rows if row.state == rounds.WAITING), None),
        "is_printing": any(row.state == rounds.PRINTING for row in rows),
    }
    template = "encounters/consents/_round.html" if request.htmx else "encounters/consents/round.html"
    return render(request, template, context)


@require_POST
@requires(permissions.TAKE)
def make(request: StaffRequest) -> HttpResponse:
    """Make what isn't made yet, or no longer says all of what was given today."""
    department = rounds.of_department(request.user, request.POST.get("department", ""))
    if department is not None:
        start, end = day_bounds(local_today())
        wanted = rounds.stays_to_make(rounds.rows_of_round(request.user, department))
        made = services.make_disclosures(stays=wanted, start=start, end=end, by=request.user)
        for words in made.refusals:
            messages.warning(request, words)
        if made.count:
            told = ngettext(
                "%(count)d disclosure is made; its print takes a few seconds.",
                "%(count)d disclosures are made; their prints take a few seconds.",
                made.count,
            )
            messages.success(request, told % {"count": made.count})
        elif not made.refusals:
            messages.info(request, _("Every disclosure of today is made and says all of what was given."))
    return redirect(reverse("encounters:consents:disclosures"))
