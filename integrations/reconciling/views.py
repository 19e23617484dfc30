"""The morning's page: both sides' counts, what doesn't fit, and the sign-off."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.doors import fresh
from emr.common.errors import Conflict, DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from emr.ui.limits import heavy
from encounters.orders.permissions import READ as READ_ORDERS
from encounters.visits.access import encounters_for
from integrations.reconciling import permissions, selectors, services
from integrations.reconciling.counting import told_of
from integrations.reconciling.days import Day
from integrations.reconciling.forms import DayForm, FindingsForm, SignForm, ToldForm
from integrations.reconciling.ground import look_at, times_of
from integrations.reconciling.kinds import GROUPS, KINDS, MATTERS, Matter
from integrations.reconciling.models import SignOff
from integrations.reconciling.neighbours import EMR
from integrations.reconciling.selectors import Board, Line
from integrations.transport import permissions as transport

PAGE_SIZE = 50
_SHOWN_DAYS = 14


@requires(transport.READ)
@heavy
@require_safe
def board(request: StaffRequest) -> HttpResponse:
    """One day: each matter and each kind of finding by system."""
    return _board(request, Day(DayForm(request.GET).on))


def _board(request: StaffRequest, day: Day, typed: SignForm | None = None, status: int = 200) -> HttpResponse:
    found = selectors.board_of(request.user.facility, day)
    past = selectors.sign_offs(request.user.facility, day.on)
    signed = past[0] if past else None
    lines = selectors.lines_of(found, signed)
    record(
        "reconciliation.read",
        by=request.user,
        of=signed,
        detail={"day": day.on.isoformat(), "count": len(found.findings)},
    )
    has_changed = signed is not None and selectors.has_changed(found, signed)
    may_sign = day.is_over and request.user.has_right(permissions.SIGN) and (signed is None or has_changed)
    context = {
        "day": day,
        "days": _days(request, day),
        "before": day.on - dt.timedelta(days=1),
        "after": day.on + dt.timedelta(days=1) if day.is_over else None,
        "systems": [(one.key, one.name) for one in found.neighbours] + [(EMR, "EMR")],
        "matters": _matter_rows(found, signed),
        "groups": _finding_rows(found, signed),
        "open_count": len(found.findings),
        "signed": signed,
        "past": past,
        "has_changed": has_changed,
        "new_count": sum(line.is_new for line in lines),
        "gone_count": sum(line.is_gone for line in lines),
        "form": _form(found, typed) if may_sign else None,
    }
    return render(request, "integrations/reconciling/board.html", context, status=status)


def _form(found: Board, typed: SignForm | None) -> SignForm:
    """The sign-off of what is shown now, with what was typed before something came between."""
    fresh_form = {"day": found.day.on, "shown": found.fingerprint}
    if typed is None:
        return SignForm(initial=fresh_form, findings=found.findings)
    form = SignForm({**dict(typed.data.items()), "shown": found.fingerprint}, findings=found.findings)
    form.is_valid()
    for name, errors in typed.errors.items():
        for error in errors:
            form.add_error(name if name in form.fields else None, error)
    return form


def _days(request: StaffRequest, day: Day) -> list[dict[str, Any]]:
    """The last days with their state, newest first."""
    days = [local_today() - dt.timedelta(days=back) for back in range(1, _SHOWN_DAYS + 1)]
    signed = selectors.signed_days(request.user.facility, days)
    return [{"on": one, "is_signed": one in signed, "is_shown": one == day.on} for one in days]


def _matter_rows(found: Board, signed: SignOff | None) -> list[dict[str, Any]]:
    keys = [one.key for one in found.neighbours] + [EMR]
    rows = []
    for matter, title in MATTERS.items():
        cells = []
        for key in keys:
            now_here = found.cells[matter].get(key)
            then = selectors.signed_cell(signed, matter, key) if signed else now_here
            shown = then or now_here
            cells.append(
                {
                    "key": key,
                    "shown": shown,
                    "now": now_here if signed is not None and now_here != then else None,
                    "has_list": key != EMR and matter not in {Matter.MESSAGE, Matter.ORDER_OUT},
                }
            )
        rows.append({"matter": matter, "title": title, "cells": cells})
    return rows


def _finding_rows(found: Board, signed: SignOff | None) -> list[dict[str, Any]]:
    """The kinds that there are findings of, or were when the day was signed off, by group."""
    counts = found.counts["findings"]
    keys = [one.key for one in found.neighbours] + [EMR]
    groups = []
    for group, title in GROUPS.items():
        rows = []
        for code, kind in KINDS.items():
            if kind.group != group:
                continue
            own = counts.get(code, {})
            cells = []
            for key in keys:
                number = own.get(key, 0)
                then = selectors.signed_count(signed, code, key) if signed else number
                cells.append({"key": key, "shown": then, "now": number, "differs": then != number})
            if any(cell["shown"] or cell["now"] for cell in cells):
                rows.append({"code": code, "kind": kind, "cells": cells})
        groups.append({"title": title, "rows": rows})
    return groups


@requires(transport.READ)
@heavy
@require_safe
def findings(request: StaffRequest) -> HttpResponse:
    """What does not fit on a day, line by line; narrowed and paged."""
    day = Day(DayForm(request.GET).on)
    found, signed, form, lines = _lines(request, day)
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    detail = {"day": day.on.isoformat(), "count": len(lines)}
    record("reconciliation.list", by=request.user, of=signed, detail=detail)
    context = {
        "day": day,
        "form": form,
        "page": page,
        "rows": _shown(request, found, list(page.object_list)),
        "signed": signed,
        "is_narrowed": any(form.asked(name) for name in ("kind", "neighbour", "q")),
        "query": request.GET.urlencode(),
    }
    return render(request, "integrations/reconciling/findings.html", context)


def _lines(request: StaffRequest, day: Day) -> tuple[Board, SignOff | None, FindingsForm, list[Line]]:
    found = selectors.board_of(request.user.facility, day)
    signed = next(iter(selectors.sign_offs(request.user.facility, day.on)), None)
    form = FindingsForm({**request.GET.dict(), "day": day.on}, neighbours=found.neighbours)
    form.is_valid()
    kind = form.asked("kind")
    lines = [
        line
        for line in selectors.lines_of(found, signed)
        if (not kind or line.kind == kind) and form.fits(neighbour=line.neighbour, number=line.number)
    ]
    return found, signed, form, lines


def _shown(request: StaffRequest, found: Board, lines: list[Line]) -> list[dict[str, Any]]:
    """The lines with their words; the stay's orders for those who may read them there."""
    names = {one.key: one.name for one in found.neighbours} | {EMR: "EMR"}
    stays = {}
    if request.user.has_right(READ_ORDERS):
        wanted = {line.finding.stay_id for line in lines if line.finding and line.finding.stay_id}
        reached = encounters_for(request.user, READ_ORDERS).filter(pk__in=wanted)
        stays = dict(reached.values_list("pk", "uuid"))
    return [
        {
            "line": line,
            "kind": KINDS.get(line.kind),
            "system": names.get(line.neighbour, line.neighbour),
            "stay": stays.get(line.finding.stay_id) if line.finding and line.finding.stay_id else None,
        }
        for line in lines
    ]


