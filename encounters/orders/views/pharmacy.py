"""The pharmacist's list, the review of a stay, and what doctors answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.orders import permissions, services
from encounters.orders.access import access_comment, access_review, access_review_of_stay
from encounters.orders.forms import PharmacyFilter
from encounters.orders.models import MedicationRequest
from encounters.orders.selectors.pharmacy import (
    SHOWN,
    WAITING,
    Reviewed,
    asked_of,
    count_waiting,
    departments_with_medicines,
    pharmacy_stays,
    review_of_stay,
)
from encounters.visits.models import Encounter

PAGE_SIZE = 30
_ON_PANEL = 8


@require_safe
@requires(permissions.REVIEW)
def pharmacy(request: StaffRequest) -> HttpResponse:
    """Stays with medicines to review, by department and state, the urgent and the newest first."""
    form = PharmacyFilter(request.GET)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    show = asked.get("show") or WAITING
    show = show if show in SHOWN else WAITING
    departments = departments_with_medicines(request.user)
    chosen = next((one for one, _count in departments if one.uuid == asked.get("department")), None)
    text = asked.get("q") or ""
    stays = pharmacy_stays(request.user, show=show, department=chosen, text=text)
    page = Paginator(stays, PAGE_SIZE).get_page(request.GET.get("page"))
    record("pharmacy_review.list", by=request.user, detail={"show": show, "count": len(page)})
    context = {"page": page, "show": show, "departments": departments, "chosen": chosen, "query": text}
    return render(request, "encounters/orders/pharmacy.html", context)


@require_safe
@requires(permissions.REVIEW)
def pharmacy_of_stay(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """One stay's medicines with all that a review looks at."""
    encounter = access_review_of_stay(request.user, encounter_uuid)
    record("pharmacy_review.open", by=request.user, of=encounter)
    return render(request, "encounters/orders/pharmacy_of_stay.html", _of_stay(request, encounter))


def _of_stay(request: StaffRequest, encounter: Encounter) -> dict[str, Any]:
    review = review_of_stay(encounter)
    following = pharmacy_stays(request.user).exclude(pk=encounter.pk).first()
    return {
        "encounter": encounter,
        "person": encounter.patient,
        "review": review,
        "waiting": sum(medicine.is_waiting for medicine in review.medicines),
        "following": following,
    }


def _findings(medicine: Reviewed) -> list[dict[str, str]]:
    return [
        {"level": alert.level, "title": str(alert.title), "message": str(alert.message)}
        for alert in medicine.alerts
    ]


@require_POST
@requires(permissions.REVIEW)
def pharmacy_accept(request: StaffRequest, encounter_uuid: UUID) -> HttpResponse:
    """Accept the ticked medicines, never what the page didn't show; then the next stay that waits."""
    encounter = access_review_of_stay(request.user, encounter_uuid)
    ticked = set(request.POST.getlist("order"))
    review = review_of_stay(encounter)
    chosen = [medicine for medicine in review.medicines if str(medicine.order.uuid) in ticked]
    try:
        count = services.accept_orders(
            orders=[medicine.order for medicine in chosen],
            findings={str(medicine.order.uuid): _findings(medicine) for medicine in chosen},
            by=request.user,
        )
    except DomainError as refusal:
        return _refused(request, encounter, refusal)
    told = ngettext("%(n)d medicine accepted.", "%(n)d medicines accepted.", count)
    messages.success(request, told % {"n": count})
    following = pharmacy_stays(request.user).exclude(pk=encounter.pk).first()
    if following is not None and request.POST.get("then") == "next":
        return redirect("encounters:orders:pharmacy_of_stay", following.uuid)
    return redirect("encounters:orders:pharmacy")


def _refused(
    request: StaffRequest, encounter: Encounter, refusal: DomainError, **more: object
) -> HttpResponse:
    context = _of_stay(request, encounter) | {"refusal": str(refusal)} | more
    return render(request, "encounters/orders/pharmacy_of_stay.html", context, status=422)


@require_POST
@requires(permissions.REVIEW)
def pharmacy_act(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """Comment, hold, refuse or release one medicine: `action` and a text."""
    order = access_review(request.user, order_uuid)
    action, text = request.POST.get("action", ""), request.POST.get("text", "")
    if action not in {"comment", "hold", "refuse", "release"}:
        return HttpResponse(status=400)
    try:
        _act(order, action, text, request)
    except DomainError as refusal:
        encounter = access_review_of_stay(request.user, order.encounter.uuid)
        return _refused(request, encounter, refusal, asked=str(order.uuid), text=text)
    return redirect("encounters:orders:pharmacy_of_stay", order.encounter.uuid)


def _act(order: MedicationRequest, action: str, text: str, request: StaffRequest) -> None:
    if action == "comment":
        services.comment_on_order(order=order, text=text, by=request.user)
    elif action == "release":
        services.release_by_pharmacist(order=order, by=request.user)
    else:
        shown = next(
            (one for one in review_of_stay(order.encounter).medicines if one.order.pk == order.pk), None
        )
        services.hold_by_pharmacist(
            order=order,
            reason=text,
            refuses=action == "refuse",
            by=request.user,
            findings=_findings(shown) if shown else [],
        )


@polled
@require_safe
@requires(permissions.REVIEW)
def pharmacy_panel(request: StaffRequest) -> HttpResponse:
    """Home panel of the pharmacist: how many wait, and where the newest are."""
    count, urgent = count_waiting(request.user)
    context = {"count": count, "urgent": urgent, "stays": pharmacy_stays(request.user)[:_ON_PANEL]}
    return render(request, "encounters/orders/_pharmacy_panel.html", context)


@polled
@require_safe
@requires(permissions.PLACE)
def pharmacy_asks(request: StaffRequest) -> HttpResponse:
    """Home panel of the doctor: what pharmacists ask about their medicines."""
    found = list(asked_of(request.user)[: _ON_PANEL + 1])
    context = {"comments": found[:_ON_PANEL], "has_more": len(found) > _ON_PANEL}
    return render(request, "encounters/orders/_pharmacy_asks.html", context)


@require_POST
@requires(permissions.PLACE)
def pharmacy_answer(request: StaffRequest, comment_uuid: UUID) -> HttpResponse:
    """The doctor answers; a held medicine may go on or stop with it."""
    comment = access_comment(request.user, comment_uuid)
    try:
        services.answer_pharmacist(
            comment=comment,
            text=request.POST.get("text", ""),
            action=request.POST.get("action", ""),
            by=request.user,
        )
    except DomainError as refusal:
        messages.error(request, f"{refusal} {request.POST.get('text', '')}".strip())
    else:
        messages.success(request, _("The pharmacist sees your answer."))
    return redirect("encounters:orders:of_stay", comment.encounter.uuid)
