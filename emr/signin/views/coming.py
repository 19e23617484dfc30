"""Coming in and going out."""

from django.conf import settings
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
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import provider, services
from emr.signin.doors import unfinished, without_own_password
from emr.signin.forms import SignInForm
from emr.signin.models import FirstPassword, StaffSession
from emr.signin.selectors import row_of
from emr.ui.errors import answer
from emr.ui.limits import at_most


def destination(request: HttpRequest) -> str:
    """Where the person was going, never another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_ours(request, wanted) else resolve_url(settings.LOGIN_REDIRECT_URL)


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether the address leads to this site and no other."""
    is_safe = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return is_safe and address.startswith(("/", "http"))


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


def _came_in_first(request: HttpRequest, first: FirstPassword) -> bool:
    """Whether the first password opened; of two at one moment the second finds it used up."""
    try:
        services.come_in_first(request, row=first)
    except DomainError:
        return False
    return True


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@at_most(120)  # whoever tries one word on everybody; behind one address may stand a whole ward
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by password; a new session id each time (S-15)."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect(destination(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            user = services.password_of(request, given["username"], given["password"], may_be_first=True)
            first = getattr(user, "by_first_password", None)
            if user is not None and first is None:
                return come_in(request, user, _method(user))
            if first is not None and _came_in_first(request, first):
                return redirect("signin:first_password")
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
@without_own_password
@while_locked
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session; parked drafts stay in the browser, encrypted (S-17)."""
    services.leave(request, user=request.user)
    response = redirect("signin:sign_in")
    response["Clear-Site-Data"] = '"cache", "cookies"'
    services.forget_in_browser(request, response)
    return response


@signed_in
@without_own_password
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
