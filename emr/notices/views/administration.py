"""Ladders, kinds, and what went out of the house."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import fold
from emr.notices import permissions, selectors, services
from emr.notices.channels import PROBLEMS, channels
from emr.notices.forms import DeliveryFilterForm, ladder_forms, steps_of
from emr.notices.kinds import TOLD, Kind, Step, filled, kind_of
from emr.notices.kinds import kinds as all_kinds
from emr.notices.models import Contact

PAGE = 50


def _title(kind: Kind) -> str:
    """A kind's words with "…" where a notice has its numbers."""

    class Dots(dict[str, object]):
        def __missing__(self, _key: str) -> object:
            return "…"

    return str(kind.title) % Dots()


def _after(minutes: int) -> str:
    """A time as people say it."""
    if not minutes:
        return _("at once")
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("after %(count)d day", "after %(count)d days", days) % {"count": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("after %(count)d hour", "after %(count)d hours", hours) % {"count": hours}
    return ngettext("after %(count)d minute", "after %(count)d minutes", minutes) % {"count": minutes}


def _in_words(step: Step, roles: dict[str, str]) -> dict[str, object]:
    named = channels()
    return {
        "when": _after(step.after_minutes),
        "who": _("Those concerned") if step.audience == TOLD else roles.get(step.audience, step.audience),
        "ways": [named[code].title for code in step.channels if code in named],
    }


@requires(permissions.MANAGE)
@require_safe
def kinds(request: StaffRequest) -> HttpResponse:
    """Every kind with its ladder; which ways out are set up."""
    facility_id = request.user.facility_id
    changed = selectors.kinds_with_own_ladder(facility_id)
    wanted, roles = request.GET.get("q", "").strip()[:80], selectors.role_names(facility_id)
    rows = [
        {
            "kind": kind,
            "title": _title(kind),
            "steps": [_in_words(step, roles) for step in selectors.ladder_of(facility_id, kind.code)],
            "is_own": kind.code in changed,
        }
        for kind in all_kinds()
        if fold(wanted) in fold(f"{_title(kind)} {kind.code}")
    ]
    record("ladder.list", by=request.user, detail={"count": len(rows)})
    ways = [(channel.title, channel.is_set_up()) for channel in channels().values()]
    return render(request, "emr/notices/kinds.html", {"rows": rows, "ways": ways, "q": wanted})


def _known(code: str) -> Kind:
    found = kind_of(code)
    if found is None:
        raise Http404
    return found


@requires(permissions.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def ladder(request: StaffRequest, code: str) -> HttpResponse:
    """One kind's rungs: who is told after how many minutes, and by which ways."""
    kind = _known(code)
    facility = request.user.facility
    steps = selectors.ladder_of(facility.pk, code)
    roles = selectors.role_names(facility.pk, *(step.audience for step in steps if step.audience != TOLD))
    if request.method != "POST":
        record("ladder.read", by=request.user, of=facility, detail={"kind": code})
        return _ladder_page(request, kind, ladder_forms(roles=roles, steps=steps))
    rungs = ladder_forms(request.POST, roles=roles)
    if not rungs.is_valid():
        return _ladder_page(request, kind, rungs, status=422)
    try:
        services.save_ladder(facility=facility, kind=code, steps=steps_of(rungs), by=request.user)
    except DomainError as refusal:
        return _ladder_page(request, kind, rungs, problem=str(refusal), status=422)
    messages.success(request, _("The ladder is saved. It counts for open notices too."))
    return redirect("notices:kinds")


def _ladder_page(
    request: StaffRequest, kind: Kind, rungs: object, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "kind": kind,
        "title": _title(kind),
        "body": filled(kind.body, {}).replace("?", "…"),
        "rungs": rungs,
        "problem": problem,
        "is_own": kind.code in selectors.kinds_with_own_ladder(request.user.facility_id),
    }
    return render(request, "emr/notices/ladder.html", context, status=status)


@requires(permissions.MANAGE)
@require_POST
def forget(request: StaffRequest, code: str) -> HttpResponse:
    """Back to the ladder as delivered."""
    services.forget_ladder(facility=request.user.facility, kind=_known(code).code, by=request.user)
    messages.success(request, _("The ladder is as delivered again."))
    return redirect("notices:kinds")


@requires(permissions.MANAGE)
@require_safe
def deliveries(request: StaffRequest) -> HttpResponse:
    """What left the house, what waits and what failed; addresses stay hidden."""
    form = DeliveryFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = selectors.deliveries_of(request.user.facility_id, **wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    record("notice.list", by=request.user, detail={"count": len(page), "show": "deliveries"})
    named = channels()
    rows = [
        {
            "message": message,
            "way": named[message.channel].title if message.channel in named else message.channel,
            "problem": PROBLEMS.get(message.problem, ""),
        }
        for message in page
    ]
    return render(request, "emr/notices/deliveries.html", {"form": form, "page": page, "rows": rows})


@requires(permissions.MANAGE)
@require_safe
def reached(request: StaffRequest) -> HttpResponse:
    """Whom messages reach: whose addresses aren't confirmed, and who has none; the addresses stay hidden."""
    show = request.GET.get("show", selectors.UNCONFIRMED)
    show = show if show in {selectors.UNREACHED, selectors.EVERYBODY} else selectors.UNCONFIRMED
    wanted = request.GET.get("q", "").strip()[:80]
    page = Paginator(selectors.reachability(request.user.facility_id, show=show, text=wanted), PAGE).get_page(
        request.GET.get("page")
    )
    record("contact.list", by=request.user, detail={"count": len(page), "show": show})
    named = [
        (channel.title, services.FIELDS[code])
        for code, channel in channels().items()
        if code in services.FIELDS
    ]
    rows = [
        {"person": person, "ways": [_state(getattr(person, "contact", None), name) for _title, name in named]}
        for person in page
    ]
    context = {
        "page": page,
        "rows": rows,
        "titles": [title for title, _name in named],
        "show": show,
        "q": wanted,
    }
    return render(request, "emr/notices/reached.html", context)


def _state(contact: Contact | None, name: str) -> str:
    if contact is None or not getattr(contact, name):
        return ""
    return "confirmed" if getattr(contact, f"{name}_confirmed_at") is not None else "unconfirmed"
