"""WebAuthn: registering keys and checking what they sign. Challenges are used once, for the purpose they were made for."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import Passkey

_VERIFIED = UserVerificationRequirement.REQUIRED


def _server(request: HttpRequest) -> Fido2Server:
    host = request.get_host()
    origin = f"{request.scheme}://{host}"
    party = PublicKeyCredentialRpEntity(id=host.rsplit(":", 1)[0], name="Bệnh án mở")
    return Fido2Server(party, verify_origin=lambda said: said == origin)


def _keep(request: HttpRequest, purpose: str, state: dict[str, Any]) -> None:
    request.session[f"passkey:{purpose}"] = {
        key: str(value) for key, value in state.items() if value is not None
    }


def _take(request: HttpRequest, purpose: str) -> dict[str, Any]:
    state = request.session.pop(f"passkey:{purpose}", None)
    if state is None:
        raise DomainError(
            _("Begin again: this request was answered already, or was never made."), code="stale"
        )
    return {"user_verification": None, **state}


def begin_registration(request: HttpRequest, *, user: User) -> dict[str, Any]:
    """What the browser needs to make a key for the person."""
    present = [AttestedCredentialData(bytes(key.credential)) for key in Passkey.objects.filter(user=user)]
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(id=user.uuid.bytes, name=user.username, display_name=user.full_name),
        present,
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=_VERIFIED,
    )
    _keep(request, "register", state)
    return dict(options)


@transaction.atomic
def complete_registration(request: HttpRequest, *, user: User, answer: dict[str, Any], name: str) -> Passkey:
    """Take the new key in."""
    state = _take(request, "register")
    try:
        made = _server(request).register_complete(state, answer)
    except (ValueError, KeyError, TypeError) as error:
        raise DomainError(_("The key's answer could not be checked. Try again."), code="bad_key") from error
    credential = made.credential_data
    if credential is None:
        raise DomainError(_("The key's answer could not be checked. Try again."), code="bad_key")
    key = Passkey.objects.create(
        user=user,
        name=name.strip()[:60] or _("Security key"),
        credential_id=credential.credential_id,
        credential=bytes(credential),
        sign_count=made.counter,
    )
    record("second_factor.add", by=user, of=key, detail={"kind": "passkey"})
    return key


def begin_check(request: HttpRequest, *, purpose: str, user: User | None) -> dict[str, Any]:
    """What the browser needs to have a key sign: one of the person's, or, without a person, any that knows whose it is."""
    mine = Passkey.objects.filter(user=user) if user is not None else ()
    known = [AttestedCredentialData(bytes(key.credential)) for key in mine]
    options, state = _server(request).authenticate_begin(known or None, user_verification=_VERIFIED)
    _keep(request, purpose, state)
    return dict(options)


@transaction.atomic
def complete_check(request: HttpRequest, *, purpose: str, user: User | None, answer: dict[str, Any]) -> User:
    """Whose key has signed. Refuses another's, a copy (its counter runs backwards), and an answer given before."""
    state = _take(request, purpose)
    refusal = DomainError(_("The key does not fit."), code="wrong_key")
    try:
        given = AuthenticationResponse.from_dict(answer)
        keys = Passkey.objects.select_for_update(of=("self",)).select_related("user")
        key = keys.filter(credential_id=given.raw_id, user__is_active=True).first()
        if key is None or (user is not None and key.user_id != user.pk):
            raise refusal
        _server(request).authenticate_complete(state, [AttestedCredentialData(bytes(key.credential))], answer)
        count = given.response.authenticator_data.counter
    except (ValueError, KeyError, TypeError) as error:
        raise refusal from error
    if count and count <= key.sign_count:
        record("second_factor.refuse", by=key.user, of=key, outcome="denied", detail={"reason": "counter"})
        raise refusal
    key.sign_count, key.used_at = count, now()
    key.save(update_fields=["sign_count", "used_at"])
    return key.user


@transaction.atomic
def remove_passkey(*, key: Passkey, by: User) -> None:
    """The key opens nothing any more."""
    record("second_factor.remove", by=by, of=key, detail={"kind": "passkey"})
    key.delete()
