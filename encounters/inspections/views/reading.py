"""What a reader from outside has in front of them: the charts of their mandates, and nothing beside."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.http import StaffRequest
from emr.ui.navigation import address
from encounters.inspections import permissions, selectors
from encounters.inspections.marks import mark
from patients.registry.access import patients_for


@requires(permissions.READ)
@require_safe
def to_read(request: StaffRequest) -> HttpResponse:
    """The mandates in force with their charts; also the home page's card."""
    rows = selectors.to_read(request.user)
    if request.htmx and not request.htmx.boosted:
        return render(request, "encounters/inspections/_to_read.html", {"rows": rows})
    record("mandate.open", by=request.user, detail={"numbers": [mandate.number for mandate, _charts in rows]})
    return render(request, "encounters/inspections/to_read.html", {"rows": rows})


@polled
@requires(permissions.READ)
@require_safe
def watch(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """The mark of an open page with the present minute; where the mandate is over, the page is left at once."""
    patient = patients_for(request.user, permissions.READ).filter(uuid=patient_uuid).first()
    if patient is None:
        return HttpResponse(status=404, headers={"HX-Redirect": address("ui:home")})
    return render(request, "encounters/inspections/_mark.html", {"mark": mark(request, patient)})
