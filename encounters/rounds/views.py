"""A ward's round: the beds with how far each is, and one patient after the other on one page."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from encounters.documents import permissions as documents
from encounters.documents.access import may_write
from encounters.documents.editing import draft_to_show, editor_of
from encounters.documents.selectors import ENTRY
from encounters.results.access import listed_alone
from encounters.rounds import selectors
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter

_KEPT = "ward_round"


def _wards(request: StaffRequest) -> list[Organization]:
    user = request.user
    return [one for one in clinical_departments(user.facility_id) if user.has_right(documents.WRITE, one.pk)]


@requires(documents.WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def beds(request: StaffRequest) -> HttpResponse:
    """Choose the ward, and whether all its patients or one's own are seen; what is chosen is kept."""
    if request.method == "POST":
        keep_filter(request, _KEPT, ("department", "chip"))
        return redirect("encounters:rounds:beds")
    wards, kept = _wards(request), kept_filter(request, _KEPT)
    ward = next((one for one in wards if str(one.pk) == kept.get("department")), next(iter(wards), None))
    found = selectors.beds_of(request.user, ward, kept.get("chip", "")) if ward else []
    if ward is not None:
        record("ward_round.list", by=request.user, of=ward, detail={"count": len(found)})
    context = {
        "wards": wards,
        "ward": ward,
        "whose": selectors.MINE if kept.get("chip") == selectors.MINE else selectors.ALL,
        "beds": found,
        "done": sum(bed.is_done for bed in found),
        "first": next((bed for bed in found if not bed.is_done), next(iter(found), None)),
    }
    return render(request, "encounters/rounds/beds.html", context)


@require_safe
@requires(documents.WRITE)
def bed(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """One patient: what was written, measured and reported, what is in effect, and today's entry to write."""
    user = request.user
    stay = access_encounter(user, encounter_uuid, documents.READ)
    entry = selectors.entry_of_today(stay, user)
    draft = draft_to_show(entry) if entry is not None and may_write(user, entry) else None
    known = selectors.known_of(stay, besides=entry, listed=listed_alone(user))
    record("ward_round.read", by=user, of=stay)
    context: dict[str, Any] = {
        "encounter": stay,
        "patient": stay.patient,
        "known": known,
        "results_words": selectors.in_words(known.reports),
        "entry": entry,
        "entry_code": ENTRY,
        "way": selectors.way_of(_beds_around(request, stay), stay),
        "may_write": acts_here(user, documents.WRITE, stay),
        "back": request.path,
    }
    if entry is not None and draft is not None:
        context |= editor_of(entry, draft)
    return render(request, "encounters/rounds/bed.html", context)


def _beds_around(request: StaffRequest, stay: Encounter) -> list[selectors.Bed]:
    """The round in the ward where the patient lies, as it was chosen."""
    if stay.department is None:
        return []
    return selectors.beds_of(request.user, stay.department, kept_filter(request, _KEPT).get("chip", ""))
