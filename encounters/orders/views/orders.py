"""Orders: the editor beside the entry, the stay's orders in effect, the worklist."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.masters import kept_by, order_matter
from emr.terminology.selectors import choices_by_system
from encounters.documents.access import access_document
from encounters.documents.models import Document
from encounters.orders import permissions, selectors, services
from encounters.orders.access import access_order
from encounters.orders.forms import CATALOGUES, KINDS, MedicationForm, ServiceForm
from encounters.orders.models import MedicationRequest, RepeatDecision, ServiceRequest
from encounters.orders.providers import progress_of
from encounters.orders.regimens import holds_typed, scale_typed, steps_typed
from encounters.orders.selectors.catalogue import orderable, sets_for
from encounters.orders.selectors.checking import alerts_of, answers_of
from encounters.orders.selectors.earlier import repeats_of
from encounters.orders.selectors.pharmacy import comments_of_orders
from encounters.orders.selectors.refusals import open_refusals
from encounters.visits.access import access_encounter, acts_here

PAGE_SIZE = 50
_CHIPS = 6
_OWN = {"laboratory", "imaging"}


def _editor(entry: Document, kind: str, form: MedicationForm | ServiceForm | None = None) -> dict[str, Any]:
    orders = selectors.orders_of_entry(entry)
    blank: MedicationForm | ServiceForm = MedicationForm() if kind == "medication" else ServiceForm()
    wanted = {"medication": ["medicine-route", "dose-unit"], "laboratory": ["specimen-type"]}
    short_lists = choices_by_system(wanted[kind]) if kind in wanted else {}
    return {
        "document": entry,
        "kind": kind,
        "kinds": KINDS,
        "form": form or blank,
        "routes": short_lists.get("medicine-route", []),
        "units": short_lists.get("dose-unit", []),
        "specimens": short_lists.get("specimen-type", []),
        "lines": _with_questions(entry, selectors.lines([*orders, *selectors.pending_foreign(entry)])),
        "kept_by": kept_by(entry.facility_id, order_matter(kind)),
        "source": _source(entry, kind),
        "sets": sets_for(entry)[:_CHIPS],
    }


def _source(entry: Document, kind: str) -> str:
    """Where the combobox asks: the facility's own catalogue, where it has one of this kind."""
    if kind in _OWN and orderable(entry.facility_id, category=kind).exists():
        return f"{reverse('encounters:orders:orderable_services')}?category={kind}"
    return reverse("terminology:search", args=[CATALOGUES[kind]])


