"""Sheets of what was done: made, and what a draft of one shows."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents.access import access_document
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.medicines import official, permissions
from encounters.medicines.selectors.sheets import sheet_of
from encounters.medicines.services.sheets import compose_of_shift
from encounters.visits.access import access_encounter
from encounters.visits.shifts import shift_at


@require_POST
@requires(permissions.GIVE)
def compose(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Make the sheet of this shift or the one before (`which`), or what the patient was given until now."""
    stay = access_encounter(request.user, encounter, permissions.GIVE)
    code = request.POST.get("code", "")
    shift = shift_at(stay.facility_id, now())
    if request.POST.get("which") == "before":
        shift = shift_at(stay.facility_id, shift.start - dt.timedelta(minutes=1))
    start, end = shift.start, shift.end
    if code == official.DISCLOSED.code:
        start = stay.started_at
    try:
        compose_of_shift(encounter=stay, code=code, start=start, end=end, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The sheet is made; it waits among what you have to sign."))
    return redirect("encounters:medicines:patient", stay.uuid)


@require_safe
@requires(DOCUMENTS_READ)
def body(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """What a draft of such a sheet is made of: nothing is typed on it."""
    document = access_document(request.user, document_uuid)
    return render(request, "encounters/medicines/_sheet_body.html", {"sheet": sheet_of(document)})
