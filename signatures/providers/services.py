"""Keys: taken in, opened under the person's PIN with a limit on guesses, moved to a new PIN, thrown away."""

import contextlib
import datetime as dt
import itertools
import secrets
from collections.abc import Iterator

from cryptography import x509
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of, seal_of
from signatures.certificates.services import demo_authority, register_certificate
from signatures.providers import vault
from signatures.providers.base import Pin, ProviderDown, UnlockedKey, WrongPin, provider
from signatures.providers.models import Credential
from signatures.providers.pkcs12 import PrivateKey, make_blob, open_blob

PIN_MINIMUM = 6
# From this many wrong PINs in a row on, each costs a longer pause; at Credential.GUESS_LIMIT it is blocked (S-21).
_FREE_GUESSES = 3


class PinRefused(DomainError):
    """The PIN was wrong or may not be tried now. Raised outside any savepoint, so that the counter is kept."""


@contextlib.contextmanager
def unlocked(certificate: Certificate, pin: Pin) -> Iterator[UnlockedKey]:
    """The certificate's key, open for the length of the block; once for as many signatures as it takes.

    A wrong PIN is counted in the present transaction: the caller must let it commit (answer 422, don't raise on).
    The row is locked, so that guesses at one key come one after another. Raises PinRefused, ProviderDown.
    """
    credential = Credential.objects.select_for_update().filter(certificate=certificate).first()
    if credential is None:
        raise ProviderDown("the certificate has no key here")
    _refuse_while_locked(credential)
    certificate.credential = credential
    try:
        opened = provider(credential.provider).unlock(certificate, pin)
        key = opened.__enter__()
    except WrongPin:
        raise _count_wrong_pin(credential) from None
    try:
        credential.wrong_pins, credential.locked_until, credential.used_at = 0, None, now()
        credential.save(update_fields=["wrong_pins", "locked_until", "used_at"])
        yield key
    finally:
        opened.__exit__(None, None, None)


def _refuse_while_locked(credential: Credential) -> None:
    if credential.is_blocked:
        raise PinRefused(
            _("The PIN is blocked after too many wrong tries. Ask the administrator to unlock it."),
            code="pin_blocked",
        )
    if credential.is_paused and credential.locked_until is not None:
        raise PinRefused(
            _("Too many wrong PINs. Try again at %(time)s.")
            % {"time": timezone.localtime(credential.locked_until).strftime("%H:%M:%S")},
            code="pin_paused",
        )


def _count_wrong_pin(credential: Credential) -> PinRefused:
    credential.wrong_pins += 1
    excess = credential.wrong_pins - _FREE_GUESSES
    if excess >= 0:
        credential.locked_until = now() + dt.timedelta(seconds=30 * 2**excess)
    credential.save(update_fields=["wrong_pins", "locked_until"])
    owner = credential.certificate.owner
    record(
        "pin.refuse", by=owner, of=credential, outcome="denied", detail={"in_a_row": credential.wrong_pins}
    )
    left = Credential.GUESS_LIMIT - credential.wrong_pins
    if left <= 0:
        return PinRefused(
            _("The PIN is blocked after too many wrong tries. Ask the administrator to unlock it."),
            code="pin_blocked",
        )
    text = ngettext("Wrong PIN. %(left)d try is left.", "Wrong PIN. %(left)d tries are left.", left)
    return PinRefused(text % {"left": left}, code="wrong_pin", field="pin")


def check_new_pin(pin: str) -> None:
    """Raise DomainError for a PIN too short or too easily guessed."""
    if len(pin) < PIN_MINIMUM:
        raise DomainError(
            _("The PIN needs at least %(count)d characters.") % {"count": PIN_MINIMUM},
            code="pin_short",
            field="new_pin",
        )
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise DomainError(
            _("Choose a PIN that isn't a row of equal or consecutive digits."),
            code="pin_easy",
            field="new_pin",
        )


def _keep(
    *,
    certificate: Certificate,
    key: PrivateKey,
    pin: Pin,
    by_rule: bool = False,
    credential: Credential | None = None,
) -> Credential:
    row = credential or Credential(facility_id=certificate.facility_id, certificate=certificate)
    row.sealed_key, row.sealed_by = vault.seal(make_blob(key, certificate.parsed, pin), row=str(row.uuid))
    if by_rule:
        row.sealed_passphrase, _fingerprint = vault.seal(pin.reveal(), row=_passphrase_of(row))
    row.wrong_pins, row.locked_until = 0, None
    row.save()
    return row


def _passphrase_of(credential: Credential) -> str:
    return f"{credential.uuid}/passphrase"


@transaction.atomic
def import_key(*, blob: bytes, passphrase: Pin, new_pin: Pin, owner: User, by: User) -> Credential:
    """Take in a PKCS #12 file that an authority gave to the person; from now on it opens with the new PIN."""
    check_new_pin(new_pin.reveal().decode())
    try:
        key, certificate, issuers = open_blob(blob, passphrase)
    except WrongPin:
        raise DomainError(
            _("The file can't be opened: it isn't a PKCS #12 file, or its password is another one."),
            code="bad_key_file",
            field="file",
        ) from None
    row = register_certificate(
        certificate=certificate, issuers=issuers, owner=owner, facility=owner.facility, by=by
    )
    credential = _keep(certificate=row, key=key, pin=new_pin)
    record("signing_key.import", by=by, of=credential)
    return credential


