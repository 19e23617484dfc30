"""A patient's wounds, the course of one, two of its dates side by side, its photographs."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.storage.strangers import handed_over
from encounters.bedside import permissions, services
from encounters.bedside.access import access_assessment, access_photo, access_wound
from encounters.bedside.forms import AssessmentForm, TakeBackForm, WoundForm, pictures_in, said
from encounters.bedside.models import Wound
from encounters.bedside.selectors.wounds import course_of, pair_of, wounds_of
from encounters.visits.access import access_encounter, acts_here


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.READ)
def wounds(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Each wound as it looked last; POST adds one and opens it."""
    right = permissions.PERFORM if request.method == "POST" else permissions.READ
    stay = access_encounter(request.user, encounter_uuid, right)
    form = WoundForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                wound = services.find_wound(encounter=stay, by=request.user, **form.cleaned_data)
            except DomainError as refusal:
                status = _refuse(form, refusal)
            else:
                return redirect("encounters:bedside:wound", wound.uuid)
    else:
        record("wound.list", by=request.user, of=stay)
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "courses": wounds_of(stay),
        "form": form,
        "may_perform": stay.is_open and acts_here(request.user, permissions.PERFORM, stay),
    }
    return render(request, "encounters/bedside/wounds.html", context, status=status)


def _refuse(form: Any, refusal: DomainError) -> int:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return 409 if isinstance(refusal, Conflict) else 422


def _page(
    request: StaffRequest, wound: Wound, form: AssessmentForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    stay = wound.encounter
    course = course_of(wound)
    for look in course.looks:
        look.take_back_key = uuid4()  # type: ignore[attr-defined]  # for the form beside it
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "wound": wound,
        "course": course,
        "form": form or AssessmentForm(initial=_initial(course.newest)),
        "is_pressure": wound.kind == Wound.Kind.PRESSURE,
        "may_perform": acts_here(request.user, permissions.PERFORM, stay),
    }
    return render(request, "encounters/bedside/wound.html", context | more, status=status)


def _initial(newest: Any) -> dict[str, Any]:
    """What is likely still so: the stage. Sizes are measured anew each time."""
    return {"stage": newest.stage} if newest is not None else {}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.READ)
def wound(request: StaffRequest, wound_uuid: UUID) -> HttpResponse:
    """The course of one wound; POST keeps how it looks now, with photographs."""
    if request.method != "POST":
        found = access_wound(request.user, wound_uuid)
        record("wound.read", by=request.user, of=found)
        return _page(request, found)
    found = access_wound(request.user, wound_uuid, permissions.PERFORM)
    form = AssessmentForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            services.assess_wound(wound=found, photos=pictures_in(request), by=request.user, **form.told())
        except DomainError as refusal:
            status = _refuse(form, refusal)
        else:
            messages.success(request, _("Kept."))
            return redirect("encounters:bedside:wound", found.uuid)
    return _page(request, found, form, status)


@require_safe
@requires(permissions.READ)
def compare(request: StaffRequest, wound_uuid: UUID) -> HttpResponse:
    """Two dates of one wound side by side: `left` and `right` are public ids of its looks."""
    found = access_wound(request.user, wound_uuid)
    record("wound.read", by=request.user, of=found)
    course = course_of(found)
    left, right = pair_of(course, request.GET.get("left", ""), request.GET.get("right", ""))
    context = {
        "encounter": found.encounter,
        "patient": found.encounter.patient,
        "wound": found,
        "course": course,
        "sides": [("left", _("Earlier"), left), ("right", _("Later"), right)],
    }
    return render(request, "encounters/bedside/wound_compare.html", context)


@require_safe
@requires(permissions.READ)
def photo(request: StaffRequest, photo_uuid: UUID) -> HttpResponse:
    """One photograph."""
    found = access_photo(request.user, photo_uuid)
    record("wound.file_read", by=request.user, of=found.assessment.wound, detail={"position": found.position})
    return handed_over(found.attachment, name=f"{found.uuid}")


@require_POST
@requires(permissions.PERFORM)
def take_back(request: StaffRequest, assessment_uuid: UUID) -> HttpResponse:
    """It was another patient's or wound's: shown no more."""
    found = access_assessment(request.user, assessment_uuid)
    form = TakeBackForm(request.POST)
    if not form.is_valid():
        return _page(request, found.wound, status=422, refusal=said(form))
    try:
        services.take_back_assessment(
            assessment=found,
            reason=form.cleaned_data["note"],
            key=form.cleaned_data["key"],
            by=request.user,
        )
    except DomainError as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        return _page(request, found.wound, status=status, refusal=str(refusal))
    messages.success(request, _("Taken back."))
    return redirect("encounters:bedside:wound", found.wound.uuid)
