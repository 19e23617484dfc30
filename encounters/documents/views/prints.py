"""The running treatment sheets of a stay: ask for them, watch them being made, call them off, take them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.storage.services import read_bytes
from encounters.documents import permissions, services
from encounters.documents.access import access_course_print
from encounters.documents.forms import DaysForm
from encounters.documents.models import CoursePrint
from encounters.visits.access import access_encounter


@require_POST
@requires(permissions.PRINT)
def ask(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Ask for the sheets of the whole stay, or of some days of it."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.PRINT)
    form = DaysForm(request.POST)
    if not form.is_valid():
        messages.warning(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("encounters:documents:course", encounter.uuid)
    try:
        course_print = services.request_course_print(
            encounter=encounter,
            by=request.user,
            first=form.cleaned_data["first"],
            last=form.cleaned_data["last"],
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("encounters:documents:course", encounter.uuid)
    return redirect("encounters:documents:course_print", course_print.uuid)


def _context(course_print: CoursePrint) -> dict[str, Any]:
    entries = [entry for sheet in course_print.content["sheets"] for entry in sheet["entries"]]
    return {
        "course_print": course_print,
        "encounter": course_print.encounter,
        "patient": course_print.patient,
        "days": course_print.content["header"]["days"],
        "count": len(entries),
        "unsigned": sum(not entry["signatures"] and not entry["error"] for entry in entries),
    }


@require_safe
@requires(permissions.PRINT)
def show(request: StaffRequest, print_uuid: UUID) -> HttpResponse:
    """The print: how far it is, then the sheets."""
    course_print = access_course_print(request.user, print_uuid)
    record("course_print.read", by=request.user, of=course_print)
    return render(request, "encounters/documents/course_print.html", _context(course_print))


@polled
@require_safe
@requires(permissions.PRINT)
def state(request: StaffRequest, print_uuid: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    course_print = access_course_print(request.user, print_uuid)
    return render(request, "encounters/documents/_course_print.html", _context(course_print))


@require_POST
@requires(permissions.PRINT)
def cancel(request: StaffRequest, print_uuid: UUID) -> HttpResponse:
    """Call it off."""
    course_print = access_course_print(request.user, print_uuid)
    course_print = services.cancel_course_print(course_print=course_print, by=request.user)
    return redirect("encounters:documents:course_print", course_print.uuid)


@require_POST
@requires(permissions.PRINT)
def again(request: StaffRequest, print_uuid: UUID) -> HttpResponse:
    """Make a print that was called off or failed after all, as it was asked for."""
    course_print = access_course_print(request.user, print_uuid)
    services.resume_course_print(course_print=course_print, by=request.user)
    return redirect("encounters:documents:course_print", course_print.uuid)


@require_safe
@requires(permissions.PRINT)
def pdf(request: StaffRequest, print_uuid: UUID) -> HttpResponse:
    """The sheets as they are kept."""
    course_print = access_course_print(request.user, print_uuid)
    if course_print.attachment is None:
        return HttpResponse(status=404)
    record(
        "course_print.print",
        by=request.user,
        of=course_print,
        detail={"sha256": course_print.attachment.sha256, "pages": course_print.pages},
    )
    response = HttpResponse(read_bytes(course_print.attachment), content_type="application/pdf")
    kind = "attachment" if "download" in request.GET else "inline"
    name = f"36-BV2-{course_print.encounter.identifier}-{course_print.digest[:12]}.pdf"
    response["Content-Disposition"] = f'{kind}; filename="{name}"'
    return response
