"""One's own password, and the way back when it or the second factor is lost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from emr.accounts.access import public, signed_in
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin import services
from emr.signin.doors import unfinished
from emr.signin.forms import PasswordForm, RecoveryForm
from emr.signin.models import Recovery
from emr.signin.views.coming import password_of


@signed_in
@unfinished
@never_cache
@sensitive_post_parameters("password", "new_password")
@require_http_methods(["GET", "POST"])
def change_password(request: StaffRequest) -> HttpResponse:
    """A new password under the old one; every other device is signed out by it."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if password_of(request, request.user.username, form.cleaned_data["password"]) is None:
            form.add_error("password", _("The password is wrong."))
        else:
            try:
                services.change_password(
                    request, user=request.user, password=form.cleaned_data["new_password"]
                )
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("The password is changed; every other device is signed out."))
                return redirect("signin:account")
    return render(request, "emr/signin/password.html", {"form": form}, status=422 if form.errors else 200)


@public
@never_cache
@sensitive_post_parameters("code", "new_password")
@require_http_methods(["GET", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """The code that two administrators have given brings the account back, once (S-21)."""
    form = RecoveryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        recovery = services.recovery_for(form.cleaned_data["username"], form.cleaned_data["code"])
        new_password = form.cleaned_data["new_password"]
        if recovery is None:
            form.add_error("code", _("The name or the code does not fit, or the code is over."))
        elif recovery.kind == Recovery.Kind.PASSWORD and not new_password:
            form.add_error("new_password", _("Type the new password."))
        else:
            try:
                services.use_recovery(recovery=recovery, new_password=new_password)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("Done. Sign in now."))
                return redirect("signin:sign_in")
    return render(request, "emr/signin/recover.html", {"form": form}, status=422 if form.errors else 200)
