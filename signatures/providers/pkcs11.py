"""Keys in tokens and HSMs on the server's side, through the maker's PKCS #11 library (Cryptoki 2.40).

Each person has a token (or a partition) of their own, whose user PIN is theirs: the PIN is the token's to check, count and
lock. Being logged in belongs to the whole process in PKCS #11, so one block at a time holds a library: nobody signs
through a session that another person's PIN has opened.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils

from signatures.providers import house
from signatures.providers.base import (
    Found,
    KeyRefused,
    Pin,
    PinLocked,
    PinUnfit,
    ProviderDown,
    Typed,
    UnlockedKey,
    Unsupported,
    WrongPin,
)
from signatures.providers.models import Credential

logger = logging.getLogger(__name__)

# SHA-256 in a DigestInfo (RFC 8017 §9.2, note 1): CKM_RSA_PKCS pads what it is given and adds no algorithm.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_BUSY_SECONDS = 20.0


@cache
def _lock_of(_module: str) -> threading.Lock:
    return threading.Lock()


# {library: process that has initialised it}: after a fork the child must begin anew (Cryptoki 2.40 §6.7.6).
_initialised: dict[str, int] = {}


@contextlib.contextmanager
def _library(module: str) -> Iterator[Any]:
    """The library, for this block alone. Raises ProviderDown."""
    import pkcs11  # noqa: PLC0415 -- only instances with tokens load it

    lock = _lock_of(module)
    if not lock.acquire(timeout=_BUSY_SECONDS):
        raise ProviderDown("the token is busy")
    try:
        library = pkcs11.lib(module)
        if _initialised.get(module, os.getpid()) != os.getpid():
            library.reinitialize()
        _initialised[module] = os.getpid()
        yield library
    except (pkcs11.PKCS11Error, OSError) as error:
        # Never its text: a maker's library may say more than its name.
        logger.warning("PKCS #11: %s", type(error).__name__)
        raise ProviderDown(type(error).__name__) from None
    finally:
        lock.release()


class TokenKey:
    """A private key in a token, with the way back to it when its session is lost."""

    def __init__(self, library: Any, reference: dict[str, str], pin: Pin) -> None:
        self._library, self._reference, self._pin = library, reference, pin
        self._session: Any = None
        self._key: Any = None
        self._open()

    def _open(self) -> None:
        self._session = _login(self._library, self._reference["token"], self._pin)
        self._key = _private_key(self._session, bytes.fromhex(self._reference["key"]))

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """See UnlockedKey. A lost session (the HSM restarted, the network to it was cut) is opened once more."""
        import pkcs11  # noqa: PLC0415 -- loaded by now

        lost = (
            pkcs11.SessionHandleInvalid,
            pkcs11.SessionClosed,
            pkcs11.DeviceRemoved,
            pkcs11.DeviceError,
            pkcs11.TokenNotPresent,
            pkcs11.KeyHandleInvalid,
            pkcs11.UserNotLoggedIn,
        )
        try:
            return [self._sign(digest) for digest in digests]
        except lost as error:
            logger.warning("PKCS #11: %s; the session is opened again", type(error).__name__)
        with contextlib.suppress(pkcs11.PKCS11Error):
            self._session.close()
        self._library.reinitialize()
        self._open()
        return [self._sign(digest) for digest in digests]

    def _sign(self, digest: bytes) -> bytes:
        import pkcs11  # noqa: PLC0415 -- loaded by now

        if self._key.key_type == pkcs11.KeyType.RSA:
            return bytes(self._key.sign(_DIGEST_INFO + digest, mechanism=pkcs11.Mechanism.RSA_PKCS))
        # Both halves at their full length, one after the other (Cryptoki 2.40 §2.3.1); CMS wants DER.
        halves = bytes(self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
        middle = len(halves) // 2
        first, second = int.from_bytes(halves[:middle], "big"), int.from_bytes(halves[middle:], "big")
        return utils.encode_dss_signature(first, second)

    def close(self) -> None:
        """Log out; a session that is gone already is as well."""
        import pkcs11  # noqa: PLC0415 -- loaded by now

        with contextlib.suppress(pkcs11.PKCS11Error):
            self._session.close()


def _token(library: Any, label: str) -> Any:
    """The token; one that was initialised after this process had begun is found by beginning anew."""
    for is_second in (False, True):
        if is_second:
            library.reinitialize()
        found = [slot.get_token() for slot in library.get_slots(token_present=True)]
        tokens = [token for token in found if token.label.strip() == label]
        if len(tokens) == 1:
            return tokens[0]
    raise ProviderDown("several tokens of this name" if tokens else "no such token")


def _login(library: Any, label: str, pin: Pin, *, changes: bool = False) -> Any:
    """A session with the person's PIN. Raises WrongPin, PinLocked."""
    import pkcs11  # noqa: PLC0415 -- loaded by now

    token = _token(library, label)
    try:
        return token.open(rw=changes, user_pin=pin.reveal().decode())
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid):
        raise WrongPin from None
    except (pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized):
        raise PinLocked from None