def change_pin(*, owner: User, pin: Pin, new_pin: Pin) -> None:
    """Move the person's key to a new PIN. Raises PinRefused for a wrong old one (let the transaction commit)."""
    check_new_pin(new_pin.reveal().decode())
    certificate = certificate_of(owner)
    if certificate is None:
        raise DomainError(_("You have no signing certificate."), code="no_certificate")
    with unlocked(certificate, pin):
        credential = certificate.credential
        blob = vault.unseal(
            bytes(credential.sealed_key), row=str(credential.uuid), sealed_by=credential.sealed_by
        )
        _keep(certificate=certificate, key=open_blob(blob, pin)[0], pin=new_pin, credential=credential)
        record("pin.change", by=owner, of=credential)


@transaction.atomic
def unlock_pin(*, credential: Credential, reason: str, by: User) -> Credential:
    """Take the counter of wrong PINs back; the PIN stays. Nobody unlocks their own key."""
    row = (
        Credential.objects.select_for_update(of=("self",)).select_related("certificate").get(pk=credential.pk)
    )
    if row.certificate.owner_id == by.pk:
        raise DomainError(_("Ask another administrator to unlock your own key."), code="own_key")
    detail = {"in_a_row": row.wrong_pins, "reason": reason}
    row.wrong_pins, row.locked_until = 0, None
    row.save(update_fields=["wrong_pins", "locked_until"])
    record("pin.unlock", by=by, of=row, detail=detail)
    return row


@transaction.atomic
def issue_demo_key(*, owner: User, pin: str) -> Credential:
    """A key and a certificate of the demo authority for a person; the one there already, when there is one."""
    present = certificate_of(owner)
    if present is not None and hasattr(present, "credential"):
        return present.credential
    trial = demo_authority()
    issued = authority.issue(
        trial,
        common_name=owner.full_name,
        identifier=owner.staff_code,
        title=owner.title,
        organization=owner.facility.name,
        today=now(),
    )
    row = register_certificate(
        certificate=issued.certificate, issuers=[trial.issuing], owner=owner, facility=owner.facility, by=None
    )
    return _keep(certificate=row, key=issued.key, pin=Pin(pin))


@transaction.atomic
def issue_demo_seal(*, facility: Organization) -> Credential:
    """The facility's seal of the demo authority; the one there already, when there is one."""
    present = seal_of(facility)
    if present is not None and hasattr(present, "credential"):
        return present.credential
    trial = demo_authority()
    issued = authority.issue(
        trial, common_name=facility.name, identifier=facility.code, organization=facility.name, today=now()
    )
    return keep_seal(
        key=issued.key, certificate=issued.certificate, issuers=[trial.issuing], facility=facility, by=None
    )


@transaction.atomic
def keep_seal(
    *,
    key: PrivateKey,
    certificate: x509.Certificate,
    issuers: list[x509.Certificate],
    facility: Organization,
    by: User | None,
) -> Credential:
    """Take in the facility's seal. No person's PIN opens it: rules use it through the signing service alone."""
    row = register_certificate(certificate=certificate, issuers=issuers, owner=None, facility=facility, by=by)
    return _keep(certificate=row, key=key, pin=Pin(secrets.token_urlsafe(32)), by_rule=True)


@contextlib.contextmanager
def unlocked_seal(certificate: Certificate) -> Iterator[UnlockedKey]:
    """The facility's seal, open for the length of the block. Raises ProviderDown."""
    credential = Credential.objects.filter(certificate=certificate).first()
    if credential is None or credential.sealed_passphrase is None:
        raise ProviderDown("the certificate is no seal with a key here")
    certificate.credential = credential
    passphrase = vault.unseal(
        bytes(credential.sealed_passphrase), row=_passphrase_of(credential), sealed_by=credential.sealed_by
    )
    with provider(credential.provider).unlock(certificate, Pin(passphrase.decode())) as key:
        yield key


@transaction.atomic
def reseal_keys() -> int:
    """After `EMR_FILE_KEY` got a new first key: seal every blob under it. Returns how many."""
    count = 0
    for credential in Credential.objects.select_for_update().exclude(sealed_by=vault.current()):
        old, name = credential.sealed_by, str(credential.uuid)
        if credential.sealed_passphrase is not None:
            passphrase = vault.unseal(
                bytes(credential.sealed_passphrase), row=_passphrase_of(credential), sealed_by=old
            )
            credential.sealed_passphrase, _fingerprint = vault.seal(
                passphrase, row=_passphrase_of(credential)
            )
        blob = vault.unseal(bytes(credential.sealed_key), row=name, sealed_by=old)
        credential.sealed_key, credential.sealed_by = vault.seal(blob, row=name)
        credential.save(update_fields=["sealed_key", "sealed_passphrase", "sealed_by"])
        count += 1
    return count
