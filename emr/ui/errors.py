"""Error pages: what is wrong, what to do, and a reference that the log has. Never a trace or patient data."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from emr.ui.context_processors import theme_of

if TYPE_CHECKING:
    from django.http import HttpRequest


_TYPES = ["text/html", "application/json"]  # of two that are liked equally the first is taken
_SECRETS = {"password", "pin"}


@dataclass(frozen=True, slots=True)
class Again:
    """The same request as a form: where to, and for a POST what was typed."""

    path: str
    is_post: bool
    fields: list[tuple[str, str]]


def answer(
    request: HttpRequest, status: int, title: str, advice: str, again: Again | None = None
) -> HttpResponse:
    """The page; for htmx the bare alert that fits into a fragment's place; JSON for programs that ask for it.

    Rendered without the request: nothing here may need the user, and with it the database that may be down.
    `again` puts a button on the page that asks the same once more.
    """
    reference = getattr(request, "reference", "-")
    if request.path.startswith("/api/") or request.get_preferred_type(_TYPES) == "application/json":
        return JsonResponse({"title": title, "advice": advice, "reference": reference}, status=status)
    whole = request.headers.get("HX-Request") != "true"
    context = {
        "status": status,
        "title": title,
        "advice": advice,
        "reference": reference,
        "again": again,
        "ui": {"theme": theme_of(request)},
    }
    template = "emr/ui/error.html" if whole else "emr/ui/_error.html"
    return HttpResponse(render_to_string(template, context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    advice = _("The program could not read what was sent. Go back, check what was typed and try again.")
    return answer(request, 400, _("This request could not be understood"), advice)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the right is missing, or the refusal itself says why (`because`)."""
    advice = _(
        "Your role does not include this. If you need it for your work, ask the head of your department."
    )
    if because := getattr(exception, "because", ""):
        return answer(request, 403, _("This can't be done now"), str(because))
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
    fault = sys.exc_info()[1]
    if fault is not None and isinstance(fault.__cause__, QueryCanceled):
        return took_too_long(request)
    if isinstance(fault, OperationalError | InterfaceError):
        return unavailable(request)
    advice = _(
        "Nothing you have typed is lost: go back and try again. "
        "If it happens again, give IT the reference below."
    )
    return answer(request, 500, _("Something went wrong on our side"), advice)


def took_too_long(request: HttpRequest) -> HttpResponse:
    """503: PostgreSQL cancelled it by the limit (F-34); nothing was changed."""
    advice = _(
        "Nothing was changed. Narrow down what you ask for, or try again in a minute: "
        "much is being done at this moment."
    )
    response = answer(request, 503, _("This took too long and was stopped"), advice, _again(request))
    response["Retry-After"] = "30"
    response["Cache-Control"] = "no-store"
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the database or another part that requests need is down."""
    advice = _(
        "The system is being restarted or repaired. What you have typed is kept; "
        "this page may be tried again in a minute."
    )
    response = answer(request, 503, _("The record is not available for a moment"), advice, _again(request))
    response["Retry-After"] = "30"
    response["Cache-Control"] = "no-store"  # what was typed stands in the page
    return response


def read_only(request: HttpRequest) -> HttpResponse:
    """503: the database's volume is full. What is written already can be read; nothing was signed, sent or changed."""
    advice = _(
        "The database can't take anything new just now; the IT department has been told. "
        "Charts can still be read. Nothing was changed, signed or sent; what you have typed is kept."
    )
    response = answer(request, 503, _("Reading works, writing doesn't"), advice, _again(request))
    response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    return response


def _again(request: HttpRequest) -> Again | None:
    """The form as it was posted, to be sent once more (F-07). Files and secrets are never echoed: those are typed anew."""
    if request.method != "POST":
        return Again(request.get_full_path(), is_post=False, fields=[])
    if request.content_type != "application/x-www-form-urlencoded" or _SECRETS & request.POST.keys():
        return None
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return Again(request.get_full_path(), is_post=True, fields=fields)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the forgery protection: nearly always a page left open while the session changed hands."""
    advice = _(
        "This page was opened in an earlier session. Open it again; what you have typed is kept on this PC."
    )
    return answer(request, 403, _("This page is out of date"), advice)
