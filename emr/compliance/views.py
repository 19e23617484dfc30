"""The checklist on screen, in print and to take away."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today, now
from emr.common.doors import PUBLIC, SIGNED_IN, fresh
from emr.common.evidence import State
from emr.common.http import StaffRequest
from emr.compliance import permissions
from emr.compliance.requirements import STRENGTHS, chapters
from emr.compliance.selectors import Row, checklist, counts
from emr.signin.services import RECENT_MINUTES
from emr.ui.navigation import address


@requires(permissions.READ)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Every requirement with its evidence of this moment, narrowed by chapter and state."""
    chapter, state = _asked(request)
    every = checklist(request.user.facility)
    shown = [
        row
        for row in every
        if (not chapter or row.requirement.chapter == chapter) and (not state or row.evidence.state == state)
    ]
    record("compliance.read", by=request.user, detail={"count": len(shown)})
    context = {
        "groups": [
            (title, rows) for title in chapters() if (rows := _in_chapter(shown, title, request.user))
        ],
        "counts": counts(every),
        "chapters": chapters(),
        "chapter": chapter,
        "state": state,
        "asked_at": now(),
    }
    return render(request, "emr/compliance/page.html", context)


def _asked(request: StaffRequest) -> tuple[str, str]:
    chapter, state = request.GET.get("chapter", ""), request.GET.get("state", "")
    return chapter if chapter in chapters() else "", state if state in State.values else ""


def _in_chapter(rows: list[Row], title: str, user: User) -> list[dict[str, object]]:
    return [
        {
            "requirement": row.requirement,
            "strength": STRENGTHS[row.requirement.strength],
            "evidence": row.evidence,
            "facts": [(fact, _page_of(fact.url_name, user)) for fact in row.evidence.facts],
        }
        for row in rows
        if row.requirement.chapter == title
    ]


def _page_of(url_name: str, user: User) -> str:
    """The fact's own page, for who may open it."""
    url = address(url_name) if url_name else ""
    right = getattr(resolve(url).func, "required_right", "") if url else ""
    return url if right in {PUBLIC, SIGNED_IN} or (right and user.has_right(right)) else ""


@requires(permissions.READ)
@fresh(RECENT_MINUTES)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The checklist as a spreadsheet, for the hospital's self-assessment."""
    chapter, state = _asked(request)
    rows = checklist(request.user.facility, chapter=chapter, state=state)
    heads = [
        pgettext("requirement", "No."), pgettext("requirement", "Chapter"), _("What is asked"), _("Basis"),
        pgettext("requirement", "Strength"), pgettext("requirement", "State"), _("Assessment"), _("Facts"),
    ]  # fmt: skip
    cells: list[list[sheets.Cell]] = [
        [
            row.requirement.id,
            row.requirement.chapter,
            row.requirement.words,
            row.requirement.basis,
            str(STRENGTHS[row.requirement.strength]),
            str(row.evidence.state.label),
            str(row.evidence.words),
            "; ".join(f"{fact.label}: {fact.shown}" for fact in row.evidence.facts),
        ]
        for row in rows
    ]
    record("compliance.export", by=request.user, detail={"count": len(rows)})
    response = HttpResponse(sheets.as_xlsx("R", heads, cells), content_type=sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="compliance-{local_today():%Y%m%d}.xlsx"'
    return response
