"""A key that stays where it is, in a token or at a remote authority, becomes somebody's key here."""

import datetime as dt
import hashlib
import secrets

from cryptography import x509
from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.checks import check_period, check_person, check_purpose
from signatures.certificates.models import Certificate
from signatures.certificates.services import register_certificate
from signatures.providers import house
from signatures.providers.base import (
    Found,
    KeyRefused,
    Pin,
    PinLocked,
    ProviderDown,
    Typed,
    Unsupported,
    WrongCode,
    WrongPin,
    provider,
)
from signatures.providers.models import Credential
from signatures.providers.services.keeping import keep_passphrase
from signatures.providers.services.opening import KeyTrouble, unlocked

# Wrong PINs and names that a person may try in an hour: nobody finds out another's PIN, or locks a token, by enrolling.
_TRIES, _WITHIN = 5, dt.timedelta(hours=1)


def enrol_key(*, service: str, account: str, pin: Pin | None, owner: User, by: User) -> Credential:
    """Take on the owner's newest usable key there. `account` is a token's label, or the user's name at the authority.

    The certificate must name this person, be valid now, be meant for signing, and lead to a trusted authority; each
    refusal says which of these failed. A key in a token signs something once, to prove that it is the certificate's.
    Raises DomainError; a refusal is on record and counted, so let the transaction commit.
    """
    kept_by = service_of(service, owner.facility)
    _refuse_tries(kept_by, account, owner)
    try:
        with transaction.atomic():
            return _enrol(kept_by, account, pin, owner=owner, by=by)
    except DomainError as refusal:
        detail = {"service": service, "account": account, "reason": refusal.code}
        record("signing_key.enrol", by=by, of=owner, outcome="denied", detail=detail)
        raise


def _refuse_tries(kept_by: house.KeyService, account: str, owner: User) -> None:
    """A token that is somebody's here already isn't tried by another, and nobody tries for long."""
    others = Credential.objects.filter(
        service=kept_by.code, reference__token=account, destroyed_at=None
    ).exclude(certificate__owner=owner)
    tried = AuditEvent.objects.filter(
        action="signing_key.enrol", outcome="denied", agent_id=owner.pk, recorded_at__gt=now() - _WITHIN
    )
    if others.exists():
        raise KeyTrouble(
            _("%(service)s has no signing key under this name.") % {"service": kept_by.name},
            code="nothing_found",
            field="account",
        )
    if tried.count() >= _TRIES:
        raise KeyTrouble(_("Too many tries. Try again in an hour."), code="too_many_tries")


def _enrol(kept_by: house.KeyService, account: str, pin: Pin | None, *, owner: User, by: User) -> Credential:
    found = choose(_find(kept_by, account, pin), owner)
    certificate = register_certificate(
        certificate=found.certificate,
        issuers=with_known_issuers(found),
        owner=owner,
        facility=owner.facility,
        by=by,
    )
    credential = Credential.objects.create(
        facility_id=owner.facility_id, certificate=certificate, **place_of(kept_by, found)
    )
    if kept_by.kind == "pkcs11":
        digest = hashlib.sha256(secrets.token_bytes(32)).digest()
        try:
            with unlocked(certificate, pin) as key:
                key.sign_digests([digest])
        except ProviderDown:
            raise _away() from None
    detail = {"service": kept_by.code, "provider": credential.provider}
    record("signing_key.enrol", by=by, of=credential, detail=detail)
    return credential


@transaction.atomic
def take_seal(*, service: str, account: str, pin: Pin, facility: Organization) -> Credential:
    """Take on the facility's seal out of a token. Its PIN is kept sealed: a rule uses it, nobody types it."""
    kept_by = service_of(service, facility)
    keys = _find(kept_by, account, pin)
    if kept_by.kind != "pkcs11" or len(keys) != 1:
        raise DomainError(_("The seal needs a token that holds one certificate with its key."), code="seal")
    (found,) = keys
    certificate = register_certificate(
        certificate=found.certificate,
        issuers=with_known_issuers(found),
        owner=None,
        facility=facility,
        by=None,
    )
    credential = Credential(facility=facility, certificate=certificate, **place_of(kept_by, found))
    keep_passphrase(credential, pin)
    credential.save()
    record("signing_key.enrol", of=credential, detail={"service": service, "provider": credential.provider})
    return credential


def with_known_issuers(found: Found) -> list[x509.Certificate]:
    """What came along, and what is known of the same authority: tokens often hold the person's certificate alone."""
    name = found.certificate.issuer.rfc4514_string()[:400]
    known = Certificate.objects.filter(issuer=name).exclude(chain_pem="").order_by("-pk").first()
    return [*found.issuers, *(known.chain if known is not None else [])]


def service_of(code: str, facility: Organization, *, kind: str = "") -> house.KeyService:
    """The section of this code (and kind) whose keys this facility's people may have. Raises DomainError."""
    for one in house.services_of(facility.code):
        if one.code == code and kind in {"", one.kind}:
            return one
    raise DomainError(_("Choose where your key is kept."), code="no_service", field="service")


def place_of(service: house.KeyService, found: Found) -> dict[str, object]:
    """A Credential's fields that say where its key is and what it asks for."""
    return {
        "provider": service.kind,
        "service": service.code,
        "reference": found.reference,
        "asks_pin": found.asks_pin,
        "asks_code": found.asks_code,
        "sends_code": found.sends_code,
        "batch_limit": found.batch_limit,
    }


def _find(service: house.KeyService, account: str, pin: Pin | None) -> list[Found]:
    """What is kept there; every way to fail in words."""
    try:
        keys = provider(service.kind).find(service.code, account=account, typed=Typed(pin))
    except WrongPin:
        raise KeyTrouble(
            _("The PIN doesn't open this token. Careful: the token locks itself after a few wrong PINs."),
            code="wrong_pin",
            field="pin",
        ) from None
    except PinLocked:
        raise KeyTrouble(
            _(
                "The token or the authority has locked your PIN. It must be unlocked there; ask the administrator."
            ),
            code="pin_locked_there",
        ) from None
    except (KeyRefused, Unsupported, WrongCode) as refusal:
        reason = refusal.reason if isinstance(refusal, KeyRefused) else type(refusal).__name__
        raise KeyTrouble(
            _("%(service)s refused (%(reason)s).") % {"service": service.name, "reason": reason[:60]},
            code="key_refused",
        ) from None
    except ProviderDown:
        raise _away() from None
    if not keys:
        raise KeyTrouble(
            _("%(service)s has no signing key under this name.") % {"service": service.name},
            code="nothing_found",
            field="account",
        )
    return keys


def choose(keys: list[Found], owner: User) -> Found:
    """The newest that this person may sign with; without one, why not the newest of them."""
    newest_first = sorted(keys, key=lambda one: one.certificate.not_valid_before_utc, reverse=True)
    problems: list[DomainError] = []
    for one in newest_first:
        try:
            check_person(one.certificate, owner)
            check_period(one.certificate, at=now())
            check_purpose(one.certificate)
        except DomainError as refusal:
            problems.append(refusal)
        else:
            return one
    raise problems[0]


def _away() -> KeyTrouble:
    return KeyTrouble(_("The keeper of the key can't be reached; try again later."), code="provider_down")
