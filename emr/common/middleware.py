"""One context and one reference for each request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from emr.common import wall
from emr.common.context import Acting, acting_as


class RequestContextMiddleware:
    """Give the request a reference that its log lines, audit lines and error page share."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = Acting(
            address=request.META.get("REMOTE_ADDR", ""), device=request.META.get("HTTP_USER_AGENT", "")[:200]
        )
        request.reference = context.request_id  # type: ignore[attr-defined]
        with acting_as(context), wall.nowhere():
            response = self.get_response(request)
        response["X-Request-ID"] = context.request_id
        return response
