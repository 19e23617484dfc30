"""The official form of a result: make it; what it shows while it isn't confirmed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents.access import access_document
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.results import permissions, services
from encounters.results.access import access_report, may_compose
from encounters.results.models import ReportForm


@require_POST
@requires(permissions.COMPOSE)
def compose(request: StaffRequest, report_uuid: UUID) -> HttpResponse:
    """Make the form, or its next version, and be asked to sign it."""
    report = access_report(request.user, report_uuid)
    if not may_compose(request.user, report):
        raise Denied(permissions.COMPOSE, entity=report, hidden=False)
    try:
        services.compose_form(report=report, code=request.POST.get("code", ""), by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The form is made; it waits among what you have to sign."))
    return redirect("encounters:results:report", report.uuid)


@require_safe
@requires(DOCUMENTS_READ)
def body(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Which result a draft of such a form is made of: nothing is typed on it."""
    document = access_document(request.user, document_uuid)
    form = ReportForm.objects.select_related("report").filter(document=document).first()
    return render(request, "encounters/results/_form_body.html", {"form": form})
