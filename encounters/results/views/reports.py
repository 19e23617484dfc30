"""A stay's and a person's reports, and one of them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled_fragment
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.storage.strangers import handed_over
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.documents.signed import signatures_of
from encounters.results import permissions, selectors, services
from encounters.results.access import (
    access_report,
    listed_alone,
    may_acknowledge,
    may_compose,
    may_print,
    may_take_back,
)
from encounters.results.models import DiagnosticReport, ReportReading
from encounters.results.models.reports import RELEASED
from encounters.results.official import LAYOUT_CHECKED, forms_for
from encounters.results.selectors.official import form_of, is_up_to_date
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter
from patients.registry.access import access_patient
from patients.registry.models import Patient

PAGE_SIZE = 50


def _asked(request: StaffRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "")[:80] for name in ("category", "only", "text")}


def _page(
    request: StaffRequest,
    reports: QuerySet[DiagnosticReport],
    asked: dict[str, str],
    encounter: Encounter | None,
    patient: Patient,
) -> HttpResponse:
    """The list; to the page that asks again by itself the list alone, or 204 while nothing has changed."""
    reports = reports.filter(listed_alone(request.user))
    state = selectors.state_of(reports)
    if request.htmx and request.GET.get("state") == state.key:
        return HttpResponse(status=204)
    if encounter is not None:
        record("report.list", by=request.user, of=encounter)
    else:
        record("report.list", by=request.user, of=patient, patient=patient)
    page = Paginator(reports, PAGE_SIZE).get_page(request.GET.get("page"))
    known = request.GET.get("known", "")[:18]
    known_until = int(known) if request.htmx and known.isascii() and known.isdigit() else state.newest
    again = urlencode({**asked, "state": state.key, "known": known_until})
    context = asked | {
        "encounter": encounter,
        "patient": patient,
        "page": page,
        "categories": DiagnosticReport.Category.choices,
        "known_until": known_until,
        # Further pages hold what is old: nothing comes in there.
        "again": f"{request.path}?{again}" if page.number == 1 else "",
    }
    return render(request, f"encounters/results/{'_reports' if request.htmx else 'list'}.html", context)


@polled_fragment
@require_safe
@requires(permissions.READ)
def of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What was reported during the stay, newest first; what comes in while it is open appears there."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    asked = _asked(request)
    reports = selectors.reports_of_stay(encounter, **asked)
    return _page(request, reports, asked, encounter, encounter.patient)


@polled_fragment
@require_safe
@requires(permissions.READ)
def of_patient(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """What was ever reported of the person, newest first; what comes in while it is open appears there."""
    opened = access_patient(request.user, patient_uuid, permissions.READ)
    patient = opened.merged_into or opened
    asked = _asked(request)
    reports = selectors.reports_of_patient(patient, **asked)
    return _page(request, reports, asked, None, patient)


@require_safe
@requires(permissions.READ)
def report(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """One version of a report: what it says, what it said before, who has seen it."""
    found = access_report(request.user, report_uuid)
    record("report.read", by=request.user, of=found)
    if not request.user.is_listed_only(permissions.READ):  # nobody acts on what an inspector has read
        services.mark_seen(report=found, by=request.user)
    return _shown(request, found)


def _shown(
    request: StaffRequest, found: DiagnosticReport, status: int = 200, refusal: str = ""
) -> HttpResponse:
    versions = list(selectors.versions_of(found))
    readings = list(found.readings.select_related("reader").order_by("pk"))
    acknowledged = [r for r in readings if r.kind == ReportReading.Kind.ACKNOWLEDGED]
    newest = versions[0]
    is_mine = any(reading.reader_id == request.user.pk for reading in acknowledged)
    context = {
        "report": found,
        "patient": found.patient.merged_into or found.patient,
        "encounter": found.encounter,
        "sheet": selectors.sheet_of(found),
        "files": list(found.attachments.select_related("attachment").order_by("position")),
        "versions": versions,
        "newest": newest,
        "is_newest": newest.pk == found.pk,
        "acknowledged": acknowledged,
        "may_acknowledge": newest.pk == found.pk
        and not is_mine
        and (not found.is_provisional or found.is_critical)
        and may_acknowledge(request.user, found),
        "refusal": refusal,
        **_form_of(request, found, is_newest=newest.pk == found.pk),
        "may_take_back": newest.pk == found.pk and may_take_back(request.user, found),
        "may_print": not found.is_void and may_print(request.user, found),
    }
    return render(request, "encounters/results/report.html", context, status=status)


def _form_of(request: StaffRequest, found: DiagnosticReport, *, is_newest: bool) -> dict[str, Any]:
    """The official form that was made of it, and which may be made."""
    form = form_of(found)
    document = form.document if form is not None else None
    return {
        "form_document": document,
        "is_form_signed": document is not None
        and document.current_version_id is not None
        and bool(signatures_of([document.current_version_id])),
        "form_is_old": form is not None and is_newest and not is_up_to_date(form, found),
        "may_read_form": request.user.has_right(DOCUMENTS_READ),
        "may_compose": is_newest
        and found.status in RELEASED
        and found.encounter is not None
        and may_compose(request.user, found),
        "result_forms": [] if document is not None else forms_for(found),
        "is_layout_checked": LAYOUT_CHECKED,
    }


@require_POST
@requires(permissions.ACKNOWLEDGE)
def acknowledge(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """Seen, and answered for; back to what else waits."""
    found = access_report(request.user, report_uuid)
    if not may_acknowledge(request.user, found):
        return _shown(request, found, 403, _("The doctors of the patient's ward acknowledge this result."))
    try:
        services.acknowledge(report=found, by=request.user, note=request.POST.get("note", ""))
    except DomainError as refusal:
        return _shown(request, found, 409, str(refusal))
    messages.success(request, _("Acknowledged: %(title)s") % {"title": found.title})
    return redirect("encounters:results:inbox")


@require_safe
@requires(permissions.READ)
def file(request: StaffRequest, report_uuid: UUID, position: int) -> HttpResponse:
    """A file that came with the report."""
    found = access_report(request.user, report_uuid)
    attached = found.attachments.select_related("attachment__key").filter(position=position).first()
    if attached is None:
        raise Http404
    record("report.file_read", by=request.user, of=found, detail={"position": position})
    return handed_over(attached.attachment, name=f"{found.uuid}-{position}")
