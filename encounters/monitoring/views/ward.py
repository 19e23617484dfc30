"""The ward's round: beds down, six numbers across, each line saved by itself."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.monitoring import selectors
from encounters.monitoring.access import access_stay_measured, access_ward, wards_for
from encounters.monitoring.forms import RoundForm, RoundTimeForm
from encounters.monitoring.views.patient import posted_at, round_form, save_round
from encounters.results.permissions import RECORD_VITAL_SIGNS
from encounters.visits.models import EncounterLocation

PAGE = 80
_KEPT = "vital_signs_ward"


@require_safe
@requires(RECORD_VITAL_SIGNS)
def index(request: StaffRequest) -> HttpResponse:
    """To the ward of one's own."""
    wards = wards_for(request.user)
    mine = {role.department_id for role in request.user.current_roles}
    chosen = next((ward for ward in wards if ward.pk in mine), next(iter(wards), None))
    if chosen is None:
        return render(request, "encounters/monitoring/grid.html", {"wards": [], "ward": None})
    return redirect("encounters:monitoring:grid", chosen.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(RECORD_VITAL_SIGNS)
def grid(request: StaffRequest, ward: UUID) -> HttpResponse:
    """Everybody who lies in the ward, by bed. Words to filter by travel by POST: a name never stands in an address."""
    department = access_ward(request.user, ward)
    if request.method == "POST":
        request.session[_KEPT] = {
            "ward": str(ward),
            "q": tidy(request.POST.get("q", ""))[:80],
            "page": request.POST.get("page", "")[:4],
        }
        return redirect("encounters:monitoring:grid", ward)
    kept: dict[str, str] = request.session.get(_KEPT, {})
    kept = kept if kept.get("ward") == str(ward) else {}
    words = kept.get("q", "")
    places = selectors.ward_stays(request.user, department, words)
    page = Paginator(places, PAGE).get_page(kept.get("page") or 1)
    today = local_today()
    lines = selectors.lines_of(page.object_list, today)
    tables = selectors.tables_of(request.user.facility_id, today)
    record("vital_signs.list", by=request.user, of=department, detail={"count": len(lines)})
    context = {
        "ward": department,
        "wards": wards_for(request.user),
        "page": page,
        "words": words,
        "time_form": RoundTimeForm(auto_id="round-%s"),
        "lines": [
            {
                "line": line,
                "form": RoundForm(
                    preset=line.last.values,
                    wanted=selectors.wanted_signs(tables, line.scaling),
                    line=line.encounter.pk,
                ),
            }
            for line in lines
        ],
    }
    return render(request, "encounters/monitoring/grid.html", context)


def _place(user: User, stay_id: int) -> EncounterLocation | None:
    return (
        EncounterLocation.objects.filter(
            facility_id=user.facility_id, encounter=stay_id, ends_at=None, cancelled_at=None
        )
        .select_related("encounter__patient__merged_into", "location")
        .first()
    )


@require_POST
@requires(RECORD_VITAL_SIGNS)
def line(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Store one line: the line again with its score, or with what is asked and all that was typed."""
    stay = access_stay_measured(request.user, encounter, posted_at(request))
    form = round_form(stay, request.POST, line=stay.pk)
    questions = save_round(request, stay, form)
    place = _place(request.user, stay.pk)
    if not request.htmx:
        # Without our scripts: back to the ward, or to the patient's page, which asks.
        if questions is None and place is not None and place.department is not None:
            return redirect("encounters:monitoring:grid", place.department.uuid)
        return redirect("encounters:monitoring:patient", stay.uuid)
    if place is None:
        context: dict[str, Any] = {"encounter": stay, "is_saved": questions is None}
        return render(request, "encounters/monitoring/_gone.html", context)
    [shown] = selectors.lines_of([place], local_today())
    if questions is None:
        form = round_form(stay, line=stay.pk)
    context = {
        "row": {"line": shown, "form": form},
        "is_saved": questions is None,
        "questions": questions,
    }
    return render(
        request, "encounters/monitoring/_line.html", context, status=200 if questions is None else 422
    )
