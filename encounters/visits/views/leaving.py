"""Discharge."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from encounters.visits import codes, permissions, selectors, services
from encounters.visits.access import access_encounter
from encounters.visits.forms import DischargeForm
from encounters.visits.forms.leaving import SECONDARY_ROWS
from encounters.visits.models import Condition, Encounter

_MAIN, _SECONDARY = codes.DiagnosisRole.DISCHARGE_MAIN, codes.DiagnosisRole.DISCHARGE_SECONDARY


@requires(permissions.DISCHARGE)
@require_http_methods(["GET", "HEAD", "POST"])
def discharge(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """End the stay: result, way of leaving, final diagnoses; a transfer's or a death's own fields where they apply."""
    stay = access_encounter(request.user, encounter_uuid, permissions.DISCHARGE)
    if not stay.is_open and request.method != "POST":
        return redirect("encounters:visits:detail", stay.uuid)
    place = selectors.present_place(stay)
    conditions = selectors.active_conditions(stay)
    form = DischargeForm(
        request.POST or None,
        inpatient=stay.is_inpatient,
        not_before=place.starts_at if place else stay.begins_at,
        initial={"version": stay.version, **_known(conditions)},
    )
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _carry_out(form, stay, conditions, request)
        except DomainError as refusal:
            form.refuse(refusal, {"code": "main_text", "text": "main_text"})
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, _("The patient was discharged."))
            return redirect("encounters:visits:detail", stay.uuid)
    context = {
        "patient": stay.patient,
        "encounter": stay,
        "form": form,
        "secondary_rows": [
            (form[f"secondary_{row}"], form[f"secondary_{row}_text"]) for row in range(1, SECONDARY_ROWS + 1)
        ],
        "cause_rows": [
            (
                line,
                form[f"cause_{line}"],
                form[f"cause_{line}_text"],
                form[f"interval_{line}"],
                form[f"unit_{line}"],
            )
            for line in codes.CauseLine.values
        ],
    }
    return render(request, "encounters/visits/discharge.html", context, status=status)


def _known(conditions: list[Condition]) -> dict[str, str]:
    """Final diagnoses that are there already; else the latest working one is offered as the main disease."""
    known: dict[str, str] = {}
    by_role: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_role.setdefault(condition.role, []).append(condition)
    for role in (
        _MAIN,
        codes.DiagnosisRole.WORKING,
        codes.DiagnosisRole.DEPARTMENT,
        codes.DiagnosisRole.ADMISSION,
    ):
        if found := by_role.get(role):
            known |= {"main": found[-1].code, "main_text": found[-1].text}
            break
    for row, condition in enumerate(by_role.get(_SECONDARY, [])[:SECONDARY_ROWS], 1):
        known |= {f"secondary_{row}": condition.code, f"secondary_{row}_text": condition.text}
    return known


@transaction.atomic
def _carry_out(
    form: DischargeForm, stay: Encounter, conditions: list[Condition], request: StaffRequest
) -> None:
    data = form.cleaned_data
    if data["main"] or data["main_text"]:
        services.record_diagnosis(
            encounter=stay, role=_MAIN, code=data["main"], text=data["main_text"], by=request.user
        )
    told = {(code.strip().upper(), text.strip()) for code, text in form.secondary}
    for former in conditions:
        if former.role == _SECONDARY and (former.code, former.text) not in told:
            services.void_diagnosis(condition=former, by=request.user, reason=_("Left out at discharge."))
    for code, text in form.secondary:
        services.record_diagnosis(encounter=stay, role=_SECONDARY, code=code, text=text, by=request.user)
    services.discharge(
        encounter=stay,
        by=request.user,
        outcome=data["outcome"],
        disposition=data["disposition"],
        at=data["at"],
        death=form.death,
        late_reason=data["late_reason"],
        expected_version=data["version"],
        **form.ends,
    )
