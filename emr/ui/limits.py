"""How much one request, one person and one kind of page may take, so that nobody keeps the ward waiting (F-34, S-35).

Kept in the process: an instance has one or two web processes, and a limit must hold when PostgreSQL is what is slow.
"""

import functools
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import DataError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from emr.ui.errors import answer, bad_request

View = TypeVar("View", bound=Callable[..., Any])

_WAIT_SECONDS = 1.0
_MOST_KEYS = 20_000  # people and addresses remembered; beyond it the oldest are forgotten
# Of a web process's eight threads: six are always left for charting.
_heavy = threading.BoundedSemaphore(2)


def heavy(view: View) -> View:
    """A list or report that may look at very many rows: two at a time, each with a longer leash than a page has.

    PostgreSQL cancels what takes longer than EMR_REPORT_SECONDS; the third who asks is told to come again.
    """

    @functools.wraps(view)
    def limited_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not _heavy.acquire(timeout=_WAIT_SECONDS):
            return _busy(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [f"{settings.EMR_REPORT_SECONDS}s"]
                )
            return view(request, *args, **kwargs)
        finally:
            _heavy.release()

    limited_view.is_heavy = True  # type: ignore[attr-defined]
    return limited_view  # type: ignore[return-value]


class Bucket:
    """So many a minute for each key, with as many at once; a key that rests fills up again."""

    def __init__(self, per_minute: int) -> None:
        self._most, self._per_second = float(per_minute), per_minute / 60
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """What `take` would answer, without taking."""
        with self._lock:
            left, seen = self._left.get(key, (self._most, time.monotonic()))
            left = min(self._most, left + (time.monotonic() - seen) * self._per_second)
            return 0.0 if left >= 1 else (1 - left) / self._per_second

    def take(self, key: str) -> float:
        """0 when one more may pass, else the seconds to wait."""
        with self._lock:
            at = time.monotonic()
            left, seen = self._left.pop(key, (self._most, at))
            left = min(self._most, left + (at - seen) * self._per_second)
            wait = 0.0 if left >= 1 else (1 - left) / self._per_second
            self._left[key] = (left - 1 if not wait else left, at)
            if len(self._left) > _MOST_KEYS:
                self._left.pop(next(iter(self._left)))
            return wait


def at_most(per_minute: int, *, methods: tuple[str, ...] = ("POST",)) -> Callable[[View], View]:
    """So many requests of these methods a minute for each person, or for each address before sign-in."""

    def limit(view: View) -> View:
        bucket = Bucket(per_minute)

        @functools.wraps(view)
        def limited_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if (
                settings.EMR_RATE_LIMITS
                and request.method in methods
                and (wait := bucket.take(_who(request)))
            ):
                return _too_many(request, wait)
            return view(request, *args, **kwargs)

        limited_view.bucket = bucket  # type: ignore[attr-defined]
        return limited_view  # type: ignore[return-value]

    return limit


class BodyLimitMiddleware:
    """Refuse a body that is larger than anything this product takes, before a byte of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get("CONTENT_LENGTH") or "0"
        if (
            not said.isascii()
            or not said.isdigit()
            or int(said[:12]) > settings.EMR_UPLOAD_MEGABYTES * 1024**2
        ):
            return answer(
                request,
                413,
                _("This file is too large"),
                _("At most %(size)d MB can be sent at once.") % {"size": settings.EMR_UPLOAD_MEGABYTES},
            )
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A NUL character, which no text in PostgreSQL can hold, is the sender's fault wherever it comes in (S-25)."""
        if isinstance(exception, DataError | ValueError) and "NUL" in str(exception):
            return bad_request(request, exception)
        return None


def _who(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user {user.pk}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"


def _too_many(request: HttpRequest, wait: float) -> HttpResponse:
    response = answer(
        request,
        429,
        _("That was a lot in a short time"),
        _("Wait a moment and try again: others are working with the system too."),
    )
    response["Retry-After"] = str(int(wait) + 1)
    return response


def _busy(request: HttpRequest) -> HttpResponse:
    response = answer(
        request,
        503,
        _("Other large lists are being made"),
        _("Try again in a moment, or narrow down what you ask for. Charts and orders are not affected."),
    )
    response["Retry-After"] = "5"
    return response
