"""Keys: taken in, moved to a new PIN, given a new one when it is forgotten, thrown away."""

import datetime as dt
import itertools
import secrets

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of, seal_of
from signatures.certificates.services import demo_authority, register_certificate, set_status
from signatures.providers import telling, vault
from signatures.providers.base import (
    KeyRefused,
    Pin,
    PinLocked,
    PinUnfit,
    ProviderDown,
    Unsupported,
    WrongPin,
    provider,
)
from signatures.providers.models import Credential
from signatures.providers.pkcs12 import PrivateKey, open_blob, seal_key
from signatures.providers.services.opening import KeyTrouble, passphrase_of, unlocked

PIN_MINIMUM = 6
# How long the owner has to choose a new PIN after somebody else has allowed it.
RESET_HOURS = 24


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


def _keep(*, certificate: Certificate, key: PrivateKey, pin: Pin, by_rule: bool = False) -> Credential:
    row = Credential(facility_id=certificate.facility_id, certificate=certificate)
    seal_key(row, key, certificate.parsed, pin)
    if by_rule:
        keep_passphrase(row, pin)
    row.save()
    return row


def keep_passphrase(row: Credential, pin: Pin) -> None:
    """Put what opens the seal into its row, sealed by the instance's key; the caller saves it."""
    row.sealed_passphrase, row.sealed_by = vault.seal(pin.reveal(), row=passphrase_of(row))


@transaction.atomic
def import_key(*, blob: bytes, passphrase: Pin, new_pin: Pin, owner: User, by: User) -> Credential:
    """Take in a PKCS #12 file that an authority gave to the person; from now on it opens with the new PIN."""
    check_new_pin(new_pin.reveal().decode())
    key, certificate, issuers = _opened_file(blob, passphrase)
    row = register_certificate(
        certificate=certificate, issuers=issuers, owner=owner, facility=owner.facility, by=by
    )
    credential = _keep(certificate=row, key=key, pin=new_pin)
    record("signing_key.import", by=by, of=credential)
    return credential


def _opened_file(blob: bytes, passphrase: Pin) -> tuple[PrivateKey, x509.Certificate, list[x509.Certificate]]:
    try:
        return open_blob(blob, passphrase)
    except WrongPin:
        raise DomainError(
            _("The file can't be opened: it isn't a PKCS #12 file, or its password is another one."),
            code="bad_key_file",
            field="file",
        ) from None


def change_pin(*, owner: User, pin: Pin, new_pin: Pin) -> None:
    """Move the person's key to a new PIN, wherever it is kept.

    Raises PinRefused for a wrong old one (let the transaction commit), KeyTrouble where it can't be done from here.
    """
    check_new_pin(new_pin.reveal().decode())
    certificate = certificate_of(owner)
    if certificate is None:
        raise DomainError(_("You have no signing certificate."), code="no_certificate")
    try:
        _move_pin(certificate, pin, new_pin)
    except ProviderDown:
        raise _away() from None
    record("pin.change", by=owner, of=certificate.credential)


def _move_pin(certificate: Certificate, pin: Pin, new_pin: Pin) -> None:
    row = Credential.objects.filter(certificate=certificate).first()
    if row is not None and not _changes_here(row):
        raise _elsewhere()
    # The old PIN is tried as for a signature: counted, paused, blocked.
    with unlocked(certificate, pin):
        pass
    credential = certificate.credential
    try:
        provider(credential.provider).change_pin(credential, pin, new_pin)
    except PinUnfit:
        raise _unfit() from None
    except Unsupported:
        raise _elsewhere() from None
    except (WrongPin, PinLocked) as refusal:
        raise ProviderDown(type(refusal).__name__) from None
    credential.reset_until, credential.reset_allowed_by = None, None
    credential.save()


def _changes_here(credential: Credential) -> bool:
    """A remote authority isn't asked to sign nothing, only to learn whether the PIN is right."""
    return credential.provider in {"pkcs12", "pkcs11"}


def _away() -> KeyTrouble:
    return KeyTrouble(_("The keeper of the key can't be reached; try again later."), code="provider_down")


def _unfit() -> KeyTrouble:
    return KeyTrouble(
        _("The token doesn't take this PIN: it is too short, too long, or has characters it doesn't know."),
        code="pin_unfit",
        field="new_pin",
    )


def _elsewhere() -> KeyTrouble:
    return KeyTrouble(
        _("This is done at the authority that keeps the key, on its own page."), code="done_elsewhere"
    )


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
def allow_reset(*, credential: Credential, reason: str, by: User) -> Credential:
    """Let the owner, who has forgotten the PIN, choose a new one within a day. Nobody allows it to themselves.

    It takes two: whoever looks after keys never learns the new PIN, and the owner can't do it alone.
    """
    row = _locked(credential)
    if row.certificate.owner_id is None:
        raise DomainError(_("The facility's seal has no PIN of a person."), code="seal")
    if row.certificate.owner_id == by.pk:
        raise DomainError(_("Ask another administrator to allow it for your own key."), code="own_key")
    if row.destroyed_at is not None or row.certificate.status == Certificate.Status.REVOKED:
        raise DomainError(_("Nothing more can be signed with this key."), code="key_gone")
    if not _changes_here(row):
        raise _elsewhere()
    row.reset_until = now() + dt.timedelta(hours=RESET_HOURS)
    row.reset_allowed_by = by
    row.save(update_fields=["reset_until", "reset_allowed_by"])
    record("pin.allow_reset", by=by, of=row, detail={"reason": reason})
    telling.tell_of_reset(credential=row, by=by)
    return row


