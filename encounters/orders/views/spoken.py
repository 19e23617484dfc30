"""Spoken orders: the nurse's form, the doctor's list."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.orders import permissions, selectors, services
from encounters.orders.access import access_spoken, may_decide
from encounters.orders.forms import SpokenForm
from encounters.orders.models import MedicationRequest, SpokenOrder
from encounters.orders.selectors.spoken import ALL, DECIDED, OPEN, doctors_for, spoken_for
from encounters.orders.services.spoken import MOST_LINES
from encounters.orders.wording import medication_text, service_text
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter

PAGE_SIZE = 50
_ON_PANEL = 8
_EMPTY_LINES = 3
_SHOWN = (OPEN, DECIDED, ALL)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.RECORD_SPOKEN)
def spoken_new(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Write down what a doctor said: first as understood and checked, then, read back, in effect."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.RECORD_SPOKEN)
    if request.method != "POST":
        record("spoken_order.open", by=request.user, of=encounter)
        form = SpokenForm(initial={"kind": SpokenOrder.Kind.TELEPHONE, "token": uuid.uuid4()})
        return render(request, "encounters/orders/spoken_new.html", _blank(encounter, form))
    form = SpokenForm(request.POST)
    said = _said(request)
    if not form.is_valid():
        return render(
            request, "encounters/orders/spoken_new.html", _blank(encounter, form, said, request), status=422
        )
    told = form.cleaned_data
    doctors = {doctor.uuid: doctor for doctor in doctors_for(encounter)}
    prescriber = doctors.get(told.pop("prescriber"))
    if request.POST.get("action") != "record":
        return render(request, "encounters/orders/spoken_new.html", _blank(encounter, form, said, request))
    try:
        if prescriber is None:
            raise DomainError(
                _("This person may not order for this patient now."), code="may_not_order", field="prescriber"
            )
        services.record_spoken_order(
            encounter=encounter,
            prescriber=prescriber,
            said=said,
            answers={name: str(text) for name, text in request.POST.items() if name.startswith("answer-")},
            by=request.user,
            **told,
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return render(
            request, "encounters/orders/spoken_new.html", _blank(encounter, form, said, request), status=422
        )
    messages.success(
        request,
        _("The order is in effect; %(doctor)s is asked to confirm it.") % {"doctor": prescriber.titled_name},
    )
    return redirect("encounters:orders:of_stay", encounter.uuid)


def _said(request: StaffRequest) -> list[tuple[str, str]]:
    chosen, typed = request.POST.getlist("line"), request.POST.getlist("line_text")
    return list(zip(chosen, typed, strict=False))[:MOST_LINES]


def _blank(
    encounter: Encounter,
    form: SpokenForm,
    said: list[tuple[str, str]] | None = None,
    request: StaffRequest | None = None,
) -> dict[str, Any]:
    """The form with what was understood of its lines, and what was answered so far."""
    at = getattr(form, "cleaned_data", {}).get("spoken_at") or now()
    understood = {line.number: line for line in services.understand(encounter, said or [], at)}
    rows = []
    for number in range(min(MOST_LINES, max(_EMPTY_LINES, len(said or []) + 1))):
        line = understood.get(number)
        rows.append(
            {
                "choice": line.choice if line else "",
                "typed": line.typed if line else "",
                "problem": line.problem if line else "",
                "text": _text(line.order) if line and line.order is not None else "",
                "alerts": [
                    {
                        "alert": alert,
                        "name": services.answer_name(line, alert),
                        "answer": request.POST.get(services.answer_name(line, alert), "") if request else "",
                    }
                    for alert in line.alerts
                ]
                if line
                else [],
            }
        )
    return {
        "encounter": encounter,
        "patient": encounter.patient,
        "form": form,
        "doctors": [(doctor.uuid, doctor.titled_name) for doctor in doctors_for(encounter)],
        "rows": rows,
        "understood": bool(understood) and not any(line.problem for line in understood.values()),
    }


def _text(order: Any) -> str:
    return medication_text(order) if isinstance(order, MedicationRequest) else service_text(order)


@require_safe
@requires(permissions.RECORD_SPOKEN)
def spoken_choices(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What the typed words may mean, for the combobox of a line: `?q=`."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.RECORD_SPOKEN)
    found = services.spoken_choices(encounter, request.GET.get("q", ""))
    return JsonResponse(
        {
            "results": [
                {"code": one.code, "label": one.label, "text": one.text, "note": one.note} for one in found
            ]
        }
    )


@require_safe
@requires(permissions.READ)
def spoken(request: StaffRequest) -> HttpResponse:
    """Spoken orders that wait for a doctor, those decided, or all; mine or the department's."""
    return render(request, "encounters/orders/spoken.html", _listed(request))


def _listed(request: StaffRequest) -> dict[str, Any]:
    show = request.GET.get("show", OPEN)
    show = show if show in _SHOWN else OPEN
    whose = "mine" if request.GET.get("whose") == "mine" else ""
    text = request.GET.get("q", "")[:80]
    found = spoken_for(request.user, show=show, whose=whose, text=text)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    record("spoken_order.list", by=request.user, detail={"show": show, "count": len(page)})
    return {
        "page": page,
        "rows": _rows(request, list(page.object_list)),
        "show": show,
        "whose": whose,
        "query": text,
    }


def _rows(request: StaffRequest, shown: list[SpokenOrder]) -> list[dict[str, Any]]:
    """Each with its lines and whether this person may decide; a fixed number of queries."""
    of_entries = selectors.orders_of_entries([spoken.entry_id for spoken in shown])
    orders = [order for found in of_entries.values() for order in found]
    texts = dict(zip((order.uuid for order in orders), selectors.lines(orders), strict=True))
    return [
        {
            "spoken": one,
            "lines": [texts[order.uuid] for order in of_entries.get(one.entry_id, [])],
            "may_decide": one.outcome == SpokenOrder.Outcome.OPEN and may_decide(request.user, one),
        }
        for one in shown
    ]


@require_POST
@requires(permissions.PLACE)
def spoken_decide(request: StaffRequest, spoken_uuid: UUID) -> HttpResponse:
    """Confirm or reject: `action` and a note."""
    found = access_spoken(request.user, spoken_uuid)
    action, note = request.POST.get("action"), request.POST.get("note", "")
    if action not in {"confirm", "reject"}:
        return HttpResponse(status=400)
    try:
        is_whole = services.decide_spoken_order(
            spoken=found, confirms=action == "confirm", note=note, by=request.user
        )
    except DomainError as refusal:
        context = _listed(request) | {"refusal": str(refusal), "asked": found.pk, "note": note}
        return render(request, "encounters/orders/spoken.html", context, status=422)
    if is_whole:
        messages.success(request, _("Kept. The entry waits for your signature."))
    else:
        messages.warning(
            request,
            _(
                "Kept; the orders stop. The entry is finished as soon as the stay has a diagnosis and whatever it lacks."
            ),
        )
    return redirect("encounters:orders:spoken")


@polled
@require_safe
@requires(permissions.PLACE)
def spoken_panel(request: StaffRequest) -> HttpResponse:
    """Home panel: what waits for this doctor's word, the oldest first."""
    found = [one for one in spoken_for(request.user)[: _ON_PANEL * 4] if may_decide(request.user, one)]
    context = {"waiting": found[:_ON_PANEL], "more": max(len(found) - _ON_PANEL, 0)}
    return render(request, "encounters/orders/_spoken_panel.html", context)
