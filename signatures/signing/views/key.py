"""One's own key: its certificate, a new key file, a new PIN."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from emr.accounts.access import requires
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from signatures.certificates.selectors import last_certificate_of
from signatures.providers.agent import AgentProvider
from signatures.providers.house import name_of, price_of, services_of
from signatures.providers.selectors import key_of
from signatures.providers.services import change_pin, enrol_key, import_key, reset_pin
from signatures.signing import permissions
from signatures.signing.forms import EnrolForm, KeyFileForm, PinChangeForm, ResetForm
from signatures.signing.views.rounds import end_round

# Kinds whose PIN is changed from here; a remote authority has its own page for it.
_PIN_HERE = {"pkcs12", "pkcs11"}


def key_page(
    request: StaffRequest,
    *,
    key_form: KeyFileForm | None = None,
    pin_form: PinChangeForm | None = None,
    enrol_form: EnrolForm | None = None,
    agent_problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of one's own key, with the form that was refused instead of an empty one."""
    key, choices = key_of(request.user), _choices(request)
    context = {
        "certificate": last_certificate_of(request.user),
        "key": key,
        "kept_by": name_of(key.service) if key is not None else "",
        "price": price_of(key.service, key.provider) if key is not None else 0,
        "changes_pin": key is None or key.provider in _PIN_HERE,
        "key_form": key_form or KeyFileForm(),
        "pin_form": pin_form or PinChangeForm(),
        "has_agent": bool(agent_service(request)),
        "agent_problem": agent_problem,
        "enrol_form": enrol_form or (EnrolForm(services=choices) if choices else None),
    }
    return render(request, "signatures/signing/key.html", context, status=status)


def _choices(request: StaffRequest) -> list[tuple[str, str]]:
    """Where this person may have a key besides a key file."""
    found = services_of(request.user.facility.code)
    return [(one.code, one.name) for one in found if one.kind != AgentProvider.code]


def agent_service(request: StaffRequest) -> str:
    """The section for USB tokens at the wards' PCs; "" where this facility has none."""
    found = services_of(request.user.facility.code)
    return next((one.code for one in found if one.kind == AgentProvider.code), "")


@requires(permissions.SIGN)
@require_GET
def key(request: StaffRequest) -> HttpResponse:
    """My signing certificate."""
    return key_page(request)


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
    return key_page(request, key_form=form, status=422)


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
    return key_page(request, pin_form=form, status=422)


@sensitive_variables("form", "given")
@sensitive_post_parameters("enrol-pin")
@requires(permissions.SIGN)
@require_POST
def enrol(request: StaffRequest) -> HttpResponse:
    """Take on a key in a token or at a remote authority."""
    form = EnrolForm(request.POST, services=_choices(request))
    if form.is_valid():
        given = form.cleaned_data
        try:
            credential = enrol_key(
                service=given["service"],
                account=given["account"].strip(),
                pin=given["pin"],
                owner=request.user,
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            end_round(request)
            kept_by = name_of(credential.service)
            messages.success(request, _("You sign with your key at %(service)s now.") % {"service": kept_by})
            return redirect("signatures:signing:key")
    return key_page(request, enrol_form=form, status=422)


@sensitive_variables("form", "given")
@sensitive_post_parameters("passphrase", "new_pin", "repeated")
@requires(permissions.SIGN)
@fresh(RECENT_MINUTES)
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_pin(request: StaffRequest) -> HttpResponse:
    """Choose a new PIN without the old one, after an administrator has allowed it."""
    key = key_of(request.user)
    needs_file = key is None or key.provider == "pkcs12"
    form = ResetForm(request.POST or None, request.FILES or None, needs_file=needs_file)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            reset_pin(
                owner=request.user,
                new_pin=given["new_pin"],
                blob=given["file"].read() if needs_file else b"",
                passphrase=given.get("passphrase"),
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            end_round(request)
            messages.success(request, _("The PIN was changed."))
            return redirect("signatures:signing:key")
    context = {"form": form, "key": key}
    status = 422 if request.method == "POST" else 200
    return render(request, "signatures/signing/forgotten.html", context, status=status)
