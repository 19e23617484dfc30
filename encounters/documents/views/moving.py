"""The guided step for a document on the wrong patient: why, whose it is, done."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents import permissions, services
from encounters.documents.access import access_to_write, right_to_write
from encounters.documents.forms import MoveForm
from encounters.documents.models import Document
from encounters.visits.access import access_encounter
from encounters.visits.codes import WRITABLE
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from patients.registry.selectors import search_patients


@requires(permissions.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Find the right patient's stay (`q`), then move the document there (`stay`). Words looked for travel by POST."""
    found = access_to_write(request.user, document_uuid)
    form = MoveForm(request.POST or None)
    words = request.POST.get("q", "").strip()
    if request.method == "POST" and request.POST.get("stay") and form.is_valid():
        right = right_to_write(request.user, found.code)
        target = access_encounter(request.user, form.cleaned_data["stay"], right)
        try:
            moved = services.move_document(
                document=found, to=target, reason=form.cleaned_data["reason"], by=request.user
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Taken back there and begun anew here: read it, then confirm."))
            return redirect("encounters:documents:document", moved.uuid)
    rows = _found(request, found, words) if words else None
    context: dict[str, Any] = {"document": found, "encounter": found.encounter, "patient": found.patient}
    status = 422 if request.method == "POST" and not words and form.errors else 200
    return render(
        request,
        "encounters/documents/move.html",
        context | {"form": form, "q": words, "rows": rows},
        status=status,
    )


def _found(request: StaffRequest, document: Document, words: str) -> list[tuple[Patient, list[Encounter]]]:
    """Patients with those of their stays on which the person writes such documents; two queries."""
    user = request.user
    page = search_patients(user, words)
    record("patient.search", by=user, detail={"document": str(document.uuid), "count": len(page.patients)})
    right = right_to_write(user, document.code)
    stays = (
        Encounter.objects.filter(
            patient__in=[patient.pk for patient in page.patients],
            facility_id=user.facility_id,
            status__in=[Encounter.Status.IN_PROGRESS, Encounter.Status.FINISHED],
            record_state__in=WRITABLE,
        )
        .exclude(pk=document.encounter_id)
        .select_related("department")
        .order_by("-started_at")
    )
    mine: dict[int, list[Encounter]] = {}
    for stay in stays:
        if user.has_right(right, stay.department_id):
            mine.setdefault(stay.patient_id, []).append(stay)
    return [(patient, mine[patient.pk]) for patient in page.patients if patient.pk in mine]
