"""The staff's signing keys, for who looks after them: no PIN, no patient, no document."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from signatures.certificates import trustlist
from signatures.certificates.models import Certificate
from signatures.certificates.services import set_status
from signatures.providers import permissions
from signatures.providers.access import access_key
from signatures.providers.forms import AllowResetForm, DestroyForm, RevokeForm, UnlockForm
from signatures.providers.house import name_of, price_of
from signatures.providers.models import Credential
from signatures.providers.selectors import STATES, find_keys
from signatures.providers.services import allow_reset, destroy_key, unlock_pin

_PER_PAGE = 50
_STATE_NAMES = {
    "all": gettext_lazy("All"),
    "locked": gettext_lazy("PIN locked"),
    "expiring": gettext_lazy("Expire within 60 days"),
    "expired": gettext_lazy("Expired"),
    "revoked": gettext_lazy("Revoked"),
}


@requires(permissions.MANAGE)
@require_GET
def keys(request: StaffRequest) -> HttpResponse:
    """Every key of the facility, by name and state."""
    text, state = request.GET.get("q", "").strip()[:100], request.GET.get("state", "all")
    state = state if state in STATES else "all"
    found = find_keys(request.user, text=text, state=state)
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    record("signing_key.list", by=request.user, detail={"count": page.paginator.count, "state": state})
    context = {
        "page": page,
        "query": text,
        "state": state,
        "states": [(key, name, key == state) for key, name in _STATE_NAMES.items()],
        "authorities": trustlist.listed(),
    }
    return render(request, "signatures/providers/keys.html", context)


@requires(permissions.MANAGE)
@require_GET
def key(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """One key, and what can be done about it."""
    credential = access_key(request.user, key_uuid)
    record("signing_key.read", by=request.user, of=credential)
    return _page(request, credential)


def _page(request: StaffRequest, credential: Credential, **refused: Form) -> HttpResponse:
    """The page, with the form that was refused instead of an empty one."""
    forms: dict[str, Form] = {
        "unlock_form": UnlockForm(),
        "revoke_form": RevokeForm(),
        "reset_form": AllowResetForm(),
        "destroy_form": DestroyForm(),
    }
    context = {
        "key": credential,
        "certificate": credential.certificate,
        "kept_by": name_of(credential.service),
        "price": price_of(credential.service, credential.provider),
        **(forms | refused),
    }
    status = 422 if refused else 200
    return render(request, "signatures/providers/key.html", context, status=status)


@requires(permissions.MANAGE)
@require_POST
def unlock(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """Let the owner try the PIN again."""
    credential = access_key(request.user, key_uuid)
    form = UnlockForm(request.POST)
    if form.is_valid():
        try:
            unlock_pin(credential=credential, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The PIN is unlocked; its owner can try again."))
            return redirect("signatures:providers:key", key_uuid)
    return _page(request, credential, unlock_form=form)


@requires(permissions.MANAGE)
@require_POST
def revoke(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """Nothing more is signed with this certificate."""
    credential = access_key(request.user, key_uuid)
    form = RevokeForm(request.POST)
    if form.is_valid():
        try:
            set_status(
                certificate=credential.certificate,
                status=Certificate.Status.REVOKED,
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The certificate is revoked."))
            return redirect("signatures:providers:key", key_uuid)
    return _page(request, credential, revoke_form=form)


@requires(permissions.MANAGE)
@fresh(RECENT_MINUTES)
@require_POST
def allow_new_pin(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """Let the owner choose a new PIN without the old one."""
    credential = access_key(request.user, key_uuid)
    form = AllowResetForm(request.POST)
    if form.is_valid():
        try:
            allow_reset(credential=credential, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Its owner may choose a new PIN within a day, and was told."))
            return redirect("signatures:providers:key", key_uuid)
    return _page(request, credential, reset_form=form)


@requires(permissions.MANAGE)
@fresh(RECENT_MINUTES)
@require_POST
def destroy(request: StaffRequest, key_uuid: UUID) -> HttpResponse:
    """Remove the private key for good."""
    credential = access_key(request.user, key_uuid)
    form = DestroyForm(request.POST)
    if form.is_valid():
        try:
            destroy_key(credential=credential, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The key is destroyed."))
            return redirect("signatures:providers:key", key_uuid)
    return _page(request, credential, destroy_form=form)
