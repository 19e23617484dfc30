"""The locked screen of a shared PC: its person comes back, or the next one takes over."""

from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import signed_in
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import while_locked
from emr.common.http import StaffRequest
from emr.signin import services
from emr.signin.forms import SwitchForm
from emr.signin.models import Badge, StaffSession
from emr.signin.selectors import row_of
from emr.signin.services.switching import BADGE_MARK, is_pin
from emr.signin.views.coming import come_in, destination, password_of


@signed_in
@while_locked
@require_POST
def lock(request: StaffRequest) -> HttpResponse:
    """Shut the screen; nothing of a patient is shown until somebody says who they are."""
    services.lock(row_of(request), user=request.user, by_hand=True)
    return redirect(f"{resolve_url('signin:locked')}?{urlencode({'next': destination(request)})}")


@signed_in
@while_locked
@never_cache
@require_GET
def locked(request: StaffRequest) -> HttpResponse:
    """The locked screen; one that isn't locked leads back to the work."""
    if not row_of(request).is_locked(now()):
        return redirect(destination(request))
    return _screen(request, SwitchForm(), 200)


@signed_in
@while_locked
@sensitive_post_parameters("who", "secret")
@require_POST
def unlock(request: StaffRequest) -> HttpResponse:
    """Somebody says who they are: by nothing (whose screen it is), a badge or a name, then the PIN or the password."""
    row = row_of(request)
    if not row.is_locked(now()):
        return redirect(destination(request))
    form = SwitchForm(request.POST)
    if form.is_valid():
        who, secret = form.cleaned_data["who"].strip(), form.cleaned_data["secret"]
        user, badge = _claimed(request, who)
        method = _proof(request, user, badge, who or request.user.username, secret)
        if method is not None and user is not None:
            back = destination(request) if user.pk == request.user.pk else "/"
            if method == StaffSession.Method.PASSWORD:
                return _with_password(request, row, user, back)
            services.take_over(request, row=row, user=user, method=method, badge=badge)
            return redirect(back)
        form.add_error("secret", _("This does not fit. After five wrong PINs only the password opens."))
    return _screen(request, form, 422)


def _claimed(request: StaffRequest, who: str) -> tuple[User | None, Badge | None]:
    """Who this says they are: of the same house, or nobody."""
    if not who:
        return request.user, None
    if who.upper().startswith(BADGE_MARK):
        held = services.holder_of(who)
        user, badge = held if held is not None else (None, None)
    else:
        user, badge = User.objects.filter(username=who.lower(), is_active=True).first(), None
    is_colleague = user is not None and user.facility_id == request.user.facility_id
    return (user, badge) if is_colleague else (None, None)


def _proof(
    request: StaffRequest, user: User | None, badge: Badge | None, name: str, secret: str
) -> str | None:
    """What they have proved it with; None for nothing. Digits of a PIN's length are a PIN, and never tried as a password."""
    if is_pin(secret) and (badge is not None or services.uses_pin(user)):
        # A role that asks for a second factor isn't taken up by six digits alone.
        is_enough = (
            badge is not None or user == request.user or user is None or not services.must_have_factor(user)
        )
        if services.has_pin(user, secret) and is_enough:
            return StaffSession.Method.BADGE if badge is not None else StaffSession.Method.PIN
    elif badge is None and password_of(request, name, secret) is not None:
        return StaffSession.Method.PASSWORD
    else:
        return None
    record("user.sign_in", by=user, of=user, outcome="denied", detail={"method": "pin"})
    return None


def _with_password(request: StaffRequest, row: StaffSession, user: User, back: str) -> HttpResponse:
    services.forgive_pin(user)
    if user.pk == request.user.pk:
        # The day begins anew only for who has nothing beside the password.
        anew = not services.has_factor(user)
        services.unlock(request, user=user, method=StaffSession.Method.PASSWORD, anew=anew)
    else:
        record("user.hand_over", by=request.user, of=request.user, detail={"to": user.pk})
        return come_in(request, user, StaffSession.Method.PASSWORD, to=back)
    return redirect(back)


@signed_in
@require_POST
def stay(request: StaffRequest) -> HttpResponse:
    """The person answered that they are still here, before the screen locked."""
    services.stay(row_of(request))
    return HttpResponse(status=204)


def _screen(request: StaffRequest, form: SwitchForm, status: int) -> HttpResponse:
    context = {"form": form, "next": destination(request), "person": request.user}
    return render(request, "emr/signin/locked.html", context, status=status)
