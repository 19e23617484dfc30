"""Letters of authorities: the list, one of them, what becomes of it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.audit.services import record
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.ui.limits import at_most, heavy
from encounters.inspections import permissions, selectors, services
from encounters.inspections.access import access_chart, access_mandate, mandates_for
from encounters.inspections.bundle import bundle_of
from encounters.inspections.forms import STATES, ChartForm, CorrectionForm, MandateForm
from encounters.inspections.models import Mandate
from encounters.visits.access import access_encounter
from patients.registry.access import access_patient
from patients.registry.selectors import search_patients

PAGE = 50
_KEPT = "mandates"


@requires(permissions.OVERSEE)
@require_http_methods(["GET", "HEAD", "POST"])
def mandates(request: StaffRequest) -> HttpResponse:
    """All of them, overdue ones first. What is looked for travels by POST, since a patient's number may be typed."""
    if request.method == "POST":
        kept = {name: request.POST.get(name, "") for name in ("q", "page", "show")}
        request.session[_KEPT] = kept
        return redirect(f"{request.path}?{urlencode({'show': kept['show'] or 'all'})}")
    kept = request.session.get(_KEPT, {})
    found = selectors.searched(mandates_for(request.user), request.user.facility_id, kept.get("q", ""))
    states = selectors.by_state()
    show = request.GET.get("show", "")
    show = show if show in states else "all"
    number = kept.get("page") if kept.get("show") == show else ""
    page = Paginator(selectors.listed(found.filter(states[show])), PAGE).get_page(number or 1)
    record("mandate.list", by=request.user, detail={"show": show, "count": len(page.object_list)})
    context = {
        "page": page,
        "chips": [(key, title, found.filter(states[key]).count(), key == show) for key, title in STATES],
        "show": show,
        "words": kept.get("q", ""),
    }
    return render(request, "encounters/inspections/list.html", context)


