"""Who signs which form in which order: the list of forms, and one form's chain."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import fold
from signatures.signing import desk, permissions, services
from signatures.signing.chains import (
    Chain,
    chain_for,
    chain_of,
    forms_known,
    history_of,
    newest_chains,
    shipped,
)
from signatures.signing.forms import ChainForm, place_forms, places_of
from signatures.signing.models import SigningChain

PAGE = 50


@requires(permissions.CHAINS)
@require_safe
def chains(request: StaffRequest) -> HttpResponse:
    """Every form of the house with who signs it after its author."""
    facility_id, wanted = request.user.facility_id, fold(request.GET.get("q", "").strip()[:80])
    show = request.GET.get("show", "")
    own = newest_chains(facility_id)
    found = []
    for code, title in forms_known(facility_id):
        chain = own.get(code)
        if wanted not in fold(f"{code} {title}") or (show == "own" and chain is None):
            continue
        found.append((code, title, chain))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [_row(code, title, chain) for code, title, chain in page]
    record("signing_chain.list", by=request.user, detail={"count": len(rows)})
    context = {"rows": rows, "page": page, "q": request.GET.get("q", "")[:80], "show": show}
    return render(request, "signatures/signing/chains.html", context)


def _row(code: str, title: str, own: SigningChain | None) -> dict[str, object]:
    """`is_coming`: the facility's chain that counts only from a later day on."""
    chain = chain_of(own) if own is not None else shipped().get(code, Chain(code))
    is_coming = own is not None and own.starts_on > local_today()
    return {
        "code": code,
        "title": title,
        "places": _in_words(chain),
        "only_closing": chain.only_closing,
        "own": own,
        "is_coming": is_coming,
    }


def _in_words(chain: Chain) -> list[str]:
    return [" + ".join(desk.in_words(place) for place in chain.at(position)) for position in chain.positions]


@requires(permissions.CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def chain(request: StaffRequest) -> HttpResponse:
    """One form's chain (`code` in the address): what counts now, what counted, and a new one from a day on."""
    facility, code = request.user.facility, request.GET.get("code", "")[:20]
    if not code:
        return redirect("signatures:signing:chains")
    titles = dict(forms_known(facility.pk))
    if code not in titles:
        raise Http404
    staff = User.objects.filter(facility=facility, is_active=True).order_by("sort_key")
    if request.method != "POST":
        record("signing_chain.read", by=request.user, of=facility, detail={"code": code})
        newest = newest_chains(facility.pk).get(code)
        present = chain_of(newest) if newest is not None else chain_for(facility.pk, code, at=now())
        form = ChainForm(initial={"starts_on": local_today(), "only_closing": present.only_closing})
        return _page(request, code, titles[code], form, place_forms(staff=staff, places=present.places))
    form, rows = ChainForm(request.POST), place_forms(request.POST, staff=staff)
    if form.is_valid() and rows.is_valid():
        try:
            services.save_chain(
                facility=facility,
                code=code,
                places=places_of(rows),
                by=request.user,
                as_shipped="as_shipped" in request.POST,
                **form.cleaned_data,
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The chain is saved. Documents confirmed before keep theirs."))
            return redirect("signatures:signing:chains")
    return _page(request, code, titles[code], form, rows, status=422)


def _page(
    request: StaffRequest, code: str, title: str, form: ChainForm, rows: Any, *, status: int = 200
) -> HttpResponse:
    facility_id = request.user.facility_id
    context = {
        "code": code,
        "title": title,
        "form": form,
        "rows": rows,
        "present": _in_words(chain_for(facility_id, code, at=now())),
        "history": [(row, _in_words(chain_of(row))) for row in history_of(facility_id, code)],
        "is_record": code.endswith("/BV1"),
    }
    return render(request, "signatures/signing/chain.html", context, status=status)
