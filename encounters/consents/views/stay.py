"""The consents of one stay."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from encounters.consents import permissions
from encounters.consents.official import FORMS
from encounters.consents.selectors.stay import consents_of
from encounters.documents.permissions import READ, WRITE
from encounters.visits.access import access_encounter, acts_here


@require_safe
@requires(READ)
def consents(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What was put before the patient, and the forms to begin."""
    encounter = access_encounter(request.user, encounter_uuid, READ)
    rows = consents_of(encounter, finished_alone=request.user.is_listed_only(READ))
    record("consent.list", by=request.user, of=encounter, detail={"count": len(rows)})
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "rows": rows,
        "forms": list(FORMS.values()),
        "may_write": acts_here(request.user, WRITE, encounter),
        "may_take": acts_here(request.user, permissions.TAKE, encounter),
    }
    return render(request, "encounters/consents/stay.html", context)
