"""What monitors sent and nobody has confirmed: panels of the ward's and the patient's page, and the one key."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.monitoring.access import access_stay_measured, access_ward
from encounters.monitoring.selectors import ward_stays
from encounters.results.permissions import READ, RECORD_VITAL_SIGNS
from encounters.results.services import Unusual
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter, EncounterLocation
from integrations.monitors import selectors, services
from integrations.monitors.forms import ConfirmForm

MOST = 80
# htmx asks no more.
_NO_MORE = 286


@require_safe
@polled
@requires(RECORD_VITAL_SIGNS)
def of_ward(request: StaffRequest, ward: UUID) -> HttpResponse:
    """Fragment: everybody in the ward who is on a monitor, by bed."""
    department = access_ward(request.user, ward)
    if not selectors.uses_monitors(department.parent_id or request.user.facility_id):
        return HttpResponse(status=_NO_MORE)
    places = list(ward_stays(request.user, department)[:MOST])
    return render(request, "integrations/monitors/_ward.html", {"rows": _lines(request, places)})


def _lines(request: StaffRequest, places: list[EncounterLocation]) -> list[dict[str, Any]]:
    stays = [place.encounter for place in places]
    offers = selectors.offers_of(request.user.facility_id, [stay.pk for stay in stays])
    uses = selectors.uses_by_stay(stays)
    return [
        {"place": place, "stay": place.encounter, "offer": offers.get(place.encounter_id), "uses": on}
        for place in places
        if (on := uses.get(place.encounter_id, [])) or place.encounter_id in offers
    ]


@require_safe
@polled
@requires(READ)
def of_stay(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Fragment: what the patient's monitor shows, and the key that confirms it."""
    stay = access_encounter(request.user, encounter, READ)
    if not selectors.uses_monitors(stay.facility_id):
        return HttpResponse(status=_NO_MORE)
    return render(request, "integrations/monitors/_stay.html", _of_stay(request, stay))


def _of_stay(request: StaffRequest, stay: Encounter) -> dict[str, Any]:
    return {
        "stay": stay,
        "offer": selectors.offers_of(stay.facility_id, [stay.pk]).get(stay.pk),
        "uses": selectors.uses_by_stay([stay]).get(stay.pk, []),
        "may_record": acts_here(request.user, RECORD_VITAL_SIGNS, stay),
    }


@require_POST
@requires(RECORD_VITAL_SIGNS)
def confirm(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Make measurements of what was shown. Of a ward's panel the line comes back, else the patient's page follows."""
    stay = access_stay_measured(request.user, encounter, None)
    form = ConfirmForm(request.POST)
    told: dict[str, Any] = {}
    try:
        chosen = form.readings()
        if not form.is_valid():
            raise DomainError(_("These values can't be read: load the page again."))
        services.confirm(
            encounter=stay,
            readings=chosen,
            by=request.user,
            key=form.cleaned_data["key"],
            said=form.said(),
            confirmed=form.cleaned_data["confirmed"],
        )
    except Unusual as unusual:
        told = {"questions": unusual.questions}
    except DomainError as refusal:
        told = {"refusal": str(refusal)}
    except ValueError:
        told = {"refusal": _("These values can't be read: load the page again.")}
    if request.htmx:
        return _line(request, stay, told)
    if not told:
        return redirect("encounters:monitoring:patient", stay.uuid)
    context = {"encounter": stay, "patient": stay.patient} | _again(request, told)
    return render(request, "integrations/monitors/confirm.html", context, status=422)


def _again(request: StaffRequest, told: dict[str, Any]) -> dict[str, Any]:
    """What was sent, to be sent once more with a yes."""
    sent = request.POST
    kept = [(name, sent.get(name, "")) for name in ("key", *selectors.SAID) if sent.get(name)]
    return told | {"kept": [*kept, *(("reading", one) for one in sent.getlist("reading")[:20])]}


def _line(request: StaffRequest, stay: Encounter, told: dict[str, Any]) -> HttpResponse:
    place = (
        EncounterLocation.objects.filter(encounter=stay, ends_at=None, cancelled_at=None)
        .select_related("encounter__patient", "location")
        .first()
    )
    row = next(iter(_lines(request, [place])), None) if place is not None else None
    context = {"row": row or {"stay": stay, "place": place, "offer": None, "uses": []}, "is_saved": not told}
    return render(
        request,
        "integrations/monitors/_line.html",
        context | _again(request, told),
        status=422 if told else 200,
    )
