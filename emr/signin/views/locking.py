"""The locked screen of a shared PC."""

from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import signed_in
from emr.common.clock import now
from emr.common.doors import while_locked
from emr.common.http import StaffRequest
from emr.signin import services
from emr.signin.forms import UnlockForm
from emr.signin.models import StaffSession
from emr.signin.selectors import row_of
from emr.signin.views.coming import destination, password_of


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
    return _screen(request, UnlockForm(), 200)


@signed_in
@while_locked
@sensitive_post_parameters("password")
@require_POST
def unlock(request: StaffRequest) -> HttpResponse:
    """The person whose screen it is has come back."""
    form = UnlockForm(request.POST)
    if form.is_valid():
        user = password_of(request, request.user.username, form.cleaned_data["password"])
        if user is not None and user.pk == request.user.pk:
            services.unlock(request, user=user, method=StaffSession.Method.PASSWORD, anew=True)
            return redirect(destination(request))
        form.add_error("password", _("The password is wrong."))
    return _screen(request, form, 422)


@signed_in
@require_POST
def stay(request: StaffRequest) -> HttpResponse:
    """The person answered that they are still here, before the screen locked."""
    services.stay(row_of(request))
    return HttpResponse(status=204)


def _screen(request: StaffRequest, form: UnlockForm, status: int) -> HttpResponse:
    context = {"form": form, "next": destination(request), "person": request.user}
    return render(request, "emr/signin/locked.html", context, status=status)
