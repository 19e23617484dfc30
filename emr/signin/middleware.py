"""What every request of a signed-in person goes through before its view runs."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import PUBLIC
from emr.signin import services
from emr.signin.models import StaffSession
from emr.signin.selectors import row_of
from emr.signin.services.sessions import note_activity
from emr.ui.errors import answer
from emr.ui.navigation import polled_names


class SessionMiddleware:
    """A session that is over, or locked, opens nothing.

    Whether a request is a person's doing is the server's to say, by marks on its own views: nothing that the client
    sends makes one so (S-16). It may say the opposite: a page's second try at saving is nobody's doing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: Any, _named: Any
    ) -> HttpResponse | None:
        """Stop what the session doesn't allow."""
        if not request.user.is_authenticated:
            return None
        row, moment = row_of(request), now()
        if row.is_over(moment):
            logout(request)
            return None
        if row.is_locked(moment):
            if row.locked_at is None:
                services.lock(row, user=request.user, by_hand=False)
            is_open = getattr(view, "works_locked", False) or getattr(view, "required_right", None) == PUBLIC
            return None if is_open else locked_answer(request)
        if not is_polled(request, view):
            note_activity(row, at=moment)
        return _another_persons(request, request.user) or _first_this(request, view, row, moment)


def _first_this(
    request: HttpRequest, view: Callable[..., HttpResponse], row: StaffSession, moment: dt.datetime
) -> HttpResponse | None:
    """The way to what must come first: a second factor where the role asks for one, or proof that is fresh enough (S-22)."""
    if row.must == StaffSession.Must.FACTOR and not getattr(view, "works_unfinished", False):
        return _elsewhere(request, resolve_url("signin:factors"))
    minutes = getattr(view, "fresh_minutes", None)
    if minutes is None or row.is_fresh(minutes, moment):
        return None
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    back = urlsplit(came_from)
    place = f"{back.path}?{back.query}" if back.query else back.path
    target = (
        request.get_full_path() if request.method == "GET" and "HX-Request" not in request.headers else place
    )
    return _elsewhere(request, f"{resolve_url('signin:prove')}?{urlencode({'next': target or '/'})}")


def _elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    if request.path.startswith("/api/") or request.headers.get("X-Requested-With"):
        return HttpResponse(status=401)
    return redirect(address)


def _another_persons(request: HttpRequest, user: User) -> HttpResponse | None:
    """Refuse what a page of somebody else's sends after the PC changed hands (S-18).

    Every page of ours says whose it is; one that doesn't is stopped by the forgery protection, whose token changes with
    the person.
    """
    if request.method in {"GET", "HEAD", "OPTIONS", "TRACE"}:
        return None
    said = request.headers.get("X-Acting-User") or _field(request)
    if not said or said == str(user.uuid):
        return None
    record("session.refuse", by=user, outcome="denied", detail={"acting": said[:40]})
    advice = _(
        "This page was opened by somebody else; you are signed in as %(name)s. Nothing was saved. "
        "What was typed is kept on this PC for who typed it. Open the page again to go on under your own name."
    )
    return answer(request, 403, _("The PC has changed hands"), advice % {"name": user.full_name})


def _field(request: HttpRequest) -> str:
    is_form = request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}
    return request.POST.get("acting_user", "") if is_form else ""


def is_polled(request: HttpRequest, view: Callable[..., HttpResponse]) -> bool:
    """Whether pages ask this by themselves: marked so, or registered as a card or count that is refreshed."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    is_fragment = getattr(view, "is_polled_fragment", False) and "HX-Request" in request.headers
    is_unattended = "X-Unattended" in request.headers
    return is_unattended or getattr(view, "is_polled", False) or is_fragment or name in polled_names()


def locked_answer(request: HttpRequest) -> HttpResponse:
    """The way to the lock screen, as the asker understands it; scripts leave the page, so that nothing stays in sight."""
    by_script = request.headers.get("HX-Request") or request.headers.get("X-Requested-With")
    if by_script or request.path.startswith("/api/"):
        return HttpResponse(status=401, headers={"HX-Trigger": "emr:locked", "X-Locked": "1"})
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{resolve_url('signin:locked')}?{urlencode({'next': back})}")
