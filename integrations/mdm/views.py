"""Documents of the neighbours in the chart: shown as received, never written here."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.storage.strangers import handed_over
from encounters.documents.permissions import READ
from integrations.mdm.access import access_received, kept_closely, received_for, versions_of

PAGE_SIZE = 50


@requires(READ)
@require_safe
def documents(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """What the neighbours sent about the patient; narrowed by a part of the title or the sender."""
    patient, rows = received_for(request.user, patient_uuid)
    sender = request.GET.get("sender", "")[:60]
    senders = sorted(set(rows.order_by().values_list("sender", flat=True)))
    if sender in senders:
        rows = rows.filter(sender=sender)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    record(
        "received_document.list", by=request.user, of=patient, patient=patient, detail={"count": len(page)}
    )
    context = {
        "patient": patient,
        "page": page,
        "senders": senders,
        "sender": sender,
        "hidden": kept_closely(request.user, patient),
    }
    return render(request, "integrations/mdm/documents.html", context)


@requires(READ)
@require_safe
def document(request: StaffRequest, received_uuid: UUID) -> HttpResponse:
    """One document as it came, with its earlier and later versions."""
    found = access_received(request.user, received_uuid)
    record("received_document.read", by=request.user, of=found)
    versions = versions_of(request.user, found)
    context = {
        "patient": found.patient,
        "found": found,
        "versions": versions,
        "newest": versions[0],
        "is_newest": versions[0].pk == found.pk,
        "is_pdf": found.file is not None and found.file.content_type == "application/pdf",
    }
    return render(request, "integrations/mdm/document.html", context)


@requires(READ)
@require_safe
def file(request: StaffRequest, received_uuid: UUID) -> HttpResponse:
    """The bytes as they came."""
    found = access_received(request.user, received_uuid)
    if found.file is None:
        raise Http404
    record("received_document.file_read", by=request.user, of=found)
    return handed_over(found.file, name=str(found.uuid))
