"""Patients move; moves, admissions and discharges are taken back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.visits import permissions, selectors, services
from encounters.visits.access import access_encounter
from encounters.visits.forms import ReasonForm, TransferForm
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter


def _department(request: StaffRequest, stay: Encounter) -> Organization | None:
    wanted = request.POST.get("department") or request.GET.get("department") or ""
    if not wanted.isdigit():
        return None
    return clinical_departments(stay.facility_id).filter(pk=int(wanted)).first()


@requires(permissions.TRANSFER)
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Move to another department, or into another bed of the same one (`?department=` its own)."""
    stay = access_encounter(request.user, encounter_uuid, permissions.TRANSFER)
    place = selectors.present_place(stay)
    department = _department(request, stay)
    beds = selectors.free_beds(department) if department else []
    form = TransferForm(
        request.POST or None,
        facility_id=stay.facility_id,
        beds=beds,
        not_before=place.starts_at if place else None,
        initial={
            "department": department,
            "bed": request.GET.get("bed") or selectors.suggested_bed(beds),
            "version": stay.version,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            new = _move(form, stay, request)
        except DomainError as refusal:
            form.refuse(refusal)
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            text = _("Moved to %(place)s.") % {"place": new}
            messages.success(request, text)
            return redirect("encounters:visits:detail", stay.uuid)
    else:
        status = 422 if request.method == "POST" else 200
    context = {
        "patient": stay.patient,
        "encounter": stay,
        "form": form,
        "place": place,
        "department": department,
        "has_beds": bool(beds),
        "same_department": department is not None and department == stay.department,
    }
    return render(request, "encounters/visits/transfer.html", context, status=status)


def _move(form: TransferForm, stay: Encounter, request: StaffRequest) -> str:
    data = form.cleaned_data
    place = services.transfer(
        encounter=stay,
        department=data["department"],
        bed=data["bed"],
        by=request.user,
        at=data["at"],
        attending=data["attending"],
        reason=data["reason"],
        late_reason=data["late_reason"],
        expected_version=data["version"],
    )
    return " · ".join(str(part) for part in (place.department, place.location) if part is not None)


@requires(permissions.TRANSFER)
@require_safe
def transfer_place_fields(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Fragment: the free beds of the department just chosen."""
    stay = access_encounter(request.user, encounter_uuid, permissions.TRANSFER)
    department = _department(request, stay)
    beds = selectors.free_beds(department) if department else []
    form = TransferForm(
        facility_id=stay.facility_id, beds=beds, initial={"bed": selectors.suggested_bed(beds)}
    )
    context = {"form": form, "department": department, "has_beds": bool(beds)}
    return render(request, "encounters/visits/_place_fields.html", context)


def _take_back(
    request: StaffRequest,
    stay: Encounter,
    *,
    title: str,
    explanation: str,
    action: str,
    verb: Callable[..., Any],
    done: str,
    asks_bed: bool = False,
) -> HttpResponse:
    """One page for every taking back: what will happen, and a reason."""
    form = ReasonForm(request.POST or None, initial={"version": stay.version})
    bed_taken = False
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = {"keep_bed": not form.cleaned_data["without_bed"]} if asks_bed else {}
        try:
            verb(
                encounter=stay,
                by=request.user,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                **told,
            )
        except DomainError as refusal:
            bed_taken = refusal.code == "bed_taken"
            form.add_error("reason" if refusal.field == "reason" else None, str(refusal))
        else:
            messages.success(request, done)
            return redirect("encounters:visits:detail", stay.uuid)
    context = {
        "patient": stay.patient,
        "encounter": stay,
        "form": form,
        "title": title,
        "explanation": explanation,
        "action": action,
        "asks_bed": asks_bed and (bed_taken or "without_bed" in request.POST),
    }
    return render(
        request, "encounters/visits/take_back.html", context, status=422 if request.method == "POST" else 200
    )


@requires(permissions.TRANSFER)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_transfer(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Take the last move back."""
    stay = access_encounter(request.user, encounter_uuid, permissions.TRANSFER)
    return _take_back(
        request,
        stay,
        title=_("Take the last move back"),
        explanation=_("The patient returns to the place before, as if they had never left it."),
        action=_("Take back"),
        verb=services.cancel_transfer,
        done=_("The move was taken back."),
        asks_bed=True,
    )


@requires(permissions.CANCEL)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Take an admission back, or enter a visit in error."""
    stay = access_encounter(request.user, encounter_uuid, permissions.CANCEL)
    if not stay.is_inpatient:
        return _take_back(
            request,
            stay,
            title=_("Enter this visit in error"),
            explanation=_("The visit stays in the log and disappears from the chart."),
            action=_("Enter in error"),
            verb=services.cancel_visit,
            done=_("The visit was entered in error."),
        )
    came_first = stay.arrival_class != Encounter.Class.INPATIENT
    return _take_back(
        request,
        stay,
        title=_("Cancel the admission"),
        explanation=_(
            "The patient returns to the visit they were admitted from; the admission number stays used."
        )
        if came_first
        else _("The stay is entered in error; its admission number stays used."),
        action=_("Cancel the admission"),
        verb=services.cancel_admission,
        done=_("The admission was cancelled."),
        asks_bed=True,
    )


@requires(permissions.DISCHARGE)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_discharge(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The stay runs on."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DISCHARGE)
    return _take_back(
        request,
        stay,
        title=_("Take the discharge back"),
        explanation=_("The stay runs on where it was; a death told with the discharge is void."),
        action=_("Take back"),
        verb=services.cancel_discharge,
        done=_("The discharge was taken back."),
        asks_bed=True,
    )
