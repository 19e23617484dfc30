"""The ward list and the bed board: who is here, and where there is room."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import Denied, requires
from emr.accounts.roles import EVERYWHERE
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.doors import polled_fragment
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.visits import permissions, selectors, services
from encounters.visits.access import access_encounter
from encounters.visits.bedside import posting_actions, row_actions
from encounters.visits.forms import MapForm
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import EncounterLocation
from patients.history.models import AllergyIntolerance

PAGE = 50
_KEPT = "ward_list"


@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: StaffRequest) -> HttpResponse:
    """My departments' patients. Filters travel by POST, since a name never stands in an address, and are kept for the
    way back.
    """
    user = request.user
    if request.method == "POST":
        request.session[_KEPT] = {
            name: request.POST.get(name, "") for name in ("chip", "department", "q", "page")
        }
        if not request.htmx:
            return redirect("encounters:visits:ward")
    kept: dict[str, str] = request.session.get(_KEPT, {})
    departments = [
        d for d in clinical_departments(user.facility_id) if user.has_right(permissions.READ, d.pk)
    ]
    department = next((d for d in departments if str(d.pk) == kept.get("department")), None)
    places = selectors.ward_places(user, department.pk if department else None)
    wanted = selectors.WardFilter(chip=kept.get("chip") or "all", words=kept.get("q", ""))
    page = Paginator(selectors.ward_search(user, places, wanted), PAGE).get_page(kept.get("page") or 1)
    record("ward.list", by=user, detail={"chip": wanted.chip, "count": len(page.object_list)})
    context = {
        "page": page,
        "rows": [(place, row_actions(user, place.encounter)) for place in page.object_list],
        "chips": selectors.ward_chips(user, places),
        "wanted": wanted,
        "department": department,
        "departments": departments,
        "posting": posting_actions(),
    }
    template = "encounters/visits/_ward.html" if request.htmx else "encounters/visits/ward.html"
    return render(request, template, context)


@polled_fragment
@requires(permissions.BEDS)
@require_safe
def beds(request: StaffRequest, department_uuid: UUID | None = None) -> HttpResponse:
    """The bed board; htmx asks for the board alone every 15 seconds."""
    departments = selectors.board_departments(request.user)
    mine = {role.department_id for role in request.user.current_roles}
    chosen = next(
        (d for d in departments if d.uuid == department_uuid),
        None
        if department_uuid
        else next((d for d in departments if d.pk in mine), next(iter(departments), None)),
    )
    if chosen is None and department_uuid is not None:
        raise Http404
    context: dict[str, Any] = {"departments": departments, "department": chosen}
    if chosen is not None:
        board = selectors.bed_board(chosen, request.user)
        context["board"] = board
        context["allergic"] = _allergic(board)
        if not request.htmx:
            record("bed_board.read", by=request.user, of=chosen, detail={"patients": board.patient_count})
    template = "encounters/visits/_board.html" if request.htmx else "encounters/visits/beds.html"
    return render(request, template, context)


def _allergic(board: selectors.Board) -> set[int]:
    """Patients on the board who have an allergy: one query."""
    present = [cell.place for cell in board.cells if cell.place is not None] + board.without_bed
    allergies = AllergyIntolerance.objects.filter(
        patient__in=[place.encounter.patient_id for place in present], status="active", is_none_known=False
    )
    return set(allergies.values_list("patient_id", flat=True))


@requires(permissions.READ)
@require_safe
def today(request: StaffRequest) -> HttpResponse:
    """Fragment for the home page: today's admissions and the free beds of my departments."""
    stays = list(selectors.admissions_on(request.user, local_today())[:11])
    context = {
        "stays": stays[:10],
        "has_more": len(stays) > 10,
        "unmapped": selectors.unmapped_places(request.user)[:5],
    }
    return render(request, "encounters/visits/_today.html", context)


@requires(permissions.READ)
@require_safe
def ward_panel(request: StaffRequest) -> HttpResponse:
    """Fragment for the home page: my departments' patients, counted, each with what one click does."""
    places = selectors.ward_places(request.user)
    wanted = selectors.WardFilter()
    shown = selectors.ward_search(request.user, places, wanted)[:PAGE]
    context = {
        "chips": selectors.ward_chips(request.user, places),
        "places": [(place, row_actions(request.user, place.encounter)) for place in shown],
        "posting": posting_actions(),
    }
    return render(request, "encounters/visits/_ward_panel.html", context)


@requires(permissions.READ)
@require_safe
def hospital(request: StaffRequest) -> HttpResponse:
    """Fragment for the home page of who sees the whole facility: beds, admissions and discharges of today, counted."""
    if request.user.departments_for(permissions.READ) != EVERYWHERE:
        raise Denied(permissions.READ, hidden=False)
    rows = selectors.hospital_today(request.user.facility_id, local_today())
    columns = ("patients", "beds", "free", "admitted", "left")
    totals = {column: sum(getattr(row, column) for row in rows) for column in columns}
    return render(request, "encounters/visits/_hospital.html", {"rows": rows, "totals": totals})


@requires(permissions.CANCEL)
@require_http_methods(["GET", "HEAD", "POST"])
def map_place(request: StaffRequest, encounter_uuid: UUID, place_uuid: UUID) -> HttpResponse:
    """Say which department and bed the sender's words meant."""
    stay = access_encounter(request.user, encounter_uuid)
    place = EncounterLocation.objects.filter(encounter=stay, uuid=place_uuid, cancelled_at=None).first()
    if place is None:
        raise Http404
    wanted = request.POST.get("department") or str(place.department_id or "")
    department = next((d for d in clinical_departments(stay.facility_id) if str(d.pk) == wanted), None)
    free = selectors.free_beds(department) if department else []
    form = MapForm(
        request.POST or None,
        facility_id=stay.facility_id,
        beds=free,
        initial={"department": place.department, "bed": place.location},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.map_place(place=place, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:visits:detail", stay.uuid)
    context = {"patient": stay.patient, "encounter": stay, "form": form, "place": place}
    return render(
        request, "encounters/visits/map_place.html", context, status=422 if request.method == "POST" else 200
    )
