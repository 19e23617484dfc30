"""One's own key: its certificate, a new key file, a new PIN."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from signatures.certificates.selectors import last_certificate_of
from signatures.providers.services import change_pin, import_key
from signatures.signing import permissions
from signatures.signing.forms import KeyFileForm, PinChangeForm
from signatures.signing.views.rounds import end_round


def _page(
    request: StaffRequest,
    *,
    key_form: KeyFileForm | None = None,
    pin_form: PinChangeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "certificate": last_certificate_of(request.user),
        "key_form": key_form or KeyFileForm(),
        "pin_form": pin_form or PinChangeForm(),
    }
    return render(request, "signatures/signing/key.html", context, status=status)


@requires(permissions.SIGN)
@require_GET
def key(request: StaffRequest) -> HttpResponse:
    """My signing certificate."""
    return _page(request)


@sensitive_variables("form")
@sensitive_post_parameters("passphrase", "new_pin", "repeated")
@requires(permissions.SIGN)
@require_POST
def take_key(request: StaffRequest) -> HttpResponse:
    """Take in a key file."""
    form = KeyFileForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            import_key(
                blob=given["file"].read(),
                passphrase=given["passphrase"],
                new_pin=given["new_pin"],
                owner=request.user,
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Your key was taken in. Sign with the new PIN from now on."))
            return redirect("signatures:signing:key")
    return _page(request, key_form=form, status=422)


@sensitive_variables("form")
@sensitive_post_parameters("pin", "new_pin", "repeated")
@requires(permissions.SIGN)
@require_POST
def new_pin(request: StaffRequest) -> HttpResponse:
    """Change the PIN."""
    form = PinChangeForm(request.POST)
    if form.is_valid():
        try:
            change_pin(owner=request.user, pin=form.cleaned_data["pin"], new_pin=form.cleaned_data["new_pin"])
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            end_round(request)
            messages.success(request, _("The PIN was changed."))
            return redirect("signatures:signing:key")
    return _page(request, pin_form=form, status=422)
