"""Sổ cấp giấy: every number given, by kind and year."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.accounts.roles import EVERYWHERE
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.doors import fresh
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.signin.services import RECENT_MINUTES
from encounters.attestations import permissions, selectors
from encounters.attestations.kinds import KINDS
from encounters.attestations.models import Attestation

PAGE_SIZE = 50
_KEPT = "paper_register"
_FIELDS = ("kind", "year", "state", "q", "page")


def _year(kept: dict[str, str]) -> int:
    written = kept.get("year", "")
    return int(written) if written.isdigit() and len(written) == 4 else local_today().year


def _found(request: StaffRequest) -> QuerySet[Attestation]:
    kept = kept_filter(request, _KEPT)
    return selectors.register_of(
        request.user,
        kind=kept.get("kind", ""),
        year=_year(kept),
        state=kept.get("state", ""),
        words=kept.get("q", ""),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.READ)
def register(request: StaffRequest) -> HttpResponse:
    """The register under a filter. What is looked for travels by POST: a name never stands in an address."""
    if request.method == "POST":
        keep_filter(request, _KEPT, _FIELDS)
        return redirect("encounters:attestations:register")
    kept = kept_filter(request, _KEPT)
    year = _year(kept)
    page = Paginator(_found(request), PAGE_SIZE).get_page(kept.get("page") or "1")
    record("attestation.list", by=request.user, detail={"count": len(page.object_list)})
    counts = selectors.counts_by_kind(request.user, year)
    kinds = [(code, kind.words, counts.get(code, 0)) for code, kind in KINDS.items()]
    this_year, kind = local_today().year, kept.get("kind", "")
    sees_all = request.user.departments_for(permissions.READ) == EVERYWHERE
    context = {
        "page": page,
        "kinds": [("", _("All"), sum(counts.values())), *kinds],
        "kind": kind,
        "shows_gaps": bool(kind) and sees_all,
        "missing": selectors.missing_numbers(request.user.facility_id, kind, year)
        if kind and sees_all
        else [],
        "year": year,
        "years": [str(one) for one in range(this_year, this_year - 10, -1)],
        "states": [choice for choice in Attestation.Status.choices if choice[0] != "draft"],
        "state": kept.get("state", ""),
        "words": kept.get("q", ""),
        "is_filtered": any(kept.get(name) for name in ("kind", "state", "q")),
        "may_edit_words": request.user.has_right(permissions.CONFIGURE),
    }
    return render(request, "encounters/attestations/register.html", context)


@require_safe
@requires(permissions.READ)
@fresh(RECENT_MINUTES)
def sheet(request: StaffRequest) -> HttpResponse:
    """The register under the same filter, as a sheet to take away."""
    rows = selectors.sheet_rows(_found(request))
    heads = [
        _("Number"),
        _("Kind"),
        _("Numbered on"),
        _("Patient"),
        _("Treatment code"),
        _("Admission number"),
        _("Who began it"),
        _("State"),
        _("Issued again, time"),
        _("Instead of"),
        _("From"),
        _("Until"),
        pgettext("paper", "Copies"),
        _("Reason"),
    ]
    record("attestation.export", by=request.user, detail={"count": len(rows)})
    content = sheets.as_xlsx(_("Register of papers"), heads, rows)
    response = HttpResponse(content, content_type=sheets.XLSX)
    response["Content-Disposition"] = 'attachment; filename="so-cap-giay.xlsx"'
    return response
