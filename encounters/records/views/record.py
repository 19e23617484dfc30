"""One record: where it stands, what is missing, its next step, its history, how it is kept."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.bundles.selectors import bundle_of
from encounters.completeness.selectors import gaps_of
from encounters.documents.permissions import APPEND
from encounters.records import permissions, retention, services
from encounters.records.access import access_record
from encounters.records.forms import AddendumForm, ClassesForm, FolderForm, ReasonForm, StepForm
from encounters.records.models import Keeping
from encounters.records.selectors import history
from encounters.records.steps import STEPS
from encounters.visits.models import Encounter


@requires(permissions.READ)
@require_safe
def page(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The record of one stay."""
    stay = access_record(request.user, encounter_uuid)
    record("record.read", by=request.user, of=stay)
    return render(request, "encounters/records/record.html", _context(request.user, stay))


def _context(user: User, stay: Encounter, **more: Any) -> dict[str, Any]:
    events = list(history.events_of(stay))
    keeping = Keeping.objects.filter(encounter=stay).select_related("held_by").first()
    gaps = gaps_of(stay) if not stay.is_record_closed else []
    steps: list[dict[str, Any]] = [
        {
            "step": step,
            "refusal": services.refusal_of(encounter=stay, verb=verb, by=user),
            "key": uuid.uuid4(),
        }
        for verb, step in STEPS.items()
        if stay.record_state in step.before and user.has_right(step.right, stay.department_id)
    ]
    keeps = user.has_right(permissions.KEEP)
    return {
        "patient": stay.patient,
        "encounter": stay,
        "events": events,
        "times_reopened": sum(event.verb == "reopen" for event in events),
        "gaps": gaps,
        "blocking": [gap for gap in gaps if gap.blocks and not gap.overridden],
        "late": history.late_of(stay, events),
        "steps": steps,
        "faults": services.fault_list(stay.facility_id),
        "keeping": keeping,
        "kept_as": retention.classes().get(keeping.retention_class) if keeping else None,
        "bundle": bundle_of(stay) if stay.record_state == Encounter.RecordState.ARCHIVED else None,
        "loans": list(history.loans_of(stay)),
        "may_lend": stay.record_state == Encounter.RecordState.ARCHIVED and user.has_right(permissions.LEND),
        "may_keep": keeps,
        "folder_form": FolderForm(initial=_folder(keeping)) if keeps else None,
        "classes_form": ClassesForm(initial={"classes": keeping.added_classes if keeping else []})
        if keeps
        else None,
        "addable": history.addable_forms(stay.facility_id) if _may_add(user, stay) else [],
        **more,
    }


def _may_add(user: User, stay: Encounter) -> bool:
    is_archived = stay.record_state == Encounter.RecordState.ARCHIVED
    return stay.is_record_closed and not is_archived and user.has_right(APPEND, stay.department_id)


def _folder(keeping: Keeping | None) -> dict[str, Any]:
    return (
        {}
        if keeping is None
        else {name: getattr(keeping, name) for name in ("is_hybrid", "barcode", "shelf")}
    )


def _refused(request: StaffRequest, stay: Encounter, refusal: DomainError) -> HttpResponse:
    stay.refresh_from_db(fields=["record_state", "archive_number"])
    status = 409 if isinstance(refusal, Conflict) else 422
    context = _context(request.user, stay, refusal=str(refusal))
    return render(request, "encounters/records/record.html", context, status=status)


def _back(stay: Encounter) -> HttpResponse:
    return redirect("encounters:records:record", stay.uuid)


@requires(permissions.READ)
@require_POST
def step(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Let the record take one step; which right that needs stands in the table of steps."""
    verb = STEPS.get(request.POST.get("verb", ""))
    stay = access_record(request.user, encounter_uuid, verb.right if verb else permissions.READ)
    form = StepForm(request.POST, faults=services.fault_list(stay.facility_id))
    try:
        if verb is None or not form.is_valid():
            raise DomainError(_("What was sent isn't complete. Choose again."), code="bad_form")
        services.take_step(
            encounter=stay,
            verb=verb.verb,
            by=request.user,
            reason=form.cleaned_data["reason"],
            faults=form.cleaned_data["faults"],
            request_key=form.cleaned_data["key"],
        )
    except DomainError as refusal:
        return _refused(request, stay, refusal)
    messages.success(request, f"{verb.done}.")
    return _back(stay)


@requires(APPEND)
@require_POST
def add(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Begin an addition to a closed record."""
    stay = access_record(request.user, encounter_uuid, APPEND)
    form = AddendumForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("Choose a form and say why it comes late."), code="bad_form")
        document = services.begin_addendum(
            encounter=stay,
            code=form.cleaned_data["code"],
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
    except DomainError as refusal:
        return _refused(request, stay, refusal)
    return redirect("encounters:documents:document", document.uuid)


@requires(permissions.KEEP)
@require_POST
def folder(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The paper beside the record: barcode and shelf."""
    stay = access_record(request.user, encounter_uuid, permissions.KEEP)
    form = FolderForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("Give the folder's barcode and its shelf."), code="bad_form")
        services.keep_paper(encounter=stay, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _refused(request, stay, refusal)
    return _back(stay)


@requires(permissions.KEEP)
@require_POST
def classes(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Classes of keeping that the stay's own data can't tell."""
    stay = access_record(request.user, encounter_uuid, permissions.KEEP)
    form = ClassesForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("There is no such class."), code="bad_form")
        services.set_classes(encounter=stay, codes=form.cleaned_data["classes"], by=request.user)
    except DomainError as refusal:
        return _refused(request, stay, refusal)
    return _back(stay)


@requires(permissions.KEEP)
@require_POST
def hold(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Forbid disposal, or lift that."""
    stay = access_record(request.user, encounter_uuid, permissions.KEEP)
    form = ReasonForm(request.POST)
    act = services.release_hold if request.POST.get("lift") else services.hold
    try:
        act(encounter=stay, reason=form.cleaned_data["reason"] if form.is_valid() else "", by=request.user)
    except DomainError as refusal:
        return _refused(request, stay, refusal)
    return _back(stay)
