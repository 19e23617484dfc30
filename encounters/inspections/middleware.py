"""No piece of a chart without its mark: a fragment belongs into a marked page, and opened by itself it leads home."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from encounters.inspections.marks import is_reader

_HOUSES = {"patients", "encounters", "signatures"}
_MARK = b'class="reader-mark"'


class MarkMiddleware:
    """Looks at what a reader from outside is sent; of everybody else it asks nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or not match.namespaces or match.namespaces[0] not in _HOUSES:
            return response
        if response.status_code != 200 or response.streaming or request.headers.get("HX-Request"):
            return response
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and is_reader(request.user) and _MARK not in response.content:
            return redirect("ui:home")
        return response
