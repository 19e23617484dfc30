"""Reaction tests from the patient's page: begun, read."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.medicines import permissions
from encounters.medicines.access import access_medicine, access_test
from encounters.medicines.forms import ReadingForm, TestForm, said
from encounters.medicines.services import Told
from encounters.medicines.services.reactions import begin_test, read_test
from encounters.medicines.views.patient import answer
from encounters.visits.access import access_encounter


@require_POST
@requires(permissions.GIVE)
def begin(request: StaffRequest, medicine_uuid: UUID) -> HttpResponse:
    """The test begins: now unless a time is said."""
    order = access_medicine(request.user, medicine_uuid)
    stay = access_encounter(request.user, order.encounter.uuid, permissions.GIVE)
    form = TestForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form), code="invalid")
        told = form.cleaned_data
        begin_test(
            order=order,
            method=told["method"],
            batch=told["batch"],
            told=Told(key=form.made, happened_at=told["at"]),
            by=request.user,
        )
    except DomainError as refusal:
        return answer(request, stay, 422, refusal=str(refusal))
    return redirect("encounters:medicines:patient", stay.uuid)


@require_POST
@requires(permissions.GIVE)
def read(request: StaffRequest, test_uuid: UUID) -> HttpResponse:
    """What it shows."""
    test = access_test(request.user, test_uuid)
    stay = access_encounter(request.user, test.encounter.uuid, permissions.GIVE)
    form = ReadingForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(said(form), code="invalid")
        read_test(test=test, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        more = {"asked": str(test.uuid), "posted": request.POST}
        return answer(request, stay, 422, refusal=str(refusal), **more)
    return redirect("encounters:medicines:patient", stay.uuid)
