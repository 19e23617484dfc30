"""One patient's rounds: the keypad with the score before saving, what the score asks for, and the official chart."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.documents.access import access_document
from encounters.documents.permissions import READ as DOCUMENTS_READ
from encounters.monitoring import permissions, selectors, services
from encounters.monitoring.access import access_stay_measured, access_warning
from encounters.monitoring.forms import RespondForm, RoundForm, ScaleForm
from encounters.monitoring.paper import head_of
from encounters.monitoring.periods import day_of, periods_of
from encounters.monitoring.services import score_now
from encounters.results.permissions import READ, RECORD_VITAL_SIGNS
from encounters.results.services import Unusual
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter

SHOWN = 12


def posted_at(request: StaffRequest) -> dt.datetime | None:
    """The time that a round says it was taken, as far as it can be read; None: now."""
    form = RoundForm(request.POST)
    form.is_valid()
    return form.cleaned_data.get("effective_at")


def round_form(encounter: Encounter, posted: Any = None, line: int | None = None) -> RoundForm:
    """The form of a round of this stay, with what stood there last time."""
    tables = selectors.tables_of(encounter.facility_id, local_today())
    choice = selectors.choices_of([encounter.pk]).get(encounter.pk)
    scaling = selectors.scaling_of(encounter, choice, local_today())
    last = selectors.last_values([encounter.pk]).get(encounter.pk, selectors.Last())
    return RoundForm(posted, preset=last.values, wanted=selectors.wanted_signs(tables, scaling), line=line)


def _page(
    request: StaffRequest, encounter: Encounter, form: RoundForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    warnings = list(selectors.warnings_of(encounter)[:SHOWN])
    newest = warnings[0] if warnings else None
    choice = selectors.choices_of([encounter.pk]).get(encounter.pk)
    day = day_of(encounter.facility_id, now())
    periods = periods_of(encounter.facility_id, day)
    whole = periods[-1]
    context: dict[str, Any] = {
        "encounter": encounter,
        "patient": encounter.patient,
        "form": form or round_form(encounter),
        "warnings": warnings,
        "newest": newest,
        "parts": selectors.parts_of(newest) if newest else [],
        "covering": selectors.covering(newest) if newest else None,
        "scaling": selectors.scaling_of(encounter, choice, local_today()),
        "also_taken": selectors.also_taken(selectors.last_values([encounter.pk]).get(encounter.pk)),
        "sheet": selectors.sheet_of(encounter),
        "balance": selectors.balance_of(selectors.held_fluids(encounter, whole.start, whole.end), periods),
        "may_record": acts_here(request.user, RECORD_VITAL_SIGNS, encounter),
        "may_respond": acts_here(request.user, permissions.RESPOND, encounter),
        "may_set_scale": encounter.is_open and acts_here(request.user, permissions.SET_SCALE, encounter),
        "respond_form": RespondForm(),
    }
    return render(request, "encounters/monitoring/patient.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def patient(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """The patient's vital signs and scores; POST stores one round."""
    if request.method != "POST":
        stay = access_encounter(request.user, encounter, READ)
        record("vital_signs.read", by=request.user, of=stay)
        return _page(request, stay)
    stay = access_stay_measured(request.user, encounter, posted_at(request))
    form = round_form(stay, request.POST)
    questions = save_round(request, stay, form)
    if questions is None:
        return redirect("encounters:monitoring:patient", stay.uuid)
    return _page(request, stay, form, status=422, questions=questions)


def save_round(request: StaffRequest, stay: Encounter, form: RoundForm) -> list[str] | None:
    """Store what the form holds; None: it is stored, else what is asked ([]: the form's errors say what is wrong)."""
    if not form.is_valid():
        return []
    told = form.cleaned_data
    try:
        services.record_round(
            encounter=stay,
            values=form.values(),
            by=request.user,
            key=told["batch"],
            effective_at=told["effective_at"],
            confirmed=told["confirmed"],
            late_reason=told["late_reason"],
            note=told["note"],
        )
    except Unusual as unusual:
        return unusual.questions
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return []
    return None


@require_POST
@requires(RECORD_VITAL_SIGNS)
def preview(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Fragment: what the numbers typed so far would score. Nothing is stored."""
    stay = access_stay_measured(request.user, encounter, posted_at(request))
    form = round_form(stay, request.POST)
    form.is_valid()
    context = {"score": score_now(stay, form.values()), "is_short": "short" in request.POST}
    return render(request, "encounters/monitoring/_score.html", context)


@require_POST
@requires(permissions.RESPOND)
def respond(request: StaffRequest, warning_uuid: UUID) -> HttpResponse:
    """Say what is done about a score."""
    warning = access_warning(request.user, warning_uuid)
    form = RespondForm(request.POST)
    if form.is_valid():
        try:
            services.respond(warning=warning, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:monitoring:patient", warning.encounter.uuid)
    return _page(request, warning.encounter, status=422, respond_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.SET_SCALE)
def scale(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """By which score the stay is watched, and why."""
    stay = access_encounter(request.user, encounter, permissions.SET_SCALE)
    choice = selectors.choices_of([stay.pk]).get(stay.pk)
    scaling = selectors.scaling_of(stay, choice, local_today())
    form = ScaleForm(
        request.POST or None,
        initial={"scale": scaling.scale, "oxygen_scale": str(scaling.oxygen_scale)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_scale(encounter=stay, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:monitoring:patient", stay.uuid)
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "form": form,
        "scaling": scaling,
        "history": selectors.scale_history(stay),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/monitoring/scale.html", context, status=status)


@require_safe
@requires(READ)
def chart(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """The official chart, a sheet at a time, for the screen and for paper."""
    stay = access_encounter(request.user, encounter, READ)
    record("vital_signs.read", by=request.user, of=stay, detail={"sheet": request.GET.get("sheet", "")[:4]})
    wanted = request.GET.get("sheet", "")
    sheet = selectors.sheet_of(
        stay, int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else None
    )
    head = head_of(stay, sheet.first_day)
    made = selectors.chart_sheets_of([stay.pk]).filter(number=sheet.number).first()
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "sheet": sheet,
        "head": head,
        "made": made,
        "may_compose": acts_here(request.user, RECORD_VITAL_SIGNS, stay),
    }
    return render(request, "encounters/monitoring/chart.html", context)


@require_POST
@requires(RECORD_VITAL_SIGNS)
def compose_chart(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """Make the sheet that is shown (`sheet`) a document to sign, or its next version."""
    stay = access_encounter(request.user, encounter, RECORD_VITAL_SIGNS)
    wanted = request.POST.get("sheet", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else 0
    try:
        services.compose_chart(encounter=stay, number=number, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The sheet is made; it waits among what you have to sign."))
    return redirect(f"{reverse('encounters:monitoring:chart', args=[stay.uuid])}?sheet={number}")


@require_safe
@requires(DOCUMENTS_READ)
def chart_body(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """What stands in the place of a draft of the chart: nothing is typed on it."""
    document = access_document(request.user, document_uuid)
    return render(request, "encounters/monitoring/_chart_body.html", {"document": document})
