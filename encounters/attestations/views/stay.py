"""The papers of one stay."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.attestations import permissions, selectors, services
from encounters.attestations.forms import BeginForm
from encounters.visits.access import access_encounter, acts_here


@require_safe
@requires(permissions.READ)
def papers(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What was begun, numbered, issued and handed over; what may be begun."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    rows = list(selectors.papers_of(encounter))
    record("attestation.list", by=request.user, of=encounter, detail={"count": len(rows)})
    may_issue = acts_here(request.user, permissions.ISSUE, encounter)
    context = {
        "encounter": encounter,
        "patient": encounter.patient,
        "rows": rows,
        "choices": selectors.choices_for(encounter) if may_issue else [],
        "may_issue": may_issue,
    }
    return render(request, "encounters/attestations/stay.html", context)


@require_POST
@requires(permissions.ISSUE)
def begin(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Begin one paper, or several at once; the first is opened."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.ISSUE)
    form = BeginForm(request.POST)
    if not form.is_valid():
        return redirect("encounters:attestations:stay", encounter.uuid)
    begun = []
    for kind in form.cleaned_data["kind"]:
        try:
            begun.append(services.begin_paper(encounter=encounter, kind=kind, by=request.user))
        except DomainError as refusal:
            messages.warning(request, str(refusal))
    if not begun:
        return redirect("encounters:attestations:stay", encounter.uuid)
    return redirect("encounters:documents:document", begun[0].document.uuid)
