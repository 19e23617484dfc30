"""The door itself: nobody passes a view that doesn't say who may."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import Resolver404
from django.utils import translation

from emr.accounts.access import Denied
from emr.audit.services import record
from emr.common import wall
from emr.common.context import acting
from emr.common.doors import PUBLIC, SIGNED_IN
from emr.ui.errors import forbidden, not_found


class LanguageMiddleware:
    """The person's own language, else the browser's choice made on the sign-in page, else the facility's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class AccessMiddleware:
    """Deny unless allowed: a view without a declaration is closed, a refusal is on record, patient pages aren't cached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            context = acting()
            context.user_id, context.username = request.user.pk, request.user.get_username()
            wall.enter(request.user.facility_id)
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Stop who may not enter before the view runs."""
        right = getattr(view, "required_right", None) or getattr(
            getattr(view, "cls", None), "required_right", None
        )
        if right == PUBLIC:
            return None
        if not request.user.is_authenticated or not request.user.is_active:
            return self._sign_in_first(request)
        if right == SIGNED_IN:
            return None
        if right is None or not request.user.has_right(right):
            return self._refuse(request, Denied(right or "undeclared", hidden=False))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The request's transaction is rolled back by now; the denial gets a line of its own."""
        if isinstance(exception, Denied):
            return self._refuse(request, exception)
        if isinstance(exception, Http404) and not isinstance(exception, Resolver404):
            return not_found(request)
        return None

    @staticmethod
    def _sign_in_first(request: HttpRequest) -> HttpResponse:
        if request.headers.get("HX-Request") or request.path.startswith("/api/"):
            response = HttpResponse(status=401)
            response["HX-Trigger"] = "signed-out"
            return response
        destination = request.get_full_path() if request.method == "GET" else "/"
        return redirect_to_login(destination, resolve_url(settings.LOGIN_URL))

    @staticmethod
    def _refuse(request: HttpRequest, denied: Denied) -> HttpResponse:
        user = request.user
        record(
            denied.action,
            by=user if user.is_authenticated else None,
            of=denied.entity,
            outcome="denied",
            detail={
                "patient_id": denied.patient_id,
                "view": getattr(request.resolver_match, "view_name", ""),
            },
        )
        return not_found(request) if denied.hidden else forbidden(request, denied)
