"""The combobox's search, and the administrator's look at the catalogues."""

import datetime as dt

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from emr.common.doors import requires, signed_in
from emr.common.http import StaffRequest
from emr.terminology import permissions
from emr.terminology.models import CodeSystem
from emr.terminology.selectors import browse, search_concepts
from emr.terminology.systems import SYSTEMS

_MOST = 50
_PER_PAGE = 50


@require_GET
@signed_in
def search(request: StaffRequest, system: str) -> HttpResponse:
    """Codes for a combobox: `?q=`, and `use`, `sex`, `on` (ISO day), `parent`, `limit` as `search_concepts` takes them.

    JSON for whoever accepts it (`{"results": [{"code", "display", "display_en", "note"}]}`), else a list box.
    """
    if system not in SYSTEMS:
        raise Http404
    asked = request.GET
    try:
        day = dt.date.fromisoformat(asked["on"]) if asked.get("on") else None
        limit = min(max(int(asked.get("limit", 20)), 1), _MOST)
    except ValueError:
        return JsonResponse(
            {"error": _("“on” is a day like 2026-07-01, “limit” a whole number.")}, status=400
        )
    matches = search_concepts(
        system,
        asked.get("q", ""),
        on=day,
        limit=limit,
        sex=asked.get("sex"),
        use=asked.get("use", ""),
        parent=asked.get("parent", ""),
    )
    if asked.get("format") == "json" or "application/json" in request.headers.get("Accept", ""):
        results = [
            {"code": m.code, "display": m.display, "display_en": m.display_en, "note": ", ".join(m.notes)}
            for m in matches
        ]
        return JsonResponse({"results": results})
    return render(request, "emr/terminology/_options.html", {"matches": matches, "system": system})


@require_GET
@requires(permissions.MANAGE)
def catalogues(request: StaffRequest) -> HttpResponse:
    """Every catalogue: where it comes from, its version, how many codes mean something today."""
    return render(request, "emr/terminology/catalogues.html", {"catalogues": browse.catalogues()})


@require_GET
@requires(permissions.MANAGE)
def catalogue(request: StaffRequest, system: str) -> HttpResponse:
    """One catalogue's codes, searched and paged; ended meanings stay readable."""
    found = get_object_or_404(CodeSystem, code=system)
    query = request.GET.get("q", "")[:120]
    state = request.GET.get("state", browse.CURRENT)
    state = state if state in _states() else browse.CURRENT
    page = Paginator(browse.concepts_of(found, query, state), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "system": found,
        "page": page,
        "query": query,
        "state": state,
        "states": [(value, label, value == state) for value, label in _states().items()],
        "sample": SYSTEMS[found.code].sample if found.code in SYSTEMS else False,
    }
    return render(request, "emr/terminology/catalogue.html", context)


def _states() -> dict[str, str]:
    return {browse.CURRENT: _("In use"), browse.ENDED: _("Ended"), browse.ALL: _("All")}
