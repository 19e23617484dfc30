"""When an operation is, from the patient's page."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.medicines import permissions
from encounters.medicines.forms import EventForm, said
from encounters.medicines.services import Told, tell_event
from encounters.medicines.views.patient import answer
from encounters.visits.access import access_encounter


@require_POST
@requires(permissions.GIVE)
def tell(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """The operation is at this time, or is put off."""
    stay = access_encounter(request.user, encounter, permissions.GIVE)
    form = EventForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form), code="invalid")
        told = form.cleaned_data
        at = None if told["is_put_off"] else told["at"]
        tell_event(
            encounter=stay,
            kind=told["kind"],
            at=at,
            told=Told(key=form.made),
            by=request.user,
            note=told["note"],
        )
    except DomainError as refusal:
        return answer(request, stay, 422, refusal=str(refusal), event_posted=request.POST)
    return redirect("encounters:medicines:patient", stay.uuid)