@requires(transport.READ)
@fresh(RECENT_MINUTES)
@heavy
@require_safe
def take(request: StaffRequest) -> HttpResponse:
    """The same list as a file."""
    day = Day(DayForm(request.GET).on)
    found, signed, _form, lines = _lines(request, day)
    record(
        "reconciliation.export",
        by=request.user,
        of=signed,
        detail={"day": day.on.isoformat(), "count": len(lines)},
    )
    heads = [
        pgettext("reconciliation", "Day"),
        _("What does not fit"),
        _("System"),
        _("Number"),
        _("Time"),
        _("Remark"),
        _("Note"),
        _("State"),
    ]
    content = sheets.as_csv(heads, [_cells(day, row) for row in _shown(request, found, lines)])
    response = HttpResponse(content, content_type=sheets.CSV)
    response["Content-Disposition"] = f'attachment; filename="reconciliation-{day.on:%Y%m%d}.csv"'
    return response


def _cells(day: Day, row: dict[str, Any]) -> list[sheets.Cell]:
    line: Line = row["line"]
    state = _("gone since") if line.is_gone else _("new since") if line.is_new else ""
    return [
        day.on,
        str(row["kind"].title) if row["kind"] else line.kind,
        row["system"],
        line.number,
        f"{timezone.localtime(line.at):%d/%m/%Y %H:%M}",
        str(line.finding.words) if line.finding else "",
        line.note,
        state,
    ]