@requires(permissions.PREPARE)
@require_http_methods(["GET", "HEAD", "POST"])
def prepare(request: StaffRequest) -> HttpResponse:
    """Enter a letter; the charts are listed on its own page."""
    readers = selectors.possible_readers(request.user.facility)
    form = MandateForm(request.POST or None, readers=readers)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.prepare_mandate(
                facility=request.user.facility, by=request.user, **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("encounters:inspections:mandate", made.uuid)
    context = {
        "form": form,
        "has_readers": bool(readers),
        "days": services.longest_days(request.user.facility_id),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/inspections/prepare.html", context, status=status)


@requires(permissions.OVERSEE)
@require_safe
def mandate(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """The letter, its charts, who reads, and what may be done."""
    found = access_mandate(request.user, mandate_uuid)
    record("mandate.read", by=request.user, of=found, detail={"number": found.number})
    return render(request, "encounters/inspections/mandate.html", _context(request, found))


@requires(permissions.PREPARE)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """The letter was entered wrongly: say it anew, before anybody reads by it."""
    found = access_mandate(request.user, mandate_uuid, permissions.PREPARE)
    readers = selectors.possible_readers(request.user.facility)
    if request.method != "POST":
        record("mandate.read", by=request.user, of=found, detail={"number": found.number})
        return _correction(request, found, CorrectionForm(readers=readers, initial=_entered(found)))
    form = CorrectionForm(request.POST, readers=readers)
    if not form.is_valid():
        return _correction(request, found, form, 422)
    try:
        services.correct_mandate(mandate=found, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _correction(request, found, form, 422)
    messages.success(request, _("Corrected. Somebody else approves it before charts open."))
    return redirect("encounters:inspections:mandate", found.uuid)


def _entered(found: Mandate) -> dict[str, Any]:
    """What stands there, as it is typed."""
    days = {name: f"{getattr(found, name):%d/%m/%Y}" for name in ("letter_on", "received_on")}
    times = {
        name: f"{timezone.localtime(getattr(found, name)):%d/%m/%Y %H:%M}"
        for name in ("starts_at", "ends_at")
    }
    words = {name: getattr(found, name) for name in ("body", "organisation", "letter_number", "purpose")}
    return {**words, **days, **times, "readers": [reader.uuid for reader in found.readers.all()]}


def _correction(
    request: StaffRequest, found: Mandate, form: CorrectionForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "mandate": found,
        "has_readers": True,
        "days": services.longest_days(found.facility_id),
    }
    return render(request, "encounters/inspections/prepare.html", context, status=status)


def _context(request: StaffRequest, found: Mandate) -> dict[str, Any]:
    user = request.user
    return {
        "mandate": found,
        "charts": selectors.charts_of(found, user),
        "readers": list(found.readers.order_by("sort_key")),
        "may_list": found.is_prepared and user.has_right(permissions.PREPARE),
        "may_approve": found.is_prepared
        and user.has_right(permissions.APPROVE)
        and found.prepared_by_id != user.pk,
        "may_correct": found.may_be_corrected and user.has_right(permissions.PREPARE),
        "versions": selectors.versions_of(found),
        "is_own": found.is_prepared and found.prepared_by_id == user.pk,
        "may_withdraw": found.status != Mandate.Status.WITHDRAWN and not found.is_over,
        "may_hand_out": found.is_in_force and user.has_right(permissions.HAND_OUT),
    }


def _refused(request: StaffRequest, found: Mandate, refusal: DomainError) -> HttpResponse:
    context = _context(request, found) | {"refusal": str(refusal)}
    return render(request, "encounters/inspections/mandate.html", context, status=422)


@requires(permissions.PREPARE)
@at_most(120)
@require_POST
def find(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """Patients to put on the list, by number or name; within the person's own reach, like every search."""
    found = access_mandate(request.user, mandate_uuid, permissions.PREPARE)
    words = request.POST.get("q", "").strip()
    page = search_patients(request.user, words)
    record("patient.search", by=request.user, detail={"mandate": found.number, "count": len(page.patients)})
    stays = selectors.stays_of_each(page.patients)
    context = {
        "mandate": found,
        "rows": [(patient, stays.get(patient.pk, [])) for patient in page.patients],
        "q": words,
    }
    if request.htmx:
        return render(request, "encounters/inspections/_found.html", context)
    return render(request, "encounters/inspections/mandate.html", _context(request, found) | context)


@requires(permissions.PREPARE)
@require_POST
def list_chart(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """Put one on the list."""
    found = access_mandate(request.user, mandate_uuid, permissions.PREPARE)
    form = ChartForm(request.POST)
    if not form.is_valid():
        return _refused(request, found, DomainError(_("Choose a patient.")))
    patient = access_patient(request.user, form.cleaned_data["patient"])
    stay = form.stay_uuid
    try:
        services.list_chart(
            mandate=found,
            patient=patient,
            encounter=access_encounter(request.user, stay) if stay else None,
            kept_closely=form.cleaned_data["kept_closely"],
            by=request.user,
        )
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:inspections:mandate", found.uuid)


@requires(permissions.PREPARE)
@require_POST
def strike_chart(request: StaffRequest, mandate_uuid: UUID, chart_uuid: UUID) -> HttpResponse:
    """Take one off."""
    found = access_mandate(request.user, mandate_uuid, permissions.PREPARE)
    chart = access_chart(request.user, found, chart_uuid, permissions.PREPARE)
    try:
        services.strike_chart(chart=chart, by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    return redirect("encounters:inspections:mandate", found.uuid)


@requires(permissions.APPROVE)
@require_POST
def approve(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """Let it come into force."""
    found = access_mandate(request.user, mandate_uuid, permissions.APPROVE)
    try:
        services.approve_mandate(mandate=found, by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("Approved. The charts open and close by the clock."))
    return redirect("encounters:inspections:mandate", found.uuid)


@requires(permissions.OVERSEE)
@require_POST
def withdraw(request: StaffRequest, mandate_uuid: UUID) -> HttpResponse:
    """End it at once."""
    found = access_mandate(request.user, mandate_uuid)
    try:
        services.withdraw_mandate(mandate=found, reason=request.POST.get("reason", ""), by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("Withdrawn. Nobody reads by this mandate any more."))
    return redirect("encounters:inspections:mandate", found.uuid)


@requires(permissions.HAND_OUT)
@fresh(RECENT_MINUTES)
@heavy
@require_POST
def hand_out(request: StaffRequest, mandate_uuid: UUID, encounter_uuid: UUID) -> HttpResponse:
    """A listed stay's signed documents as one file. That it left is written down before a byte does."""
    found = access_mandate(request.user, mandate_uuid, permissions.HAND_OUT)
    stay = access_encounter(request.user, encounter_uuid)
    if not services.lists_stay(found, stay):
        raise Denied(permissions.HAND_OUT, entity=stay)
    try:
        services.hand_out(mandate=found, encounter=stay, by=request.user)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    bundle = bundle_of(stay, found)
    detail = {
        "number": found.number,
        "signed": bundle.signed,
        "unsigned": bundle.unsigned,
        "manifest": bundle.manifest_sha256,
    }
    record("mandate.export", by=request.user, of=found, patient=stay.patient, detail=detail)
    response = HttpResponse(bundle.content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{found.number}-{stay.identifier}.zip"'
    return response


@requires(permissions.OVERSEE)
@require_safe
def waiting(request: StaffRequest) -> HttpResponse:
    """Home panel: what waits for an approval or is owed an answer."""
    found = mandates_for(request.user)
    rows = selectors.listed(found.filter(selectors.by_state()["prepared"] | selectors.OWED))
    return render(request, "encounters/inspections/_waiting.html", {"rows": rows[:6]})
