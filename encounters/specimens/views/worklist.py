"""What is to be drawn in my wards; where a scanned wristband leads."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.common.vietnamese import tidy
from encounters.specimens import permissions, selectors, services
from encounters.specimens.access import labelled
from encounters.specimens.models import Specimen
from encounters.specimens.views.printing import answer_labels, spoken
from encounters.visits.access import access_encounter
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.wristband import remember_wristband

PAGE_SIZE = 30
_KEPT = "specimen_list"
_MOST_STAYS = 60


def _filter(request: StaffRequest) -> tuple[selectors.WorklistFilter, list[object], str]:
    """What the list shows, kept for the way back; the departments to choose from; the page."""
    kept = kept_filter(request, _KEPT)
    departments = [
        d
        for d in clinical_departments(request.user.facility_id)
        if request.user.has_right(permissions.COLLECT, d.pk)
    ]
    department = next((d.pk for d in departments if str(d.pk) == kept.get("department")), None)
    wanted = selectors.WorklistFilter(
        chip=kept.get("chip") or "due", department_id=department, words=kept.get("q", "")
    )
    return wanted, list(departments), kept.get("page") or "1"


@requires(permissions.COLLECT)
@require_http_methods(["GET", "HEAD", "POST"])
def worklist(request: StaffRequest) -> HttpResponse:
    """The patients with something to draw. Filters travel by POST: a name never stands in an address."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        if not request.htmx:
            return redirect("encounters:specimens:worklist")
    wanted, departments, number = _filter(request)
    page = Paginator(selectors.wanted_stays(request.user, wanted), PAGE_SIZE).get_page(number)
    rows = selectors.rows_of(request.user, wanted, list(page.object_list))
    record("specimen.list", by=request.user, detail={"chip": wanted.chip[:12], "count": len(rows)})
    context = {
        "page": page,
        "rows": rows,
        "chips": selectors.chips(request.user, wanted),
        "wanted": wanted,
        "departments": departments,
    }
    template = "encounters/specimens/_worklist.html" if request.htmx else "encounters/specimens/worklist.html"
    return render(request, template, context | spoken(request.user.facility_id))


@require_POST
@requires(permissions.COLLECT)
def scan(request: StaffRequest) -> HttpResponse:
    """A wristband opens its patient's tubes; a label alone opens nothing: the wristband comes first."""
    code = tidy(request.POST.get("code", ""))[:40]
    stay = stay_of_wristband(request.user, code) if code else None
    if stay is not None:
        remember_wristband(request, stay)
        return redirect("encounters:specimens:of_stay", stay.uuid)
    if code and labelled(request.user, code) is not None:
        messages.warning(request, _("Scan the patient's wristband first, then the label."))
    else:
        messages.error(request, _("No patient of your wards has this number: %(code)s") % {"code": code})
    return redirect("encounters:specimens:worklist")


@require_POST
@requires(permissions.COLLECT)
def labels(request: StaffRequest) -> HttpResponse:
    """The labels of the chosen patients' tubes that have none yet or wait to be filled."""
    uuids: list[UUID] = []
    for text in request.POST.getlist("stay")[:_MOST_STAYS]:
        try:
            uuids.append(UUID(text))
        except ValueError:
            return HttpResponse(status=400)
    specimens: list[Specimen] = []
    for uuid in uuids:
        stay = access_encounter(request.user, uuid, permissions.COLLECT)
        fresh = services.prepare_specimens(encounter=stay, by=request.user)
        specimens += [specimen for specimen in fresh if not specimen.label_count]
    if not specimens:
        messages.info(request, _("Every tube has its label: print it again on the patient's page."))
        return redirect("encounters:specimens:worklist")
    return answer_labels(request, specimens)


@require_safe
@polled
@requires(permissions.COLLECT)
def due(request: StaffRequest) -> HttpResponse:
    """Home panel: patients with something to draw, counted."""
    return render(
        request,
        "encounters/specimens/_due.html",
        {"chips": selectors.chips(request.user, selectors.WorklistFilter())},
    )
