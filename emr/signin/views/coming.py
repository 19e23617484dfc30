"""Coming in and going out."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import public, signed_in
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import polled, while_locked
from emr.common.http import StaffRequest
from emr.signin import provider, services
from emr.signin.doors import unfinished
from emr.signin.forms import SignInForm
from emr.signin.models import StaffSession
from emr.signin.selectors import row_of
from emr.ui.errors import answer


def destination(request: HttpRequest) -> str:
    """Where the person was going, never another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if is_ours and wanted.startswith(("/", "http")):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def password_of(request: HttpRequest, username: str, password: str) -> User | None:
    """Whose name and password these are; a wrong word is counted and on record."""
    name = username.strip().lower()
    user = authenticate(request, username=name, password=password)
    if isinstance(user, User):
        return user
    known = User.objects.filter(username=name).first()
    record("user.sign_in", by=known, of=known, outcome="denied")
    return None


def _method(user: User) -> str:
    """By whose word: the house's own password, or the directory, whose groups are followed then."""
    groups = getattr(user, "directory_groups", None)
    if groups is None:
        return StaffSession.Method.PASSWORD
    services.follow_groups(user=user, groups=groups)
    return StaffSession.Method.LDAP


def come_in(request: HttpRequest, user: User, method: str, *, to: str = "") -> HttpResponse:
    """The first word was right: the session begins, or the second factor is asked for before it does."""
    if services.has_factor(user):
        request.session.flush()
        request.session["half"] = {
            "user": user.pk,
            "method": method,
            "at": now().timestamp(),
            "hash": user.get_session_auth_hash(),
            "next": to or destination(request),
        }
        return redirect("signin:second")
    services.begin(request, user=user, method=method)
    services.forgive_pin(user)
    return redirect(to or destination(request))


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by password; a new session id each time (S-15)."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect(destination(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            user = password_of(request, form.cleaned_data["username"], form.cleaned_data["password"])
            if user is not None:
                return come_in(request, user, _method(user))
            form.add_error(None, _("The username or the password is wrong."))
            if getattr(request, "is_directory_down", False):
                words = _(
                    "The hospital's directory does not answer. Only a password of this system works now."
                )
                form.add_error(None, words)
    context = {"form": form, "next": destination(request), "has_provider": provider.is_set_up()}
    return render(request, "emr/signin/sign_in.html", context, status=status)


@signed_in
@unfinished
@while_locked
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session; parked drafts stay in the browser, encrypted (S-17)."""
    services.leave(request, user=request.user)
    response = redirect("signin:sign_in")
    response["Clear-Site-Data"] = '"cache", "cookies"'
    return response


@signed_in
@polled
@require_safe
def session_state(request: StaffRequest) -> JsonResponse:
    """Who is signed in, and how long the screen stays open: pages ask before they send what was typed under another name."""
    return JsonResponse({"user": str(request.user.uuid), "idle_left": row_of(request).idle_left(now())})


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
