"""One's own account: where one is signed in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import signed_in
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import selectors, services
from emr.signin.access import access_session
from emr.signin.forms import PinForm
from emr.signin.models import SwitchPin
from emr.signin.views.coming import password_of


@signed_in
@require_safe
def account(request: StaffRequest) -> HttpResponse:
    """My sessions and devices, and what I sign in with."""
    return _page(request, PinForm(), 200)


def _page(request: StaffRequest, pin_form: PinForm, status: int) -> HttpResponse:
    context = {
        "sessions": selectors.sessions_of(request.user),
        "here": selectors.row_of(request).uuid,
        "pin": SwitchPin.objects.filter(user=request.user).first(),
        "pin_form": pin_form,
        "badge": selectors.badge_of(request.user),
    }
    return render(request, "emr/signin/account.html", context, status=status)


@signed_in
@sensitive_post_parameters("pin", "password")
@require_POST
def set_pin(request: StaffRequest) -> HttpResponse:
    """A PIN of my own for shared PCs, under my password."""
    form = PinForm(request.POST)
    if form.is_valid():
        if password_of(request, request.user.username, form.cleaned_data["password"]) is None:
            form.add_error("password", _("The password is wrong."))
        else:
            try:
                services.set_pin(user=request.user, pin=form.cleaned_data["pin"])
            except DomainError as refusal:
                form.add_error("pin", str(refusal))
            else:
                messages.success(request, _("The PIN is set. It opens locked screens from now on."))
                return redirect("signin:account")
    return _page(request, form, 422)


@signed_in
@require_POST
def lose_badge(request: StaffRequest) -> HttpResponse:
    """My badge is lost: it opens nothing any more."""
    badge = selectors.badge_of(request.user)
    if badge is not None:
        services.revoke_badge(badge=badge, by=request.user)
        messages.success(request, _("The badge no longer opens anything. The administrator gives a new one."))
    return redirect("signin:account")


@signed_in
@require_POST
def end_session(request: StaffRequest, session_uuid: UUID) -> HttpResponse:
    """Sign one device out: one's own, or, for administrators, a colleague's."""
    row = access_session(request.user, session_uuid)
    services.end_one(row, by=request.user)
    if row.uuid == selectors.row_of(request).uuid:
        return redirect("signin:sign_in")
    messages.success(request, _("The device is signed out."))
    if row.user is not None and row.user_id != request.user.pk:
        return redirect("signin:person", row.user.uuid)
    return redirect("signin:account")


@signed_in
@require_POST
def end_others(request: StaffRequest) -> HttpResponse:
    """Sign every other device of mine out."""
    count = services.end_all(user=request.user, by=request.user, reason="own wish", but_for=request)
    text = ngettext("%(count)d other device is signed out.", "%(count)d other devices are signed out.", count)
    messages.success(request, text % {"count": count})
    return redirect("signin:account")
