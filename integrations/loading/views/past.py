"""Past stays in the chart, as the HIS told of them."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from encounters.documents.permissions import READ
from integrations.loading.access import access_past_stay, past_stays_of
from integrations.loading.labels import summary_of, tables_of
from integrations.loading.layouts import is_former

PAGE_SIZE = 50


@requires(READ)
@require_safe
def past_stays(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """A patient's stays and visits of before."""
    patient, rows = past_stays_of(request.user, patient_uuid)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    record("past_stay.list", by=request.user, of=patient, patient=patient, detail={"count": len(page)})
    return render(request, "integrations/loading/past_stays.html", {"patient": patient, "page": page})


@requires(READ)
@require_safe
def past_stay(request: StaffRequest, past_uuid: UUID) -> HttpResponse:
    """One of them: summary, course, medicines, results, services."""
    found = access_past_stay(request.user, past_uuid)
    record("past_stay.read", by=request.user, of=found)
    context = {
        "patient": found.patient,
        "found": found,
        "summary": summary_of(found.content),
        "tables": tables_of(found.content),
        "is_former": is_former(found.content),
    }
    return render(request, "integrations/loading/past_stay.html", context)
