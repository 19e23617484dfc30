"""What waits for my signature: many at once, under one PIN."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from emr.accounts.access import requires
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from signatures.certificates.selectors import certificate_of
from signatures.providers.base import Pin
from signatures.signing import permissions, services
from signatures.signing.delegations import stand_in
from signatures.signing.desk import REASONS, USUAL, found_among, ranked, returned_to
from signatures.signing.forms import BatchForm
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import being_embedded, waiting_for
from signatures.signing.views import rounds as ward_rounds
from signatures.signing.views import typed as typing

PAGE = 50
_KEPT = "signing-desk"
_ORDERS = {
    "risk": ("risk", "waiting_since", "pk"),
    "age": ("waiting_since", "pk"),
    "patient": ("version__document__patient__sort_key", "waiting_since", "pk"),
    "kind": ("version__document__code", "waiting_since", "pk"),
}
_ORDER_NAMES = {
    "risk": gettext_lazy("Riskiest first"),
    "age": gettext_lazy("Oldest first"),
    "patient": gettext_lazy("By patient"),
    "kind": gettext_lazy("By kind"),
}


def tray_context(
    request: StaffRequest,
    *,
    outcomes: dict[int, str] | None = None,
    chosen: Collection[str] = (),
    of: int = 0,
) -> dict[str, Any]:
    """Rows of the tray: each is ready to be signed, being prepared, or failed with its reason.

    `chosen`: rows whose box stays ticked, since they weren't signed; `of`: how many were being sealed, for the progress.
    """
    page, by, words = _page_of(request)
    rows = [_row(item, outcomes or {}, chosen) for item in page.object_list]
    embedding = being_embedded(request.user).count()
    preparing = [str(row["item"].uuid) for row in rows if row["state"] == "preparing"]
    of = max(of, embedding)
    return {
        "rows": rows,
        "page": page,
        "by": by,
        "words": words,
        "orders": [(key, name, key == by) for key, name in _ORDER_NAMES.items()],
        "embedding": embedding,
        "embedded": of - embedding,
        "of": of,
        "preparing": preparing,
        "chosen": sorted(set(chosen) & set(preparing)),
        "can_retry": any(row["state"] == "failed" for row in rows),
        "is_waiting": bool(embedding or preparing),
        "needs_preparing": bool(preparing),
    }


def _page_of(request: StaffRequest) -> tuple[Page[SigningRequest], str, str]:
    """(the page of the list that the person looks at, its order, what was searched for)."""
    kept = kept_filter(request, _KEPT)
    by = request.GET.get("by", "")
    by = by if by in _ORDERS else "risk"
    waiting = found_among(waiting_for(request.user).filter(is_seal=False), kept.get("q", ""))
    ordered = ranked(waiting, request.user.facility_id).order_by(*_ORDERS[by])
    number = kept.get("page") if kept.get("chip") == by else ""
    return Paginator(ordered, PAGE).get_page(number or 1), by, kept.get("q", "")


def _row(item: SigningRequest, outcomes: dict[int, str], chosen: Collection[str]) -> dict[str, Any]:
    fresh = services.is_fresh(item, revision=getattr(item, "newest", None))
    failed = item.status == SigningRequest.Status.FAILED
    return {
        "item": item,
        "state": "ready" if fresh else "failed" if failed else "preparing",
        "problem": outcomes.get(item.pk) or (_(item.problem) if failed and item.problem else ""),
        "risk": REASONS.get(getattr(item, "risk", USUAL), ""),
        "is_chosen": str(item.uuid) in chosen,
    }


@requires(permissions.SIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def tray(request: StaffRequest) -> HttpResponse:
    """The page; what is stale is prepared again as soon as it is shown. What is looked for travels by POST and is kept."""
    if request.method == "POST":
        keep_filter(request, _KEPT)
        return redirect(f"{request.path}?{urlencode({'by': request.POST.get('chip', '')})}")
    context = tray_context(request) | {
        "form": BatchForm(),
        "certificate": certificate_of(request.user),
        "returned": returned_to(request.user)[:20],
        "given": stand_in(request.user),
        "seals": waiting_for(request.user).filter(is_seal=True).count() if may_seal(request) else 0,
    }
    return render(request, "signatures/signing/tray.html", context | _round_of_tray(request))


def may_seal(request: StaffRequest) -> bool:
    """Whether the person keeps the facility's seal."""
    return request.user.has_right(permissions.SEAL)


def _round_of_tray(request: StaffRequest) -> dict[str, Any]:
    """The round under way; one may begin with the documents of one ward where the person works."""
    asked = typing.asked_of(request.user)
    context = ward_rounds.round_context(request, asked=asked)
    can_keep = asked["asks_pin"] and not asked["asks_code"]
    return (
        context
        | asked
        | {
            "may_begin_round": can_keep and context["round"] is None and context["round_minutes"] > 0,
            "round_next": reverse("signatures:signing:tray"),
        }
    )


@polled
@requires(permissions.SIGN)
@require_GET
def rows(request: StaffRequest) -> HttpResponse:
    """What changed since the page last looked: rows that were being prepared and no longer are."""
    return _poll(request, request.GET)


@polled
@requires(permissions.SIGN)
@require_POST
def refresh(request: StaffRequest) -> HttpResponse:
    """Have everything prepared that isn't ready; looking at a page changes nothing, so the page asks for it."""
    page, _by, _words = _page_of(request)
    for item in page.object_list:
        if not services.is_fresh(item, revision=getattr(item, "newest", None)):
            services.ask_to_prepare(item)
    return _poll(request, request.POST)


