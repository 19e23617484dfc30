"""One context and one reference for each request, and one line about it in the log."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from emr.common import wall
from emr.common.context import Acting, acting_as

logger = logging.getLogger("emr.request")

Counted = Callable[[str, str, int, float], None]
_counters: list[Counted] = []
# What a proxy says of the client. Whoever isn't our proxy can say it as well, so nothing after this reads them.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST")


def register_counter(count: Counted) -> None:
    """Have each request counted: view, method, status, seconds."""
    if count not in _counters:
        _counters.append(count)


class RequestContextMiddleware:
    """Give the request a reference that its log lines, audit lines and error page share."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        _take_the_proxys_word(request)
        context = Acting(
            address=request.META.get("REMOTE_ADDR", ""), device=request.META.get("HTTP_USER_AGENT", "")[:200]
        )
        request.reference = context.request_id  # type: ignore[attr-defined]
        with acting_as(context), wall.nowhere():
            response = self.get_response(request)
            _tell(request, response.status_code, time.perf_counter() - began)
        response["X-Request-ID"] = context.request_id
        return response


def _take_the_proxys_word(request: HttpRequest) -> None:
    """Behind our own proxies the client's address is the one that the outermost saw; else these headers are lies (S-57)."""
    said = request.META.get("HTTP_X_FORWARDED_FOR", "")
    request.is_forwarded = any(name in request.META for name in _FORWARDED)  # type: ignore[attr-defined]
    if settings.EMR_PROXY_COUNT:
        addresses = [part.strip() for part in said.split(",") if part.strip()]
        if len(addresses) >= settings.EMR_PROXY_COUNT:
            request.META["REMOTE_ADDR"] = addresses[-settings.EMR_PROXY_COUNT][:45]
    else:
        request.META.pop("HTTP_X_FORWARDED_PROTO", None)
    for name in _FORWARDED:
        request.META.pop(name, None)


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    """The view's name and never its address: an address may hold what somebody typed (S-55)."""
    match = request.resolver_match
    view = match.view_name if match else ""
    for count in _counters:
        count(view, str(request.method), status, seconds)
    logger.info(
        "%s %s %s %.0f ms",
        request.method if request.method in {"GET", "POST", "HEAD", "OPTIONS"} else "other",
        view or "-",
        status,
        seconds * 1000,
        extra={"view": view, "status": status, "duration_ms": round(seconds * 1000, 1)},
    )