def _with_questions(entry: Document, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with their alerts, answers and earlier results."""
    answered = answers_of(entry)
    decided = {str(one.order_uuid): one for one in RepeatDecision.objects.filter(entry=entry)}
    repeats = {one.order_uuid: one for one in repeats_of(entry)}
    alerts = alerts_of(entry)
    for line in lines:
        line["alerts"] = [
            {"alert": alert, "answer": answered.get((alert.order_uuid, alert.key))}
            for alert in alerts
            if alert.order_uuid == line["uuid"]
        ]
        line["repeat"] = repeats.get(line["uuid"])
        line["decision"] = decided.get(line["uuid"])
    return lines


@require_POST
@requires(permissions.PLACE)
def answer(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Answer a question about a line: why it is ordered all the same, or that the earlier result is used."""
    entry = access_document(request.user, document_uuid, permissions.PLACE)
    told = request.POST
    context: dict[str, Any] = {}
    status = 200
    try:
        line = str(UUID(told.get("order", "")))
        if told.get("decision"):
            services.decide_repeat(
                entry=entry,
                order_uuid=line,
                decision=told["decision"],
                reason=told.get("reason", ""),
                by=request.user,
            )
        else:
            services.answer_check(
                entry=entry,
                order_uuid=line,
                key=told.get("key", ""),
                reason=told.get("reason", ""),
                by=request.user,
            )
    except ValueError:
        return HttpResponse(status=400)
    except DomainError as refusal:
        context, status = {"refusal": str(refusal)}, 422
    return render(
        request, "encounters/orders/_editor.html", _editor(entry, "medication") | context, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PLACE)
def quick(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """One box: GET says what the typed words may mean (JSON for the combobox), POST writes the choice on the entry."""
    entry = access_document(request.user, document_uuid, permissions.PLACE)
    if request.method != "POST":
        found = services.choices(entry, request.GET.get("q", ""))
        results = [
            {"code": one.code, "label": one.label, "text": one.text, "note": one.note} for one in found
        ]
        return JsonResponse({"results": results})
    typed = request.POST.get("quick_text", "")
    context: dict[str, Any] = {}
    status = 201
    try:
        context["left_out"] = services.add_quick(
            entry=entry, choice=request.POST.get("quick", ""), typed=typed, by=request.user
        )
    except DomainError as refusal:
        context, status = {"quick_error": str(refusal), "quick_text": typed}, 422
    return render(
        request, "encounters/orders/_editor.html", _editor(entry, "medication") | context, status=status
    )


@require_safe
@requires(permissions.PLACE)
def orderable_services(request: StaffRequest) -> HttpResponse:
    """The facility's services for a combobox: `?q=`, `category`."""
    found = orderable(
        request.user.facility_id,
        request.GET.get("q", "")[:120],
        category=request.GET.get("category", "")[:12],
    )[:20]
    return JsonResponse({"results": [{"code": row.code, "text": row.name, "note": ""} for row in found]})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PLACE)
def editor(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The entry's orders and one line to write on; POST adds the line."""
    entry = access_document(request.user, document_uuid, permissions.PLACE)
    asked = (request.POST if request.method == "POST" else request.GET).get("kind", "medication")
    kind = asked if asked in CATALOGUES else "medication"
    if request.method != "POST":
        return render(request, "encounters/orders/_editor.html", _editor(entry, kind))
    form: MedicationForm | ServiceForm = (
        MedicationForm(request.POST) if kind == "medication" else ServiceForm(request.POST)
    )
    if form.is_valid():
        try:
            if isinstance(form, MedicationForm):
                services.add_medication(entry=entry, by=request.user, **form.line())
            else:
                services.add_service(entry=entry, by=request.user, category=kind, **form.line())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return render(request, "encounters/orders/_editor.html", _editor(entry, kind), status=201)
    return render(request, "encounters/orders/_editor.html", _editor(entry, kind, form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PLACE)
def draft(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Change a line of a draft entry: GET puts it into the form, POST keeps it."""
    order = access_order(request.user, order_uuid, permissions.PLACE)
    if order.entry is None or order.status != order.Status.DRAFT:
        return HttpResponse(status=409)  # in effect, or another system's: it is no line of a draft
    kind = "medication" if isinstance(order, MedicationRequest) else order.category
    makes = MedicationForm if kind == "medication" else ServiceForm
    if request.method != "POST":
        initial = {name: getattr(order, name, "") for name in makes.base_fields} | {"code_text": order.text}
        if isinstance(order, MedicationRequest):
            initial["times"] = " ".join(order.times)
            initial["steps"] = steps_typed(order.taper)
            initial["scale"] = scale_typed(order.by_scale)
            initial["hold_if"] = holds_typed(order.holds)
        form = makes(initial=initial)
        return render(
            request, "encounters/orders/_editor.html", _editor(order.entry, kind, form) | {"editing": order}
        )
    form = makes(request.POST)
    if form.is_valid():
        line = form.line()
        if isinstance(order, MedicationRequest) and line.get("code") != order.code:
            line["ingredient"] = ""
        try:
            services.change_draft(order=order, by=request.user, **line)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return render(request, "encounters/orders/_editor.html", _editor(order.entry, kind))
    context = _editor(order.entry, kind, form) | {"editing": order}
    return render(request, "encounters/orders/_editor.html", context, status=422)


@require_POST
@requires(permissions.PLACE)
def remove(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Strike a line of a draft entry."""
    order = access_order(request.user, order_uuid, permissions.PLACE)
    entry = order.entry
    if entry is None:  # another system's order is no line of a draft
        return HttpResponse(status=409)
    status = 200
    context: dict[str, Any] = {}
    try:
        services.remove_draft(order=order, by=request.user)
    except DomainError as refusal:
        status, context = 409, {"refusal": str(refusal)}
    return render(
        request, "encounters/orders/_editor.html", _editor(entry, "medication") | context, status=status
    )


@require_safe
@requires(permissions.READ)
def of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What is in effect or held for this stay."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("order.list", by=request.user, of=encounter)
    return render(request, "encounters/orders/of_stay.html", _of_stay(request, encounter))


def _of_stay(request: StaffRequest, encounter: Any) -> dict[str, Any]:
    ended = request.GET.get("state") == "all"
    orders = selectors.active_orders(encounter, ended=ended)
    lines = selectors.lines(orders)
    services_ids = [order.pk for order in orders if isinstance(order, ServiceRequest)]
    known = progress_of(services_ids) if services_ids else {}
    said = comments_of_orders([order.pk for order in orders if isinstance(order, MedicationRequest)])
    refused = open_refusals(line["uuid"] for line in lines)
    for order, line in zip(orders, lines, strict=True):
        line["progress"] = known.get(order.pk) if isinstance(order, ServiceRequest) else None
        line["comments"] = said.get(order.pk, []) if isinstance(order, MedicationRequest) else []
        line["refusal"] = refused.get(line["uuid"])
    return {
        "encounter": encounter,
        "patient": encounter.patient,
        "ended": ended,
        "lines": lines,
        "may_place": acts_here(request.user, permissions.PLACE, encounter),
        "may_record_spoken": acts_here(request.user, permissions.RECORD_SPOKEN, encounter),
    }


@require_POST
@requires(permissions.PLACE)
def change(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Stop, hold, resume, complete or take back: `action` and a reason."""
    order = access_order(request.user, order_uuid, permissions.PLACE)
    action, reason = request.POST.get("action"), request.POST.get("reason", "")
    try:
        if action != "complete":
            services.demand_kept_here(order)
        if action == "stop":
            services.stop_order(order=order, reason=reason, by=request.user)
        elif action == "hold":
            services.hold_order(order=order, reason=reason, by=request.user)
        elif action == "resume":
            services.resume_order(order=order, by=request.user)
        elif action == "complete":
            services.complete_order(order=order, by=request.user, note=reason)
        elif action == "error":
            services.enter_order_in_error(order=order, reason=reason, by=request.user)
        else:
            return HttpResponse(status=400)
    except DomainError as refusal:
        encounter = access_encounter(request.user, order.encounter.uuid, permissions.READ)
        context = _of_stay(request, encounter) | {"refusal": str(refusal), "asked": str(order.uuid)}
        return render(request, "encounters/orders/of_stay.html", context, status=422)
    return redirect("encounters:orders:of_stay", order.encounter.uuid)


@require_safe
@requires(permissions.READ)
def worklist(request: StaffRequest) -> HttpResponse:
    """Orders in effect for the patients in my care: the services, one category of them, or the medicines."""
    category = request.GET.get("category", "")
    orders: Any = (
        selectors.medication_worklist(request.user)
        if category == selectors.MEDICATION
        else selectors.worklist(request.user, category)
    )
    page = Paginator(orders, PAGE_SIZE).get_page(request.GET.get("page"))
    record("order.worklist", by=request.user, detail={"category": category[:12], "count": len(page)})
    shown = list(page.object_list)
    context = {
        "page": page,
        "rows": list(zip(shown, selectors.lines(shown), strict=True)),
        "category": category,
        "categories": selectors.in_effect(request.user),
    }
    return render(request, "encounters/orders/worklist.html", context)


@require_safe
@requires(permissions.READ)
def today(request: StaffRequest) -> HttpResponse:
    """Home panel: what is in effect by category, and how much of it is of today."""
    return render(request, "encounters/orders/_today.html", {"categories": selectors.in_effect(request.user)})
