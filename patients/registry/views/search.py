"""The one search box. What is looked for travels by POST and stands in no address and no log (S-55)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.ui.limits import at_most
from patients.registry import permissions, selectors
from patients.registry.access import patients_for
from patients.registry.cards import UnreadableCard, is_card_line, parse_card
from patients.registry.extensions import outside_offers, read_code
from patients.registry.matching import match_card
from patients.registry.terms import parse_terms
from patients.registry.views.registering import answer_scan


def _fingerprint(text: str) -> str:
    """The same terms give the same mark, which says nothing of them to who reads the log without the key."""
    terms = parse_terms(text)
    return salted_hmac("patients.registry.search", repr(terms), secret=settings.SECRET_KEY).hexdigest()[:16]


@requires(permissions.SEARCH)
@at_most(120)
@require_http_methods(["GET", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """The page with recent patients; by POST the results, as a page or (htmx) as a fragment. A card line is read, a scanned
    wristband opens what its bearer's ward is asked for.
    """
    text = request.POST.get("q", "").strip()
    fragment = bool(request.htmx) and not request.htmx.boosted
    if request.method == "GET" or not text:
        template = "patients/registry/_recent.html" if fragment else "patients/registry/search.html"
        return render(request, template, {"recent": selectors.recent_patients(request.user)})
    if is_card_line(text):
        return _scanned(request, text)
    if request.POST.get("scanned") and (opened := read_code(request.user, text)):
        record("patient.search", by=request.user, detail={"scan": True, "count": 1})
        return redirect(opened)
    before = request.POST.get("before", "")
    page = selectors.search_patients(
        request.user, text, before=int(before) if before.isascii() and before.isdigit() else None
    )
    record(
        "patient.search",
        by=request.user,
        detail={"terms": _fingerprint(text), "count": len(page.patients), "similar": page.is_similar},
    )
    offers = [] if page.patients else outside_offers(request.user, text.replace(" ", ""))
    context = {
        "found": page,
        "q": text,
        "terms": parse_terms(text),
        "following": bool(before),
        "offers": offers,
    }
    template = "patients/registry/_results.html" if fragment else "patients/registry/search.html"
    return render(request, template, context)


def _scanned(request: StaffRequest, line: str) -> HttpResponse:
    """A card read into the search box: the desk goes on to register, others are shown whom they may see."""
    if request.user.has_right(permissions.REGISTER):
        return answer_scan(request, line)
    try:
        card = parse_card(line)
    except UnreadableCard as refusal:
        messages.warning(request, str(refusal))
        return redirect("patients:registry:search")
    match = match_card(request.user.facility, card)
    reach = patients_for(request.user, permissions.SEARCH)
    found = reach.filter(pk=match.patient.pk).first() if match.patient else None
    record("patient.search", by=request.user, detail={"card": card.kind, "count": int(found is not None)})
    if found is None and match.patient and (offers := outside_offers(request.user, patient=match.patient)):
        context = {"found": selectors.SearchPage([]), "terms": parse_terms(""), "offers": offers}
        return render(request, "patients/registry/search.html", context)
    if found is None:
        messages.info(request, _("Nobody in your care has this card."))
        return redirect("patients:registry:search")
    return redirect(reverse("patients:registry:chart", args=[found.uuid]))
