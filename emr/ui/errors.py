"""Error pages: what is wrong, what to do, and a reference that the log has. Never a trace or patient data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from emr.ui.context_processors import theme_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def answer(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    """The page, or for htmx and other scripts the bare alert that fits into a fragment's place.

    Rendered without the request: nothing here may need the user, and with it the database that may be down.
    """
    whole = request.headers.get("HX-Request") != "true"
    context = {
        "status": status,
        "title": title,
        "advice": advice,
        "reference": getattr(request, "reference", "-"),
        "ui": {"theme": theme_of(request)},
    }
    template = "emr/ui/error.html" if whole else "emr/ui/_error.html"
    return HttpResponse(render_to_string(template, context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    advice = _("The program could not read what was sent. Go back, check what was typed and try again.")
    return answer(request, 400, _("This request could not be understood"), advice)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the right is missing."""
    advice = _(
        "Your role does not include this. If you need it for your work, ask the head of your department."
    )
    return answer(request, 403, _("You may not open this"), advice)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it doesn't exist, or this user may not know that it does."""
    advice = _(
        "It does not exist, or it belongs to a patient who is not in your care. "
        "Check the number and search again."
    )
    return answer(request, 404, _("There is nothing here"), advice)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is the database that doesn't answer. What was typed stays in the browser's copy."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    advice = _(
        "Nothing you have typed is lost: go back and try again. "
        "If it happens again, give IT the reference below."
    )
    return answer(request, 500, _("Something went wrong on our side"), advice)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the database or another part that requests need is down."""
    advice = _(
        "The system is being restarted or repaired. What you have typed is kept; "
        "this page may be tried again in a minute."
    )
    response = answer(request, 503, _("The record is not available for a moment"), advice)
    response["Retry-After"] = "30"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the forgery protection: nearly always a page left open while the session changed hands."""
    advice = _(
        "This page was opened in an earlier session. Open it again; what you have typed is kept on this PC."
    )
    return answer(request, 403, _("This page is out of date"), advice)
