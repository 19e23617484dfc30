"""The second factor: asked for at sign-in, asked for again (S-22), set up and taken away."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import public, signed_in
from emr.accounts.models import User
from emr.common.clock import now
from emr.common.doors import fresh, while_locked
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import selectors, services
from emr.signin.doors import unfinished
from emr.signin.forms import CodeForm, ProofForm
from emr.signin.models import Passkey, StaffSession
from emr.signin.views.coming import destination, password_of

_HALF_LASTS = 5 * 60  # seconds between the password and the second factor
_RECENT = 15  # minutes
_View = Callable[..., HttpResponse]


def half_of(request: HttpRequest) -> tuple[User, dict[str, Any]] | None:
    """Who has given the password a moment ago and is to give the second factor."""
    half = request.session.get("half")
    if half is None or now().timestamp() - half["at"] > _HALF_LASTS:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != half["hash"]:
        return None
    return user, half


def _complete(request: HttpRequest, user: User, half: dict[str, Any]) -> str:
    services.begin(request, user=user, method=half["method"])
    services.forgive_pin(user)
    return str(half["next"])


@public
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """After the password: a code, or the security key."""
    found = half_of(request)
    if found is None:
        return redirect("signin:sign_in")
    user, half = found
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if services.check_code(user, form.cleaned_data["code"]):
            return redirect(_complete(request, user, half))
        form.add_error("code", _("The code does not fit. After several wrong ones there is a pause."))
    context = {"form": form, "person": user, "factors": selectors.factors_of(user)}
    return render(request, "emr/signin/second.html", context, status=422 if form.errors else 200)


@signed_in
@unfinished
@never_cache
@sensitive_post_parameters("proof")
@require_http_methods(["GET", "POST"])
def prove(request: StaffRequest) -> HttpResponse:
    """Are you still you? A code or the key; the password of who has neither."""
    has_factor = services.has_factor(request.user)
    form = ProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        word = form.cleaned_data["proof"]
        fits = (
            services.check_code(request.user, word)
            if has_factor
            else password_of(request, request.user.username, word) is not None
        )
        if fits:
            services.prove(selectors.row_of(request))
            return redirect(destination(request))
        form.add_error("proof", _("This does not fit."))
    context = {
        "form": form,
        "next": destination(request),
        "has_factor": has_factor,
        "factors": selectors.factors_of(request.user),
    }
    return render(request, "emr/signin/prove.html", context, status=422 if form.errors else 200)


def _json(view: _View) -> _View:
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as refusal:
            return JsonResponse({"detail": str(refusal)}, status=422)
        except RawPostDataException:  # a form instead of JSON: the body was read for its fields
            return JsonResponse({"detail": _("The key's answer could not be read.")}, status=422)

    return answered


def _answer_of(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise DomainError(_("The key's answer could not be read."), code="bad_json") from error
    if not isinstance(body, dict):
        raise DomainError(_("The key's answer could not be read."), code="bad_json")
    return body


@public
@require_POST
@_json
def second_key(request: HttpRequest) -> HttpResponse:
    """The key instead of a code: first what to sign, then, with a body, what was signed."""
    found = half_of(request)
    if found is None:
        raise DomainError(_("Too late. Sign in again."), code="stale")
    user, half = found
    if not request.body:
        return JsonResponse(services.begin_check(request, purpose="second", user=user))
    services.complete_check(request, purpose="second", user=user, answer=_answer_of(request))
    return JsonResponse({"next": _complete(request, user, half)})


@signed_in
@unfinished
@require_POST
@_json
def prove_key(request: StaffRequest) -> HttpResponse:
    """The key as fresh proof."""
    if not request.body:
        return JsonResponse(services.begin_check(request, purpose="prove", user=request.user))
    services.complete_check(request, purpose="prove", user=request.user, answer=_answer_of(request))
    services.prove(selectors.row_of(request))
    return JsonResponse({"next": destination(request)})


@signed_in
@while_locked
@require_POST
@_json
def unlock_key(request: StaffRequest) -> HttpResponse:
    """The key at the locked screen: it says who comes, and proves it."""
    row = selectors.row_of(request)
    if not row.is_locked(now()):
        return JsonResponse({"next": destination(request)})
    if not request.body:
        return JsonResponse(services.begin_check(request, purpose="unlock", user=None))
    user = services.complete_check(request, purpose="unlock", user=None, answer=_answer_of(request))
    if user.facility_id != request.user.facility_id:
        raise DomainError(_("The key does not fit."), code="wrong_key")
    back = destination(request) if user.pk == request.user.pk else "/"
    services.take_over(request, row=row, user=user, method=StaffSession.Method.PASSKEY, badge=None)
    services.prove(selectors.row_of(request))
    return JsonResponse({"next": back})


@signed_in
@unfinished
@never_cache
@fresh(_RECENT)
@require_safe
def factors(request: StaffRequest) -> HttpResponse:
    """My second factors."""
    return _page(request, CodeForm(), 200)


def _page(request: StaffRequest, form: CodeForm, status: int, codes: list[str] | None = None) -> HttpResponse:
    context = selectors.factors_of(request.user) | {
        "form": form,
        "codes": codes,
        "must": selectors.row_of(request).must,
    }
    if context["offered"] is not None:
        words, uri = services.secret_words(context["offered"])
        context["secret"] = " ".join(words[at : at + 4] for at in range(0, len(words), 4))
        context["picture"] = segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, border=2)
    return render(request, "emr/signin/factors.html", context, status=status)


@signed_in
@unfinished
@fresh(_RECENT)
@require_POST
def begin_app(request: StaffRequest) -> HttpResponse:
    """Show a secret for the app on my phone."""
    services.offer_code_app(request.user)
    return redirect("signin:factors")


@signed_in
@unfinished
@never_cache
@fresh(_RECENT)
@sensitive_post_parameters("code")
@require_POST
def confirm_app(request: StaffRequest) -> HttpResponse:
    """The first code of the app."""
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            codes = services.confirm_code_app(user=request.user, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", str(refusal))
        else:
            services.finish(selectors.row_of(request))
            return _page(request, CodeForm(), 200, codes)
    return _page(request, form, 422)


@signed_in
@fresh(_RECENT)
@require_POST
def remove_app(request: StaffRequest) -> HttpResponse:
    """The app is no longer mine."""
    return _removed(request, lambda: services.remove_code_app(request.user))


def _removed(request: StaffRequest, remove: Callable[[], None]) -> HttpResponse:
    remove()
    if not services.has_factor(request.user) and services.must_have_factor(request.user):
        logout(request)  # the next sign-in asks for another
        return redirect("signin:sign_in")
    messages.success(request, _("Removed."))
    return redirect("signin:factors")


@signed_in
@never_cache
@fresh(_RECENT)
@require_POST
def renew_codes(request: StaffRequest) -> HttpResponse:
    """Ten new codes for paper."""
    return _page(request, CodeForm(), 200, services.renew_codes(request.user))


@signed_in
@unfinished
@fresh(_RECENT)
@require_POST
@_json
def add_key(request: StaffRequest) -> HttpResponse:
    """A new security key or fingerprint: first what to make, then, with a body, what was made."""
    if not request.body:
        return JsonResponse(services.begin_registration(request, user=request.user))
    answer = _answer_of(request)
    name = str(answer.pop("name", ""))
    services.complete_registration(request, user=request.user, answer=answer, name=name)
    services.finish(selectors.row_of(request))
    return JsonResponse({"next": request.path.removesuffix("keys/add")})


@signed_in
@fresh(_RECENT)
@require_POST
def remove_key(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """One of my keys is lost or given away."""
    key = Passkey.objects.filter(uuid=key_uuid, user=request.user).first()
    if key is None:
        raise Http404
    return _removed(request, lambda: services.remove_passkey(key=key, by=request.user))
