"""Vital signs: the quick form and the chart."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.results import permissions, selectors, services
from encounters.results.access import access_observation
from encounters.results.forms import CorrectionForm, VitalSignsForm
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter


def _context(
    request: StaffRequest, encounter: Encounter, form: VitalSignsForm | None = None
) -> dict[str, Any]:
    rounds = selectors.vital_sign_rounds(encounter)
    signs = selectors.signs_of(rounds)
    return {
        "encounter": encounter,
        "patient": encounter.patient,
        "form": form or VitalSignsForm(),
        "rounds": [(item, item.cells(signs)) for item in reversed(rounds)],
        "chart": selectors.vital_sign_chart(rounds),
        "signs": signs,
        "may_record": acts_here(request.user, permissions.RECORD_VITAL_SIGNS, encounter),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.READ)
def vital_signs(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The stay's vital signs; POST stores one round."""
    if request.method != "POST":
        encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
        record("vital_signs.read", by=request.user, of=encounter)
        return render(request, "encounters/results/vital_signs.html", _context(request, encounter))
    encounter = access_encounter(request.user, encounter_uuid, permissions.RECORD_VITAL_SIGNS)
    form = VitalSignsForm(request.POST)
    extra: dict[str, Any] = {}
    if form.is_valid():
        try:
            services.record_vital_signs(
                encounter=encounter,
                values=form.values(),
                by=request.user,
                effective_at=form.cleaned_data["effective_at"],
                batch=form.cleaned_data["batch"],
                confirmed=form.cleaned_data["confirmed"],
                late_reason=form.cleaned_data["late_reason"],
            )
        except services.Unusual as unusual:
            extra["questions"] = unusual.questions
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:results:vital_signs", encounter.uuid)
    return render(
        request, "encounters/results/vital_signs.html", _context(request, encounter, form) | extra, status=422
    )


@require_POST
@requires(permissions.RECORD_VITAL_SIGNS)
def correct(request: StaffRequest, observation_uuid: UUID) -> HttpResponse:
    """Replace a value, or take it back."""
    observation = access_observation(request.user, observation_uuid, permissions.RECORD_VITAL_SIGNS)
    encounter = access_encounter(request.user, observation.encounter.uuid, permissions.READ)
    form = CorrectionForm(request.POST)
    refused = ""
    if form.is_valid():
        try:
            services.correct_observation(
                observation=observation,
                by=request.user,
                reason=form.cleaned_data["reason"],
                value=form.cleaned_data["value"],
            )
        except DomainError as refusal:
            refused = str(refusal)
        else:
            return redirect("encounters:results:vital_signs", encounter.uuid)
    refused = refused or " ".join(str(message) for messages in form.errors.values() for message in messages)
    context = _context(request, encounter) | {"refusal": refused}
    return render(request, "encounters/results/vital_signs.html", context, status=422)
