"""Choosing a form to begin."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from encounters.documents import permissions
from encounters.documents.menu import menu_of
from encounters.visits.access import access_encounter


@require_safe
@requires(permissions.NOTE)
def new(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The forms that this person may begin on the stay; narrowed by `q` as it is typed."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.NOTE)
    record("document.list", by=request.user, of=encounter)
    words = request.GET.get("q", "")[:100]
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "groups": menu_of(request.user, encounter, words),
        "words": words,
    }
    template = "_menu.html" if request.htmx else "menu.html"
    return render(request, f"encounters/documents/{template}", context)
