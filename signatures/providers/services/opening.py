"""A key is opened under the person's PIN, with a limit on guesses, whoever keeps it; the seal by a rule."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.models import Certificate
from signatures.providers import vault
from signatures.providers.base import (
    CodeOver,
    KeyRefused,
    Pin,
    PinLocked,
    ProviderDown,
    Typed,
    UnlockedKey,
    WrongCode,
    WrongPin,
    prehashed,
    provider,
)
from signatures.providers.models import Credential

# From this many wrong PINs in a row on, each costs a longer pause; at Credential.GUESS_LIMIT it is blocked (S-21).
_FREE_GUESSES = 3


class PinRefused(DomainError):
    """The PIN was wrong or may not be tried now. Raised outside any savepoint, so that the counter is kept."""


class KeyTrouble(DomainError):
    """The keeper of the key says no, in words for the person who signs; nothing was signed."""


@contextlib.contextmanager
def unlocked(
    certificate: Certificate,
    pin: Pin | None,
    *,
    code: Pin | None = None,
    digests: Sequence[bytes] = (),
    values: Mapping[bytes, bytes] | None = None,
) -> Iterator[UnlockedKey]:
    """The certificate's key, open for the length of the block; once for as many signatures as it takes.

    `digests` are those that will be signed: a remote authority authorises these and no others; `values` those that the
    agent of the person's PC has signed. A wrong PIN is counted
    in the present transaction: the caller must let it commit (answer 422, don't raise on). The row is locked, so that
    guesses at one key come one after another. Raises PinRefused, KeyTrouble, ProviderDown.
    """
    credential = Credential.objects.select_for_update().filter(certificate=certificate).first()
    if credential is None or credential.destroyed_at is not None:
        raise ProviderDown("the certificate has no key here")
    _refuse_while_locked(credential)
    _refuse_too_many(credential, len(digests))
    certificate.credential = credential
    with contextlib.ExitStack() as stack:
        try:
            opened = provider(credential.provider).unlock(credential, Typed(pin, code, values or {}), digests)
            key = stack.enter_context(opened)
        except WrongPin:
            raise count_wrong_pin(credential) from None
        except (WrongCode, PinLocked, KeyRefused) as refusal:
            raise _trouble(credential, refusal) from None
        credential.wrong_pins, credential.locked_until, credential.used_at = 0, None, now()
        credential.save(update_fields=["wrong_pins", "locked_until", "used_at"])
        try:
            yield _Checked(key, certificate.parsed)
        except (CodeOver, KeyRefused, WrongCode, WrongPin, PinLocked) as refusal:
            raise _trouble(credential, refusal) from None


class _Checked:
    """A key whose every value is checked against the certificate before it is believed."""

    def __init__(self, key: UnlockedKey, certificate: x509.Certificate) -> None:
        self._key, self._public = key, certificate.public_key()

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """See UnlockedKey. Raises ProviderDown for a value that another key has made."""
        values = self._key.sign_digests(digests)
        for digest, value in zip(digests, values, strict=True):
            _verify(self._public, digest, value)
        return values


def is_by(certificate: x509.Certificate, digest: bytes, value: bytes) -> bool:
    """Whether the certificate's key has made this value over this digest."""
    try:
        _verify(certificate.public_key(), digest, value)
    except ProviderDown:
        return False
    return True


def _verify(public: object, digest: bytes, value: bytes) -> None:
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(value, digest, padding.PKCS1v15(), prehashed(digest))
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(value, digest, ec.ECDSA(prehashed(digest)))
        else:
            raise ProviderDown("the certificate's key can't sign")
    except InvalidSignature:
        raise ProviderDown("the key there isn't the certificate's") from None


def _trouble(credential: Credential, refusal: Exception) -> DomainError:
    """What the person reads; the log has the code."""
    reason = refusal.reason if isinstance(refusal, KeyRefused) else type(refusal).__name__
    record(
        "signing_key.refuse",
        by=credential.certificate.owner,
        of=credential,
        outcome="denied",
        detail={"reason": reason[:60]},
    )
    match refusal:
        case WrongCode():
            return KeyTrouble(
                _("The one-time code is wrong or used up. Have a new one sent."),
                code="wrong_code",
                field="code",
            )
        case CodeOver():
            return KeyTrouble(
                _("The authorisation ran out before everything was signed. Type a new one-time code."),
                code="code_over",
                field="code",
            )
        case PinLocked():
            return PinRefused(
                _(
                    "The token or the authority has locked your PIN. It must be unlocked there; ask the administrator."
                ),
                code="pin_locked_there",
            )
        case WrongPin():
            return PinRefused(_("The PIN doesn't open your key any more."), code="wrong_pin", field="pin")
        case _:
            return KeyTrouble(
                _("The keeper of your key refused (%(reason)s). Nothing was signed.")
                % {"reason": reason[:60]},
                code="key_refused",
            )


def _refuse_too_many(credential: Credential, count: int) -> None:
    if credential.batch_limit is not None and count > credential.batch_limit:
        raise KeyTrouble(
            ngettext(
                "Your key signs %(limit)d document under one authorisation. Choose fewer.",
                "Your key signs at most %(limit)d documents under one authorisation. Choose fewer.",
                credential.batch_limit,
            )
            % {"limit": credential.batch_limit},
            code="batch_limit",
        )


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


def count_wrong_pin(credential: Credential) -> PinRefused:
    """Count a wrong PIN on the locked row, and say how many tries are left."""
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


def passphrase_of(credential: Credential) -> str:
    """The name under which the seal's own passphrase is sealed."""
    return f"{credential.uuid}/passphrase"


@contextlib.contextmanager
def unlocked_seal(certificate: Certificate, *, digests: Sequence[bytes] = ()) -> Iterator[UnlockedKey]:
    """The facility's seal, open for the length of the block. Raises ProviderDown, whatever its keeper has against it."""
    credential = Credential.objects.filter(certificate=certificate).first()
    if credential is None or credential.sealed_passphrase is None:
        raise ProviderDown("the certificate is no seal with a key here")
    certificate.credential = credential
    passphrase = vault.unseal(
        bytes(credential.sealed_passphrase), row=passphrase_of(credential), sealed_by=credential.sealed_by
    )
    typed = Typed(Pin(passphrase.decode()))
    try:
        with provider(credential.provider).unlock(credential, typed, digests) as key:
            yield _Checked(key, certificate.parsed)
    except (WrongPin, PinLocked, KeyRefused) as refusal:
        raise ProviderDown(f"the seal: {type(refusal).__name__}") from None