@requires(transport.READ)
@heavy
@require_safe
def told(request: StaffRequest) -> HttpResponse:
    """What a system told of on a day, number by number, and whether it is here. Patients' numbers stay hidden."""
    day = Day(DayForm(request.GET).on)
    ground = look_at(request.user.facility, day)
    form = ToldForm(
        {"matter": Matter.STAY, **request.GET.dict(), "day": day.on}, neighbours=ground.neighbours
    )
    form.is_valid()
    matter = Matter(form.asked("matter") or Matter.STAY)
    last = {
        Matter.PATIENT: ground.feed.patients,
        Matter.STAY: ground.feed.stays,
        Matter.ORDER: ground.feed.orders,
        Matter.RESULT: ground.feed.results,
    }[matter]
    rows = [
        (key, is_here)
        for key, is_here in sorted(told_of(ground)[matter].items())
        if form.fits(neighbour=key[0], number="" if matter == Matter.PATIENT else key[1])
        and not (is_here and form.asked("only") == "missing")
    ]
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    sent = times_of(last[key] for key, _is_here in page)
    names = {one.key: one.name for one in ground.neighbours}
    detail = {"day": day.on.isoformat(), "matter": str(matter), "count": len(rows)}
    record("reconciliation.list", by=request.user, detail=detail)
    context = {
        "day": day,
        "form": form,
        "page": page,
        "title": MATTERS[matter],
        "rows": [
            {
                "system": names.get(key[0], key[0]),
                "number": "•••" if matter == Matter.PATIENT else key[1].split("|", 1)[0],
                "is_here": is_here,
                "message": sent[last[key]][0],
                "at": sent[last[key]][1],
            }
            for key, is_here in page
        ],
    }
    return render(request, "integrations/reconciling/told.html", context)


@requires(permissions.SIGN)
@heavy
@require_POST
def sign(request: StaffRequest) -> HttpResponse:
    """Sign the day off; what was typed stays when something came between."""
    if not request.user.has_right(transport.READ):
        raise Denied("reconciliation.read")  # nobody signs what they may not look at
    day = Day(DayForm(request.POST).on)
    found = selectors.board_of(request.user.facility, day)
    form = SignForm(request.POST, findings=found.findings)
    if not form.is_valid():
        return _board(request, day, form, status=422)
    try:
        services.sign_off(
            facility=request.user.facility,
            day=day,
            shown=form.cleaned_data["shown"],
            note=form.cleaned_data["note"],
            notes=form.notes,
            by=request.user,
        )
    except DomainError as refusal:
        form.add_error(refusal.field, str(refusal))
        return _board(request, day, form, status=409 if isinstance(refusal, Conflict) else 422)
    messages.success(request, _("%(day)s is signed off.") % {"day": f"{day.on:%d/%m/%Y}"})
    address = reverse("integrations:reconciling:board")
    return redirect(f"{address}?{urlencode({'day': day.on.isoformat()})}")