@transaction.atomic
def reset_pin(*, owner: User, new_pin: Pin, blob: bytes = b"", passphrase: Pin | None = None) -> None:
    """The owner chooses a new PIN without the old one, after somebody else has allowed it.

    A software key opens by its PIN alone, so its file is needed again, under the authority's password; a token's PIN is
    set by its security officer. Raises DomainError.
    """
    check_new_pin(new_pin.reveal().decode())
    certificate = certificate_of(owner)
    found = Credential.objects.filter(certificate=certificate).first() if certificate is not None else None
    if found is None:
        raise DomainError(_("You have no signing certificate."), code="no_certificate")
    row = _locked(found)
    if not row.may_be_reset:
        raise DomainError(
            _("Ask the administrator to allow a new PIN first; it then counts for a day."), code="not_allowed"
        )
    if row.provider == "pkcs12":
        _seal_again(row, blob, passphrase, new_pin)
    else:
        _have_it_set(row, new_pin)
    allowed_by = row.reset_allowed_by_id
    row.wrong_pins, row.locked_until = 0, None
    row.reset_until, row.reset_allowed_by = None, None
    row.save()
    record("pin.reset", by=owner, of=row, detail={"allowed_by": allowed_by})


def _seal_again(row: Credential, blob: bytes, passphrase: Pin | None, new_pin: Pin) -> None:
    key, certificate, _issuers = _opened_file(blob, passphrase or Pin(""))
    if certificate.fingerprint(hashes.SHA256()).hex() != row.certificate.fingerprint:
        raise DomainError(
            _("This file holds another certificate than the one you sign with."),
            code="another_key",
            field="file",
        )
    seal_key(row, key, certificate, new_pin)


def _have_it_set(row: Credential, new_pin: Pin) -> None:
    try:
        provider(row.provider).reset_pin(row, new_pin)
    except PinUnfit:
        raise _unfit() from None
    except Unsupported:
        raise DomainError(
            _("The PIN of this token can only be set by who runs the HSM."), code="officer_needed"
        ) from None
    except ProviderDown:
        raise _away() from None


@transaction.atomic
def destroy_key(*, credential: Credential, reason: str, by: User) -> Credential:
    """Remove the private key for good; its certificate is revoked with it. What was signed stays verifiable.

    A software key goes out of the table (copies in older backups stay sealed under `EMR_FILE_KEY`). A key in a token or
    at an authority isn't ours to remove: then the row forgets where it is, and who runs the keeper must remove it.
    """
    row = _locked(credential)
    if row.destroyed_at is not None:
        raise DomainError(_("The key is destroyed already."), code="key_gone")
    if row.certificate.status != Certificate.Status.REVOKED:
        set_status(certificate=row.certificate, status=Certificate.Status.REVOKED, reason=reason, by=by)
    is_ours = True
    try:
        provider(row.provider).destroy(row)
    except Unsupported:
        is_ours = False
    row.sealed_key, row.sealed_passphrase, row.reference = None, None, {}
    row.reset_until, row.reset_allowed_by = None, None
    row.destroyed_at = now()
    row.save()
    record("signing_key.destroy", by=by, of=row, detail={"reason": reason, "removed": is_ours})
    return row


def send_code(*, owner: User) -> None:
    """Have the authority send the owner a one-time code. Raises KeyTrouble."""
    certificate = certificate_of(owner)
    row = Credential.objects.filter(certificate=certificate).first() if certificate is not None else None
    if row is None or not row.sends_code:
        raise KeyTrouble(_("Your key needs no code that is sent."), code="no_code")
    try:
        provider(row.provider).send_code(row)
    except (KeyRefused, PinLocked, WrongPin) as refusal:
        reason = refusal.reason if isinstance(refusal, KeyRefused) else type(refusal).__name__
        raise KeyTrouble(
            _("The keeper of your key refused (%(reason)s). Nothing was signed.") % {"reason": reason},
            code="key_refused",
        ) from None
    except (ProviderDown, Unsupported):
        raise _away() from None
    record("signing_key.send_code", by=owner, of=row)


def _locked(credential: Credential) -> Credential:
    return (
        Credential.objects.select_for_update(of=("self",))
        .select_related("certificate__owner", "facility")
        .get(pk=credential.pk)
    )


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


def _sealed() -> QuerySet[Credential]:
    held = Credential.objects.select_for_update()
    return held.filter(Q(sealed_key__isnull=False) | Q(sealed_passphrase__isnull=False))


@transaction.atomic
def reseal_keys() -> int:
    """After `EMR_FILE_KEY` got a new first key: seal every blob under it. Returns how many."""
    count = 0
    for credential in _sealed().exclude(sealed_by=vault.current()):
        old, name = credential.sealed_by, str(credential.uuid)
        if credential.sealed_passphrase is not None:
            passphrase = vault.unseal(
                bytes(credential.sealed_passphrase), row=passphrase_of(credential), sealed_by=old
            )
            credential.sealed_passphrase, credential.sealed_by = vault.seal(
                passphrase, row=passphrase_of(credential)
            )
        if credential.sealed_key is not None:
            blob = vault.unseal(bytes(credential.sealed_key), row=name, sealed_by=old)
            credential.sealed_key, credential.sealed_by = vault.seal(blob, row=name)
        credential.save(update_fields=["sealed_key", "sealed_passphrase", "sealed_by"])
        count += 1
    return count
