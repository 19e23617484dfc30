"""One patient's tubes: labels, the scan at the bed, what was collected, what came back; how far an order is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.orders import permissions as orders
from encounters.orders.access import access_order
from encounters.orders.models import ServiceRequest
from encounters.specimens import permissions, selectors, services
from encounters.specimens.access import access_specimen, labelled
from encounters.specimens.forms import HandForm, UselessForm
from encounters.specimens.models import Specimen
from encounters.specimens.selectors.stays import tubes_of_stay
from encounters.specimens.views.printing import answer_labels, spoken
from encounters.visits.access import access_encounter
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.models import Encounter
from encounters.visits.wristband import has_wristband, remember_wristband


def _page(request: StaffRequest, stay: Encounter, status: int = 200, **more: Any) -> HttpResponse:
    needs = selectors.needs_of_stay(stay)
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "needs": needs,
        "unlabelled": sum(need.specimen is None or not need.specimen.label_count for need in needs),
        "tubes": tubes_of_stay(stay),
        "is_scanned": has_wristband(request, stay),
        "reasons": Specimen.Reason.choices,
    }
    return render(
        request, "encounters/specimens/of_stay.html", context | spoken(stay.facility_id) | more, status=status
    )


@require_safe
@requires(permissions.COLLECT)
def of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """What is to be drawn from this patient, and what was."""
    stay = access_encounter(request.user, encounter_uuid, permissions.COLLECT)
    record("specimen.list", by=request.user, of=stay)
    return _page(request, stay)


@require_POST
@requires(permissions.COLLECT)
def scan(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """A wristband says whose tubes follow; a label says which is filled. A label of somebody else's is refused."""
    stay = access_encounter(request.user, encounter_uuid, permissions.COLLECT)
    code = tidy(request.POST.get("code", ""))[:40]
    specimen = labelled(request.user, code) if code else None
    if specimen is None:
        other = stay_of_wristband(request.user, code) if code else None
        if other is None:
            return _page(request, stay, 422, refusal=_("Nothing has this number: %(code)s") % {"code": code})
        remember_wristband(request, other)
        return redirect("encounters:specimens:of_stay", other.uuid)
    if not has_wristband(request, stay):
        return _page(request, stay, 422, refusal=_("Scan the patient's wristband first, then the label."))
    try:
        collected = services.collect_by_scan(specimen=specimen, encounter=stay, by=request.user)
    except services.WrongPatient as refusal:
        return _page(request, stay, 409, danger=str(refusal))
    except DomainError as refusal:
        return _page(request, stay, 422, refusal=str(refusal))
    remember_wristband(request, stay)
    messages.success(
        request, _("Collected: tube %(label)s, %(tube)s")
        % {"label": collected.accession_number, "tube": collected.get_tube_display()},
    )  # fmt: skip
    return redirect("encounters:specimens:of_stay", stay.uuid)


@require_POST
@requires(permissions.COLLECT)
def labels(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """The labels of all tubes that wait without one, or one again (`specimen`)."""
    stay = access_encounter(request.user, encounter_uuid, permissions.COLLECT)
    waiting = services.prepare_specimens(encounter=stay, by=request.user)
    again = request.POST.get("specimen", "")
    if again:
        chosen = [s for s in tubes_of_stay(stay) if str(s.uuid) == again]
    else:
        chosen = [specimen for specimen in waiting if not specimen.label_count]
    if not chosen:
        return _page(request, stay, 422, refusal=_("Every tube has its label: print one again from its row."))
    return answer_labels(request, chosen)


@require_POST
@requires(permissions.COLLECT)
def change(request: StaffRequest, specimen_uuid: UUID) -> HttpResponse:
    """Collected without a scan, to be taken again, or entered in error: `action` and a reason."""
    specimen = access_specimen(request.user, specimen_uuid)
    stay = access_encounter(request.user, specimen.encounter.uuid, permissions.COLLECT)
    action = request.POST.get("action")
    more: dict[str, Any] = {"asked": str(specimen.uuid), "posted": request.POST}
    try:
        if action == "collect":
            form = HandForm(request.POST)
            if not form.is_valid():
                return _page(request, stay, 422, refusal=said(form), **more)
            services.collect_by_hand(
                specimen=specimen,
                by=request.user,
                reason=form.cleaned_data["reason"],
                at=form.cleaned_data["at"],
            )
        elif action == "again":
            useless = UselessForm(request.POST)
            if not useless.is_valid():
                return _page(request, stay, 422, refusal=said(useless), **more)
            services.ask_again(specimen=specimen, by=request.user, **useless.cleaned_data)
        elif action == "error":
            services.enter_specimen_in_error(
                specimen=specimen, by=request.user, reason=tidy(request.POST.get("text", ""))
            )
        else:
            return HttpResponse(status=400)
    except DomainError as refusal:
        return _page(request, stay, 422, refusal=str(refusal), **more)
    return redirect("encounters:specimens:of_stay", stay.uuid)


def said(form: HandForm | UselessForm) -> str:
    """The form's errors on one line, each with its field's name."""
    return " ".join(
        f"{form[name].label}: {' '.join(str(error) for error in errors)}"
        for name, errors in form.errors.items()
    )


@require_safe
@requires(orders.READ)
def progress(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Every step of an order on its way from the ward to the report."""
    order = access_order(request.user, order_uuid, orders.READ)
    record("order.progress", by=request.user, of=order)
    steps = selectors.timeline_of(order) if isinstance(order, ServiceRequest) else []
    context = {
        "order": order,
        "encounter": order.encounter,
        "patient": order.encounter.patient,
        "steps": steps,
    }
    return render(request, "encounters/specimens/progress.html", context)
