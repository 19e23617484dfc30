"""The role's home, the switches of language and theme, and the style guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from emr.common.doors import public, signed_in
from emr.ui import navigation
from emr.ui.context_processors import THEMES
from emr.ui.errors import bad_request, forbidden, not_found, server_error, unavailable

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = [  # the error handlers are named by emr.urls
    "bad_request",
    "forbidden",
    "home",
    "not_found",
    "server_error",
    "set_language",
    "set_theme",
    "this_pc",
    "unavailable",
]

A_YEAR = 365 * 24 * 3600


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the form stood on, never to another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


def _remember(request: HttpRequest, name: str, value: str) -> HttpResponse:
    response = _back(request)
    response.set_cookie(
        name, value, max_age=A_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
    )
    return response


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Today's work: the panels this user may see, each loading itself and checking its own right."""
    return render(request, "emr/ui/home.html", {"panels": navigation.panels(request)})


@require_POST
@public
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the interface language of this PC (`language`: vi, en)."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return _back(request)
    return _remember(request, settings.LANGUAGE_COOKIE_NAME, chosen)


@require_POST
@public
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme of this PC (`theme`: auto, light, dark)."""
    chosen = request.POST.get("theme", "")
    return _remember(request, settings.THEME_COOKIE_NAME, chosen) if chosen in THEMES else _back(request)


@signed_in
@require_safe
def this_pc(request: HttpRequest) -> HttpResponse:
    """The program of this PC (docs/agent.md): pairing, and its printers. Nothing of it is known to the server."""
    return render(request, "ui/this_pc.html")
