"""Prescriptions: begun from the ward's orders, their lines beside the form."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.terminology.selectors import choices_by_system
from encounters.documents.access import access_document
from encounters.documents.models import Document
from encounters.orders import permissions, selectors, services
from encounters.orders.access import access_prescription_line
from encounters.orders.forms import PrescriptionLineForm
from encounters.orders.models import PrescriptionLine
from encounters.orders.selectors.checking import alerts_of_prescription, answers_of, running_on
from encounters.orders.selectors.prescriptions import FORMS, lines_in_words, lines_of, prescriptions_of
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.models import Encounter

USUAL_DAYS = 7
# Who reads without this sees no prescription that is still written.
_DOCUMENTS = "documents.read"


@require_safe
@requires(permissions.READ)
def prescriptions(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The stay's prescriptions; for its doctors, a new one from the medicines in effect."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.READ)
    record("prescription.list", by=request.user, of=encounter)
    return render(request, "encounters/orders/prescriptions.html", _listed(request, encounter))


def _listed(request: StaffRequest, encounter: Encounter) -> dict[str, Any]:
    found = list(prescriptions_of(encounter, finished_alone=request.user.is_listed_only(permissions.READ)))
    lines = [line for document in found for line in document.prescription_lines.all()]
    words = dict(zip((line.pk for line in lines), lines_in_words(lines), strict=True))
    acts = acts_here(request.user, permissions.PLACE, encounter)
    keeper = services.keeper_of_prescriptions(encounter.facility_id) if acts else ""
    may_place = acts and not keeper
    orders = running_on(encounter.pk, local_today()) if may_place else []
    return {
        "encounter": encounter,
        "patient": encounter.patient,
        "rows": [
            {"document": document, "lines": [words[line.pk] for line in document.prescription_lines.all()]}
            for document in found
        ],
        "orders": list(zip(orders, selectors.lines(list(orders)), strict=True)),
        "days": USUAL_DAYS,
        "may_place": may_place,
        "keeper": keeper,
        "reads_documents": request.user.has_right(_DOCUMENTS),
    }


@require_POST
@requires(permissions.PLACE)
def prescription_begin(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Drafts with the ticked orders for `days` days; one a kind, the first is opened."""
    encounter = access_encounter(request.user, encounter_uuid, permissions.PLACE)
    ticked, days = set(request.POST.getlist("order")), request.POST.get("days", "")
    orders = [order for order in running_on(encounter.pk, local_today()) if str(order.uuid) in ticked]
    try:
        made = services.begin_prescriptions(
            encounter=encounter,
            orders=orders,
            days=int(days) if days.isdecimal() and len(days) < 4 else 0,
            by=request.user,
        )
    except DomainError as refusal:
        context = _listed(request, encounter) | {"refusal": str(refusal), "days": days[:4], "ticked": ticked}
        return render(request, "encounters/orders/prescriptions.html", context, status=422)
    if len(made) > 1:
        return redirect("encounters:orders:prescriptions", encounter.uuid)
    return redirect("encounters:documents:document", made[0].uuid)


def _editor(document: Document, **more: Any) -> dict[str, Any]:
    lines = lines_of(document)
    answered = answers_of(document)
    alerts = alerts_of_prescription(document)
    short = choices_by_system(["medicine-route", "dose-unit"])
    rows = [
        {
            "line": line,
            "words": words,
            "alerts": [
                {"alert": alert, "answer": answered.get((alert.order_uuid, alert.key))}
                for alert in alerts
                if alert.order_uuid == str(line.uuid)
            ],
        }
        for line, words in zip(lines, lines_in_words(lines), strict=True)
    ]
    return {
        "document": document,
        "rows": rows,
        "is_open": document.current_version_id is None,
        "units": short.get("dose-unit", []),
        "routes": short.get("medicine-route", []),
        "meals": PrescriptionLineForm.base_fields["meal"].choices,  # type: ignore[attr-defined]  # a ChoiceField
        "controls": PrescriptionLine.Control.choices,
    } | more


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.PLACE)
def prescription_editor(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """The lines beside the form; POST adds one, as chosen or typed."""
    document = _access(request, document_uuid)
    if request.method != "POST":
        return render(request, "encounters/orders/_prescription.html", _editor(document))
    typed = request.POST.get("line_text", "")
    try:
        services.add_prescription_line(
            document=document, choice=request.POST.get("line", ""), typed=typed, by=request.user
        )
    except DomainError as refusal:
        context = _editor(document, line_error=str(refusal), line_text=typed)
        return render(request, "encounters/orders/_prescription.html", context, status=422)
    return render(request, "encounters/orders/_prescription.html", _editor(document), status=201)


def _access(request: StaffRequest, document_uuid: UUID) -> Document:
    return access_document(request.user, document_uuid, permissions.PLACE)


@require_safe
@requires(permissions.PLACE)
def prescription_choices(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """What the typed line may mean, for the combobox: `?q=`."""
    _access(request, document_uuid)
    found = services.prescription_choices(request.GET.get("q", ""))
    return JsonResponse(
        {
            "results": [
                {"code": one.code, "label": one.label, "text": one.text, "note": one.note} for one in found
            ]
        }
    )


@require_POST
@requires(permissions.PLACE)
def prescription_line(request: StaffRequest, line_uuid: UUID) -> HttpResponse:
    """Change a line (or `action` remove it)."""
    line = access_prescription_line(request.user, line_uuid)
    document = line.document
    form = PrescriptionLineForm(request.POST)
    status, more = 200, {}
    try:
        if request.POST.get("action") == "remove":
            services.remove_prescription_line(line=line, by=request.user)
        elif form.is_valid():
            services.change_prescription_line(line=line, by=request.user, **form.cleaned_data)
        else:
            field, errors = next(iter(form.errors.items()))
            label = form.fields[field].label if field in form.fields else ""
            raise DomainError(f"{label}: {errors[0]}", code="invalid")
    except DomainError as refusal:
        status, more = 422, {"refusal": f"{line.text}: {refusal}", "asked": line.pk, "typed": request.POST}
    return render(request, "encounters/orders/_prescription.html", _editor(document, **more), status=status)


@require_POST
@requires(permissions.PLACE)
def prescription_answer(request: StaffRequest, document_uuid: UUID) -> HttpResponse:
    """Why a medicine is prescribed although a check stops it."""
    document = _access(request, document_uuid)
    if document.code not in FORMS.values():
        return HttpResponse(status=400)
    status, more = 200, {}
    try:
        services.answer_check(
            entry=document,
            order_uuid=str(UUID(request.POST.get("order", ""))),
            key=request.POST.get("key", ""),
            reason=request.POST.get("reason", ""),
            by=request.user,
        )
    except ValueError:
        return HttpResponse(status=400)
    except DomainError as refusal:
        status, more = 422, {"refusal": str(refusal)}
    return render(request, "encounters/orders/_prescription.html", _editor(document, **more), status=status)
