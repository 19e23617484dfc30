"""What the base layout needs on every page."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.functional import SimpleLazyObject

from emr.ui import navigation

if TYPE_CHECKING:
    from django.http import HttpRequest

THEMES = ("auto", "light", "dark")


def theme_of(request: HttpRequest) -> str:
    """The theme chosen on this PC; "auto" follows the system's setting."""
    chosen = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return chosen if chosen in THEMES else "auto"


def draft_key(request: HttpRequest) -> str:
    """The AES-256 key (base64) of this user's unsent text on a ward PC: the next person there can't read it."""
    digest = salted_hmac("emr.ui.drafts", str(request.user.pk), algorithm="sha256").digest()
    return base64.b64encode(digest).decode()


def idle_seconds(request: HttpRequest) -> int:
    """After how long without a person the screen locks; 0 where no session says so."""
    row = getattr(getattr(request, "session", None), "row", None)
    return getattr(row, "idle_seconds", 0)


def is_locked(request: HttpRequest) -> bool:
    """Whether the page is a locked screen's: it carries nothing of its person's but the name."""
    row = getattr(getattr(request, "session", None), "row", None)
    return getattr(row, "locked_at", None) is not None


def _search_url(request: HttpRequest) -> str:
    """Where the box in the bar searches, for who may."""
    links = navigation.links(request)
    return next((url for link, url, _is_here in links if link.url_name == "patients:registry:search"), "")


def interface(request: HttpRequest) -> dict[str, Any]:
    """`ui`: theme, demo marker, navigation, addresses that may be missing; lazy: fragments pay nothing."""
    return {
        "ui": {
            "theme": theme_of(request),
            "demo": getattr(settings, "EMR_DEMO", False),
            "languages": settings.LANGUAGES,
            "agent_port": settings.EMR_AGENT_PORT,
            "draft_key": SimpleLazyObject(lambda: draft_key(request)),
            "links": SimpleLazyObject(lambda: navigation.links(request)),
            "search_url": SimpleLazyObject(lambda: _search_url(request)),
            "sign_in_url": SimpleLazyObject(lambda: navigation.address("signin:sign_in")),
            "sign_out_url": SimpleLazyObject(lambda: navigation.address("signin:sign_out")),
            "account_url": SimpleLazyObject(lambda: navigation.address("signin:account")),
            "lock_url": SimpleLazyObject(lambda: navigation.address("signin:lock")),
            "locked_url": SimpleLazyObject(lambda: navigation.address("signin:locked")),
            "session_url": SimpleLazyObject(lambda: navigation.address("signin:session")),
            "stay_url": SimpleLazyObject(lambda: navigation.address("signin:stay")),
            "is_locked": SimpleLazyObject(lambda: is_locked(request)),
            "idle_seconds": SimpleLazyObject(lambda: idle_seconds(request)),
        }
    }
