"""Two rows, one person: find the other, look at both, link them; or undo that."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from patients.registry import permissions, selectors, services
from patients.registry.access import access_patient, patients_for
from patients.registry.forms import ReasonForm
from patients.registry.matching import Person, possible_duplicates, score
from patients.registry.models import MergeLink, Patient


def _as_person(patient: Patient) -> Person:
    return Person(
        full_name=patient.full_name,
        sex=patient.sex,
        birth_date=patient.birth_date,
        birth_year=patient.birth_year,
        phone=patient.phone,
        numbers=tuple((n.system, n.value) for n in patient.identifiers.all() if not n.is_own),
    )


@requires(permissions.MERGE)
@require_http_methods(["GET", "POST"])
def choose(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Which other row is this person? Likely ones at once, others by search; also the merges so far."""
    patient = access_patient(request.user, patient_uuid, permissions.MERGE)
    text = request.POST.get("q", "").strip()
    found = None
    if text:
        found = selectors.search_patients(request.user, text)
        record("patient.search", by=request.user, detail={"count": len(found.patients), "for": "merge"})
    likely = [
        match
        for match in possible_duplicates(patient.facility, _as_person(patient))
        if match.patient.pk != patient.root_id
    ]
    seen = patients_for(request.user, permissions.MERGE).filter(pk__in=[m.patient.pk for m in likely])
    shown = set(seen.values_list("pk", flat=True))
    likely = [match for match in likely if match.patient.pk in shown]
    context = {
        "patient": patient,
        "encounter": None,
        "found": found,
        "q": text,
        "likely": likely,
        "links": selectors.merges_of(patient),
    }
    return render(request, "patients/registry/merge_choose.html", context)


@requires(permissions.MERGE)
@require_http_methods(["GET", "POST"])
def merge(request: StaffRequest, survivor_uuid: UUID, duplicate_uuid: UUID) -> HttpResponse:
    """Both side by side, what is alike and what isn't; then the link, with a reason."""
    survivor = access_patient(request.user, survivor_uuid, permissions.MERGE)
    duplicate = access_patient(request.user, duplicate_uuid, permissions.MERGE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.merge_patients(
                survivor=survivor, duplicate=duplicate, by=request.user, reason=form.cleaned_data["reason"]
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Merged. The chart now shows both; this can be undone."))
            return redirect("patients:registry:chart", survivor.uuid)
    if request.method == "GET":
        record(
            "patient.compare", by=request.user, of=duplicate, patient=duplicate, detail={"with": survivor.pk}
        )
    context = {
        "patient": survivor,
        "encounter": None,
        "form": form,
        "pair": [selectors.patient_row(survivor.pk), selectors.patient_row(duplicate.pk)],
        "duplicate": duplicate,
        "match": score(duplicate, _as_person(survivor)),
        "numbers": [selectors.dossier_of(row).numbers for row in (survivor, duplicate)],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "patients/registry/merge.html", context, status=status)


@requires(permissions.MERGE)
@require_http_methods(["GET", "POST"])
def unmerge(request: StaffRequest, patient_uuid: UUID, link_uuid: UUID) -> HttpResponse:
    """Undo one merge; each row keeps everything that was ever entered for it."""
    patient = access_patient(request.user, patient_uuid, permissions.MERGE)
    link = get_object_or_404(MergeLink, uuid=link_uuid, pk__in=[m.pk for m in selectors.merges_of(patient)])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.unmerge_patients(link=link, by=request.user, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The merge is undone: both stand alone again."))
            return redirect("patients:registry:chart", link.duplicate.uuid)
    status = 422 if request.method == "POST" else 200
    context = {"patient": patient, "encounter": None, "form": form, "link": link}
    return render(request, "patients/registry/unmerge.html", context, status=status)
