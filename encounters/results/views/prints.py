"""Results on paper: ask, watch it being made, call it off, take it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.storage.services import read_bytes
from encounters.documents.permissions import PRINT
from encounters.results import permissions, services
from encounters.results.access import access_report_to_print, access_result_print, listed_alone
from encounters.results.asking import TableForm
from encounters.results.models import ResultPrint
from encounters.results.views.through_time import asked_of
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter
from patients.registry.access import access_patient
from patients.registry.models import Patient


@require_POST
@requires(permissions.PRINT)
def ask_report(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """Ask for a copy of one version of a report."""
    report = access_report_to_print(request.user, report_uuid)
    try:
        asked = services.request_report_print(report=report, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("encounters:results:report", report.uuid)
    return redirect("encounters:results:result_print", asked.uuid)


@require_POST
@requires(PRINT)
def ask_of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Ask for the table that a stay's page showed."""
    encounter = access_encounter(request.user, encounter_uuid, PRINT)
    return _ask(request, encounter.patient.merged_into or encounter.patient, encounter)


@require_POST
@requires(PRINT)
def ask_of_patient(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Ask for the table that a person's page showed."""
    opened = access_patient(request.user, patient_uuid, PRINT)
    return _ask(request, opened.merged_into or opened, None)


def _ask(request: StaffRequest, patient: Patient, encounter: Encounter | None) -> HttpResponse:
    form = TableForm(request.POST)
    asked = asked_of(form, encounter)
    try:
        made = services.request_table_print(
            patient=patient,
            encounter=encounter,
            asked=asked,
            listed=listed_alone(request.user),
            before=form.told()["before"],
            by=request.user,
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        if encounter is not None:
            return redirect("encounters:results:table_of_stay", encounter.uuid)
        return redirect("encounters:results:table_of_patient", patient.uuid)
    return redirect("encounters:results:result_print", made.uuid)


def _context(result_print: ResultPrint) -> dict[str, Any]:
    return {
        "result_print": result_print,
        "encounter": None,
        "patient": result_print.patient.merged_into or result_print.patient,
        "title": result_print.content["header"]["title"],
    }


@require_safe
@requires(permissions.PRINT)
def show(request: StaffRequest, result_print_uuid: UUID) -> HttpResponse:
    """The print: how far it is, then the paper."""
    result_print = access_result_print(request.user, result_print_uuid)
    record("result_print.read", by=request.user, of=result_print)
    return render(request, "encounters/results/print.html", _context(result_print))


@polled
@require_safe
@requires(permissions.PRINT)
def state(request: StaffRequest, result_print_uuid: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    result_print = access_result_print(request.user, result_print_uuid)
    return render(request, "encounters/results/_print.html", _context(result_print))


@require_POST
@requires(permissions.PRINT)
def cancel(request: StaffRequest, result_print_uuid: UUID) -> HttpResponse:
    """Call it off."""
    result_print = access_result_print(request.user, result_print_uuid)
    services.cancel_result_print(result_print=result_print, by=request.user)
    return redirect("encounters:results:result_print", result_print.uuid)


@require_POST
@requires(permissions.PRINT)
def again(request: StaffRequest, result_print_uuid: UUID) -> HttpResponse:
    """Make a print that was called off or failed after all, as it was asked for."""
    result_print = access_result_print(request.user, result_print_uuid)
    services.resume_result_print(result_print=result_print, by=request.user)
    return redirect("encounters:results:result_print", result_print.uuid)


@require_safe
@requires(permissions.PRINT)
def pdf(request: StaffRequest, result_print_uuid: UUID) -> HttpResponse:
    """The paper as it is kept."""
    result_print = access_result_print(request.user, result_print_uuid)
    if result_print.attachment is None:
        return HttpResponse(status=404)
    detail = {"sha256": result_print.attachment.sha256, "pages": result_print.pages}
    record("result_print.print", by=request.user, of=result_print, detail=detail)
    response = HttpResponse(read_bytes(result_print.attachment), content_type="application/pdf")
    kind = "attachment" if "download" in request.GET else "inline"
    name = f"ket-qua-{result_print.digest[:12]}.pdf"
    response["Content-Disposition"] = f'{kind}; filename="{name}"'
    return response
