"""The ward in this shift, bed by bed; where a scanned wristband leads."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import polled_fragment
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.common.vietnamese import tidy
from encounters.bedside import permissions, selectors
from encounters.bedside.models import Execution
from encounters.bedside.views.marks import forget_patient, identify_patient
from encounters.visits.access import acts_here
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.shifts import Shift, shifts_around

PAGE = 100
_KEPT = "bedside_ward"


def present_shifts(facility_id: int) -> tuple[Shift, Shift, Shift]:
    """(the shift before, the present one, the next)."""
    moment = now()
    shifts = shifts_around(facility_id, moment)
    index = next(i for i, shift in enumerate(shifts) if shift.start <= moment < shift.end)
    return shifts[index - 1], shifts[index], shifts[index + 1]


@polled_fragment
@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: StaffRequest) -> HttpResponse:
    """One of my wards in this shift. Filters travel by POST, since a name never stands in an address, and are kept."""
    user = request.user
    if request.method == "POST":
        keep_filter(request, _KEPT)
        if not request.htmx:
            return redirect("encounters:bedside:ward")
    kept = kept_filter(request, _KEPT)
    wards = selectors.wards_of(user)
    chosen = next((w for w in wards if str(w.uuid) == kept.get("department")), next(iter(wards), None))
    context: dict[str, Any] = {"wards": wards, "ward": chosen}
    if chosen is not None:
        before, shift, _next = present_shifts(user.facility_id)
        wanted = selectors.WardFilter(chip=kept.get("chip") or "all", words=kept.get("q", ""))
        rows = selectors.ward_rows(user, chosen, shift, before)
        shown = selectors.shown_rows(rows, wanted, user)
        page = Paginator(shown, PAGE).get_page(kept.get("page") or 1)
        context |= {
            "shift": shift,
            "page": page,
            "rows": list(page.object_list),
            "chips": selectors.chips_of(rows, user),
            "wanted": wanted,
            "made_at": now(),
            "may_assign": user.has_right(permissions.ASSIGN, chosen.pk),
            "may_pack": user.has_right(permissions.PACKS, chosen.pk),
            "may_perform": user.has_right(permissions.PERFORM, chosen.pk),
            "total": len(rows),
        }
        if not request.htmx or request.method == "POST":
            record("bedside.list", by=user, of=chosen, detail={"chip": wanted.chip[:12], "count": len(shown)})
    template = "encounters/bedside/_ward.html" if request.htmx else "encounters/bedside/ward.html"
    return render(request, template, context)


@require_POST
@requires(permissions.PERFORM)
def scan(request: StaffRequest) -> HttpResponse:
    """A wristband opens its patient, identified; nothing else does."""
    code = tidy(request.POST.get("code", ""))[:40]
    stay = stay_of_wristband(request.user, code) if code else None
    if stay is None or not acts_here(request.user, permissions.PERFORM, stay):
        forget_patient(request)
        messages.error(request, _("No patient of your wards has this number: %(code)s") % {"code": code})
        return redirect("encounters:bedside:ward")
    identify_patient(request, stay, Execution.Identified.SCAN)
    record("bedside.identify", by=request.user, of=stay, detail={"how": "scan"})
    return redirect("encounters:bedside:patient", stay.uuid)
