"""The bell of every page, and everybody's own inbox."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import signed_in
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.notices import selectors, services
from emr.notices.access import access_notice
from emr.notices.forms import InboxFilterForm
from emr.notices.models import NoticeRecipient
from emr.ui.navigation import address

PAGE = 50
# A little less than the page's own pause, so that the next asking isn't answered from the browser's copy.
_KEPT_SECONDS = 25


@signed_in
@polled
@require_safe
def bell(request: StaffRequest) -> HttpResponse:
    """The count, and the urgent ones as a banner. No line in the log: every open page asks twice a minute.

    The browser keeps the answer for somebody who turns pages, until the page's own pause is over or the person has sent
    something (`static/js/notices.js`): what was just seen doesn't ring again, what was just taken on isn't counted.
    """
    ringing = selectors.ringing_for(request.user)
    response = render(request, "emr/notices/_bell.html", {"ringing": ringing})
    patch_cache_control(response, private=True, max_age=_KEPT_SECONDS)
    return response


@signed_in
@require_safe
def inbox(request: StaffRequest) -> HttpResponse:
    """One's own notices: open ones, or all; by level, number or words."""
    form = InboxFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = selectors.inbox_of(
        request.user,
        show=wanted.get("show") or "open",
        level=wanted.get("level", ""),
        text=wanted.get("q", "").strip(),
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    record("notice.list", by=request.user, detail={"count": len(page), "show": wanted.get("show") or "open"})
    context = {
        "form": form,
        "page": page,
        "is_filtered": bool(wanted.get("level") or wanted.get("q")),
    }
    return render(request, "emr/notices/inbox.html", context)


@signed_in
@require_safe
def notice(request: StaffRequest, notice_uuid: UUID) -> HttpResponse:
    """One notice: what, since when, who has seen it, what to do. Opening it isn't having answered it."""
    copy = access_notice(request.user, notice_uuid)
    record("notice.read", by=request.user, of=copy.notice, detail={"number": copy.notice.pk})
    return render(request, "emr/notices/notice.html", _context(copy))


def _context(copy: NoticeRecipient) -> dict[str, object]:
    notice = copy.notice
    others = notice.recipients.select_related("user").order_by("step", "pk")
    return {
        "copy": copy,
        "notice": notice,
        "recipients": list(others[:100]),
        "target": address(notice.link_name, *notice.link_arguments) if notice.link_name else "",
        "asks_answer": notice.is_active and notice.answer != "none" and copy.acknowledged_at is None,
    }


@signed_in
@require_POST
def see(request: StaffRequest, notice_uuid: UUID) -> HttpResponse:
    """Read: the banner and its sound end. To htmx the bell answers."""
    copy = access_notice(request.user, notice_uuid)
    services.see(notice=copy.notice, by=request.user)
    if request.htmx:
        return render(request, "emr/notices/_bell.html", {"ringing": selectors.ringing_for(request.user)})
    return redirect("notices:notice", notice_uuid)


@signed_in
@require_POST
def acknowledge(request: StaffRequest, notice_uuid: UUID) -> HttpResponse:
    """Take it on; who comes second reads who was first."""
    copy = access_notice(request.user, notice_uuid)
    try:
        services.acknowledge(notice=copy.notice, by=request.user)
    except DomainError as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("Noted: you have taken it on."))
    return redirect("notices:notice", notice_uuid)