def _private_key(session: Any, identifier: bytes) -> Any:
    import pkcs11  # noqa: PLC0415 -- loaded by now

    try:
        return session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=identifier)
    except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
        raise KeyRefused("no_such_key") from None


class Pkcs11Provider:
    """Tokens and HSMs."""

    code = "pkcs11"

    @contextlib.contextmanager
    def unlock(
        self, credential: Credential, typed: Typed, _digests: Sequence[bytes] = ()
    ) -> Iterator[UnlockedKey]:
        """Log in with the person's PIN for the length of the block."""
        if typed.pin is None:
            raise WrongPin
        with _library(house.key_service(credential.service, self.code).module) as library:
            key = TokenKey(library, credential.reference, typed.pin)
            try:
                yield key
            finally:
                key.close()

    def find(self, service: str, *, account: str, typed: Typed) -> list[Found]:
        """The certificates in the token labelled `account` whose private key lies beside them under the same CKA_ID."""
        import pkcs11  # noqa: PLC0415 -- see _library

        if typed.pin is None:
            raise WrongPin
        with (
            _library(house.key_service(service, self.code).module) as library,
            _login(library, account, typed.pin) as session,
        ):
            stored: list[tuple[bytes, x509.Certificate]] = []
            for one in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
                der = bytes(one[pkcs11.Attribute.VALUE])
                with contextlib.suppress(ValueError):  # a certificate of another kind is nobody's signing key
                    stored.append((bytes(one[pkcs11.Attribute.ID]), x509.load_der_x509_certificate(der)))
            private = {
                bytes(one[pkcs11.Attribute.ID])
                for one in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
            }
        return [
            Found(
                certificate=certificate,
                issuers=[other for _id, other in stored if other is not certificate],
                reference={"token": account, "key": identifier.hex()},
            )
            for identifier, certificate in stored
            if identifier in private
        ]

    def send_code(self, credential: Credential) -> None:
        """A token asks for no code."""
        raise Unsupported

    def change_pin(self, credential: Credential, pin: Pin, new_pin: Pin) -> None:
        """The token's own C_SetPIN."""
        import pkcs11  # noqa: PLC0415 -- see _library

        label = credential.reference["token"]
        with (
            _library(house.key_service(credential.service, self.code).module) as library,
            _login(library, label, pin, changes=True) as session,
        ):
            try:
                session.set_pin(pin.reveal().decode(), new_pin.reveal().decode())
            except (pkcs11.PinLenRange, pkcs11.PinInvalid):
                raise PinUnfit from None

    def reset_pin(self, credential: Credential, new_pin: Pin) -> None:
        """C_InitPIN by the security officer, whose PIN the IT person keeps in a file; the keys in the token stay."""
        import pkcs11  # noqa: PLC0415 -- see _library

        service = house.key_service(credential.service, self.code)
        if not service.officer_pin_file:
            raise Unsupported
        officer = house.secret_in(service.officer_pin_file)
        with _library(service.module) as library:
            token = _token(library, credential.reference["token"])
            try:
                session = token.open(rw=True, so_pin=officer)
            except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinLenRange):
                raise ProviderDown("the officer's PIN isn't right") from None
            with session:
                try:
                    session.init_pin(new_pin.reveal().decode())
                except (pkcs11.PinLenRange, pkcs11.PinInvalid):
                    raise PinUnfit from None

    def destroy(self, credential: Credential) -> None:
        """A private object answers to its owner's PIN alone: whoever runs the HSM initialises the token anew."""
        raise Unsupported
