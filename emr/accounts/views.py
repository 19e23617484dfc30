"""Coming in and going out."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts import permissions, selectors
from emr.accounts.access import public, requires, signed_in
from emr.accounts.forms import SignInForm
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.health import readiness
from emr.common.http import StaffRequest
from emr.ui.errors import answer

_PARTS = {
    "database": gettext_lazy("Database"),
    "broker": gettext_lazy("Message broker"),
    "deliveries": gettext_lazy("Background work"),
    "files": gettext_lazy("Stored files"),
    "signing": gettext_lazy("Digital signing"),
}


def _destination(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by password; a new session id each time (S-15)."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect(_destination(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            name = form.cleaned_data["username"].strip().lower()
            user = authenticate(request, username=name, password=form.cleaned_data["password"])
            if isinstance(user, User):
                logout(request)
                login(request, user)
                record("user.sign_in", by=user, of=user)
                return redirect(_destination(request))
            known = User.objects.filter(username=name).first()
            record("user.sign_in", by=known, of=known, outcome="denied")
            form.add_error(None, _("The username or the password is wrong."))
    context = {"form": form, "next": _destination(request)}
    return render(request, "emr/accounts/sign_in.html", context, status=status)


@signed_in
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session; parked drafts stay in the browser, encrypted (S-17)."""
    record("user.sign_out", by=request.user, of=request.user)
    logout(request)
    response = redirect("accounts:sign_in")
    response["Clear-Site-Data"] = '"cache"'
    return response


@signed_in
def session_state(request: StaffRequest) -> JsonResponse:
    """Who is signed in: pages ask before they send what was typed under another name."""
    return JsonResponse({"user": str(request.user.uuid)})


def locked_out(
    request: HttpRequest, _credentials: object = None, *_args: object, **_kwargs: object
) -> HttpResponse:
    """Too many wrong tries from this address for this name."""
    record("user.sign_in", outcome="denied", detail={"reason": "locked out"})
    return answer(
        request,
        429,
        _("Too many wrong passwords"),
        _("Wait 15 minutes, or ask the administrator to help you."),
    )


@requires(permissions.MANAGE)
@require_safe
def house(request: StaffRequest) -> HttpResponse:
    """Home panel of the administrator: the facility, its staff by role, and how each part of the house is."""
    is_ready, parts = readiness()
    context = {
        "facility": request.user.facility,
        "staff": selectors.staff_counts(request.user.facility_id),
        "parts": [part | {"title": _PARTS.get(name, name)} for name, part in parts.items()],
        "is_ready": is_ready,
    }
    return render(request, "emr/accounts/_house.html", context)
