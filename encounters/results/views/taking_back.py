"""A result of the wrong patient, or wrong altogether: find it, take it back, see what replaced what."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.results import permissions, selectors, services
from encounters.results.access import (
    access_report,
    access_report_to_take_back,
    may_take_back,
    reports_to_take_back,
)
from encounters.results.forms import NumberForm, TakeBackForm
from encounters.results.models import DiagnosticReport
from encounters.results.telling import readers_of

PAGE_SIZE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.TAKE_BACK)
def find(request: StaffRequest) -> HttpResponse:
    """By the number on the paper or the tube; who has no chart open needs no chart for it."""
    form = NumberForm(request.POST or None)
    page = None
    if form.is_valid():
        found = selectors.by_number(reports_to_take_back(request.user), form.cleaned_data["number"])
        page = Paginator(found, PAGE_SIZE).get_page(request.POST.get("page"))
        record("report.search", by=request.user, detail={"count": len(page)})
    return render(request, "encounters/results/take_back_find.html", {"form": form, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.TAKE_BACK)
def take_back(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """Say why; then it holds no more, who has seen it is told, and its order is open again."""
    report = access_report_to_take_back(request.user, report_uuid)
    form = TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.take_back(report=report, reason=form.reason(), by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            told = len(readers_of(report))
            said = ngettext(
                "Taken back. %(n)d person who had seen it is told.",
                "Taken back. %(n)d people who had seen it are told.",
                told,
            )
            messages.success(request, said % {"n": told} if told else _("Taken back. Nobody had seen it."))
            if request.user.has_right(permissions.READ):
                return redirect("encounters:results:versions", report.uuid)
            return redirect("encounters:results:take_back_find")
    elif request.method != "POST":
        record("report.read", by=request.user, of=report, detail={"page": "take_back"})
    status = 422 if request.method == "POST" else 200
    newest = selectors.versions_of(report).first()
    context = {
        "report": report,
        "person": report.patient.merged_into or report.patient,
        "form": form,
        "readers": readers_of(report),
        "newest": newest if newest is not None and newest.pk != report.pk else None,
        "may": may_take_back(request.user, report),
        # The integration desk compares name and number; what was found is none of its business.
        "sheet": selectors.sheet_of(report) if request.user.has_right(permissions.READ) else None,
    }
    return render(request, "encounters/results/take_back.html", context, status=status)


@require_safe
@requires(permissions.READ)
def versions(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """Every version under the producer's number: what changed, who has seen it, what was taken back and why."""
    report = access_report(request.user, report_uuid)
    record("report.history", by=request.user, of=report)
    history = selectors.history_of(report)
    elsewhere = DiagnosticReport.objects.filter(
        facility_id=report.facility_id, source=report.source, filler_number=report.filler_number
    ).exclude(patient__in=[version.report.patient_id for version in history])
    context = {
        "report": report,
        "patient": report.patient.merged_into or report.patient,
        "encounter": report.encounter,
        "history": history,
        # That it is somebody else's is told, never whose.
        "is_elsewhere": elsewhere.exists(),
    }
    return render(request, "encounters/results/versions.html", context)
