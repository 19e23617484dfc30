"""Results whose patient or order somebody corrected: the laboratory says whether it is so."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.ui.badges import count_badge
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.identifying import find_patient, read_numbers
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis import permissions
from integrations.lis.access import access_identity, identities_for
from integrations.lis.identity import compared
from integrations.lis.reading import read_oru
from integrations.lis.services import answer_identity
from integrations.transport.models import DeadLetter
from patients.registry import permissions as registry
from patients.registry.access import reaches
from patients.registry.models import Patient

PAGE_SIZE = 50
_BADGE_SECONDS = 60


@requires(permissions.CONFIRM_IDENTITY)
@require_safe
def identities(request: StaffRequest) -> HttpResponse:
    """All that wait."""
    page = Paginator(identities_for(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    record("hl7_message.list", by=request.user, detail={"count": len(page), "waits": "identity"})
    return render(request, "integrations/lis/identities.html", {"page": page})


@polled
@requires(permissions.CONFIRM_IDENTITY)
@require_safe
def badge(request: StaffRequest) -> HttpResponse:
    """How many wait, for the main navigation."""
    return count_badge(identities_for(request.user).count(), seconds=_BADGE_SECONDS)


@requires(permissions.CONFIRM_IDENTITY)
@require_safe
def identity(request: StaffRequest, identity_uuid: UUID) -> HttpResponse:
    """The sender's identity beside the corrected one, and whose chart the result would go to."""
    letter = access_identity(request.user, identity_uuid)
    return _page(request, letter)


@requires(permissions.CONFIRM_IDENTITY)
@require_POST
def answer(request: StaffRequest, identity_uuid: UUID) -> HttpResponse:
    """Yes or no."""
    letter = access_identity(request.user, identity_uuid)
    is_confirmed = request.POST.get("answer") == "yes"
    patient, is_hidden = _patient(request, letter)
    if is_confirmed and (patient is None or is_hidden):
        return _page(request, letter, _("Nobody is found by this number."), 422)
    try:
        answer_identity(letter, is_confirmed=is_confirmed, note=request.POST.get("note", ""), by=request.user)
    except DomainError as refusal:
        return _page(request, letter, str(refusal), 422)
    messages.success(
        request, _("The result goes to this patient.") if is_confirmed else _("Sent back to be corrected.")
    )
    return redirect("integrations:lis:identities")


def _patient(request: StaffRequest, letter: DeadLetter) -> tuple[Patient | None, bool]:
    """Who has the corrected number; and whether this person may not know."""
    try:
        oru = read_oru(letter.message)
        found = find_patient(oru.channel, read_numbers(oru.channel, oru.pid.patient_identifier_list))
    except (Hl7Error, CannotApply):
        return None, False
    if found is None:
        return None, False
    return found, not reaches(request.user, found, registry.SEARCH)


def _page(request: StaffRequest, letter: DeadLetter, refusal: str = "", status: int = 200) -> HttpResponse:
    patient, is_hidden = _patient(request, letter)
    record(
        "hl7_message.read",
        by=request.user,
        of=letter.message,
        patient=None if is_hidden else patient,
        detail={"waits": "identity"},
    )
    context = {
        "letter": letter,
        "message": letter.message,
        "lines": compared(letter.message),
        "tests": _tests(letter),
        "found": None if is_hidden else patient,
        "is_hidden": is_hidden,
        "refusal": refusal,
        "note": request.POST.get("note", ""),
    }
    return render(request, "integrations/lis/identity.html", context, status=status)


def _tests(letter: DeadLetter) -> list[str]:
    """What was tested, by name alone: the values are on the laboratory's own paper."""
    try:
        groups = read_oru(letter.message).groups
    except (Hl7Error, CannotApply):
        return []
    names = (group.obr.universal_service.text for group in groups)
    return list(dict.fromkeys(name for name in names if name))
