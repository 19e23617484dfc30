"""Requests through the very WSGI application that the server runs, and the bare view that they are compared with.

The bare view has Django's own middleware and nothing of ours: one SELECT by primary key, 1 KB of HTML, no
transaction of its own.
"""

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from emr.accounts.models import User
from patients.registry.models import Patient

TOKEN = "b" * 32
DJANGOS_OWN = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
_KILOBYTE = "<!doctype html><title>{name}</title>" + "<p>" * 300


@transaction.non_atomic_requests
def bare(_request: HttpRequest, pk: int) -> HttpResponse:
    """The floor."""
    name = Patient.objects.values_list("full_name", flat=True).get(pk=pk)
    return HttpResponse(_KILOBYTE.format(name=name))


urlpatterns = [path("bare/<int:pk>/", bare)]


class Browser:
    """One signed-in person's requests."""

    def __init__(self, user: User) -> None:
        client = Client()
        client.force_login(user, backend="emr.accounts.backends.StaffBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookie = (
            f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}; "
            f"{settings.LANGUAGE_COOKIE_NAME}=vi"
        )
        self.handler = WSGIHandler()
        self.kept: set[str] = set()

    def get(self, address: str, said: dict[str, str] | None = None, **headers: str) -> bytes:
        """The page at an address; `said` is given the answer's headers."""
        return request(self.handler, "GET", address, said=said, HTTP_COOKIE=self.cookie, **headers)

    def post(self, address: str, fields: dict[str, str], **headers: str) -> bytes:
        """What the address answers to a form."""
        return request(
            self.handler,
            "POST",
            address,
            urlencode(fields).encode(),
            HTTP_COOKIE=self.cookie,
            HTTP_X_CSRFTOKEN=TOKEN,
            **headers,
        )

    def open(self, address: str) -> None:
        """A page with everything that it loads by itself, but for what the browser keeps (Cache-Control: max-age)."""
        for part in self_loading(self.get(address)):
            if part not in self.kept:
                headers: dict[str, str] = {}
                self.get(part, HTTP_HX_REQUEST="true", said=headers)
                if "max-age" in headers.get("Cache-Control", ""):
                    self.kept.add(part)


def self_loading(page: bytes) -> list[str]:
    """Addresses that htmx asks for as soon as the page is there."""
    tags = re.findall(r"<[^>]*hx-trigger=\"[^\"]*\bload\b[^>]*>", page.decode())
    return [found[1] for tag in tags if (found := re.search(r"hx-get=\"([^\"]+)\"", tag))]


def request(
    handler: WSGIHandler,
    method: str,
    address: str,
    body: bytes = b"",
    *,
    said: dict[str, str] | None = None,
    **headers: str,
) -> bytes:
    """One request, read to the end and closed as a server does. Raises RuntimeError unless it is answered 200 or 204."""
    place, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": place,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        **headers,
    }
    answered: list[str] = []

    def start_response(status: str, given: list[tuple[str, str]], _exc: Any = None) -> Callable[..., None]:
        answered.append(status)
        if said is not None:
            said.update(given)
        return lambda _data: None

    response = handler(environ, start_response)
    try:
        answer = b"".join(response)
    finally:
        response.close()  # type: ignore[attr-defined]
    if not answered[0].startswith(("200", "204")):
        raise RuntimeError(f"{method} {place}: {answered[0]}")
    return answer


def own_addresses(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: this module's addresses instead of the house's, without touching what the house's pages cache."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return answer


def bare_site() -> WSGIHandler:
    """Django as it comes, on the same database; it may be asked in turn with the house's own pages."""
    with override_settings(MIDDLEWARE=[f"{__name__}.own_addresses", *DJANGOS_OWN]):
        return WSGIHandler()


def queries_of(call: Callable[[], Any]) -> int:
    """How many statements a call sends, transactions not counted."""
    count = 0

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += not sql.startswith(("SAVEPOINT", "RELEASE"))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counting):
        call()
    return count