@requires(permissions.SIGN)
@require_POST
def try_again(request: StaffRequest) -> HttpResponse:
    """What couldn't be prepared is prepared anew, all of it: the certificate is renewed, the seal is back."""
    for item in waiting_for(request.user).filter(status=SigningRequest.Status.FAILED)[:PAGE]:
        services.try_again(item)
    return _tray_body(request, BatchForm())


def _poll(request: StaffRequest, sent: QueryDict) -> HttpResponse:
    preparing, of = sent.getlist("preparing"), sent.get("of", "")
    total = int(of) if of.isdigit() and len(of) < 5 else 0
    context = tray_context(request, chosen=sent.getlist("chosen"), of=total)
    changed = [
        row for row in context["rows"] if row["state"] != "preparing" and str(row["item"].uuid) in preparing
    ]
    return render(request, "signatures/signing/_poll.html", context | {"changed": changed, "polled": True})


@sensitive_variables("form", "pin", "typed", "code", "sealed")
@sensitive_post_parameters("pin", "code")
@requires(permissions.SIGN)
@require_POST
def sign_many(request: StaffRequest) -> HttpResponse:
    """Sign the chosen documents; each answers for itself. Without a PIN: those of the ward round's department."""
    form = BatchForm(request.POST)
    shown = chosen_of(request)
    if not shown:
        form.add_error(None, _("Choose at least one document."))
    kept = [str(name) for name in shown]
    if not form.is_valid():
        return _tray_body(request, form, chosen=kept, status=422)
    typed, asked = form.cleaned_data["pin"], typing.asked_of(request.user)
    needs_person = asked["asks_code"] or not asked["asks_pin"]
    pin, outside = (typed, {}) if typed is not None or needs_person else _on_round(request, shown)
    if not typing.is_complete(form, asked, pin):
        return _tray_body(request, form, chosen=kept, status=422)
    try:
        code = form.cleaned_data["code"]
        answer = typing.answer_in(request, asked)
        outcomes = services.sign_requests(shown=shown, pin=pin, code=code, answer=answer, by=request.user)
    except DomainError as refusal:
        if refusal.field == "pin" and typed is None:
            ward_rounds.end_round(request)
        form.add_error(typing.at_field(refusal), str(refusal))
        return _tray_body(request, form, chosen=kept, status=422)
    signed = [outcome.request for outcome in outcomes if outcome.is_signed]
    problems = {outcome.request.pk: outcome.problem for outcome in outcomes if not outcome.is_signed}
    count = len(signed)
    told = ngettext("%(count)d document signed.", "%(count)d documents signed.", count) % {"count": count}
    sealed, problem = "", ""
    if form.cleaned_data["keep"] and typed is not None and signed and not asked["asks_code"]:
        departments = {request.version.document.department for request in signed}
        sealed, problem = ward_rounds.begin_round(request, typed, departments)
    body = _tray_body(
        request,
        BatchForm(),
        outcomes=problems | outside,
        chosen=set(kept) - {str(one.uuid) for one in signed},
        told=told if signed else "",
        round_problem=problem,
        tells_round=bool(sealed),
    )
    return ward_rounds.keep(body, sealed)


@sensitive_variables("pin")
def _on_round(request: StaffRequest, shown: dict[UUID, str]) -> tuple[Pin | None, dict[int, str]]:
    """(the round's PIN for what `shown` keeps, why the others weren't signed); others than its ward's leave `shown`."""
    begun = ward_rounds.round_context(request)["round"]
    pin = ward_rounds.kept_pin(request, begun.department_id) if begun is not None else None
    if pin is None:
        return None, {}
    mine = SigningRequest.objects.filter(signer=request.user, uuid__in=shown)
    others = mine.exclude(version__document__department=begun.department_id).values_list("pk", "uuid")
    why = _("Not of the department of your ward round: type your PIN for it.")
    outside = {pk: why for pk, name in others if shown.pop(name, None) is not None}
    return (pin if shown else None), outside


def chosen_of(request: StaffRequest) -> dict[UUID, str]:
    """{request: fingerprint that its row carried} of the rows chosen; what is no pair of these is left out."""
    shown: dict[UUID, str] = {}
    for value in request.POST.getlist("request")[:PAGE]:
        name, _colon, sha256 = value.partition(":")
        try:
            shown[UUID(name)] = sha256
        except ValueError:
            continue
    return shown


def _tray_body(
    request: StaffRequest,
    form: BatchForm,
    *,
    outcomes: dict[int, str] | None = None,
    chosen: Collection[str] = (),
    told: str = "",
    status: int = 200,
    **about_round: object,
) -> HttpResponse:
    context = tray_context(request, outcomes=outcomes, chosen=chosen) | {
        "form": form,
        "told": told,
        "unsigned": len(outcomes or {}),
        **_round_of_tray(request),
        **about_round,
    }
    return render(request, "signatures/signing/_tray.html", context, status=status)


@requires(permissions.SIGN)
@require_GET
def waiting(request: StaffRequest) -> HttpResponse:
    """The home page's panel: the riskiest and oldest few, how many there are, and what came back to its author."""
    items = waiting_for(request.user)
    first = ranked(items, request.user.facility_id).order_by(*_ORDERS["risk"])[:5]
    context = {"items": first, "count": items.count(), "returned": returned_to(request.user)[:5]}
    return render(request, "signatures/signing/_waiting.html", context)


_COUNT_SECONDS = 30


@requires(permissions.SIGN)
@require_GET
def count(request: StaffRequest) -> HttpResponse:
    """How many wait, for the menu of every page; the browser may keep it while somebody turns pages."""
    waiting = waiting_for(request.user).count()
    response = render(request, "signatures/signing/_count.html", {"count": waiting})
    patch_cache_control(response, private=True, max_age=_COUNT_SECONDS)
    return response
