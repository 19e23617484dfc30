"""USB tokens and smart cards through their makers' PKCS #11 libraries. The private key never leaves the token."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

# SHA-256 and SHA-384 in a DigestInfo (RFC 8017 §9.2, note 1): CKM_RSA_PKCS pads what it is given and adds no algorithm.
_DIGEST_INFO = {
    32: bytes.fromhex("3031300d060960864801650304020105000420"),
    48: bytes.fromhex("3041300d060960864801650304020205000430"),
}
_ASKS = 3
_GONE = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.DeviceRemoved,
    pkcs11.DeviceError,
    pkcs11.TokenNotPresent,
    pkcs11.KeyHandleInvalid,
    pkcs11.UserNotLoggedIn,
    pkcs11.ObjectHandleInvalid,
    pkcs11.GeneralError,
    pkcs11.FunctionFailed,
)


class TokenTrouble(Exception):
    """Why nothing (more) was signed; `code` is one of the API's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class StoredCertificate:
    """A certificate in a token: which token (serial number, label), under which CKA_ID, DER."""

    token: str
    label: str
    key: str
    der: bytes


class Tokens:
    """All tokens that are plugged in. One caller at a time: being logged in belongs to the whole process."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules, self._lock = modules, threading.Lock()

    def certificates(self) -> list[StoredCertificate]:
        """Every certificate that lies in a token; no PIN is needed. Raises TokenTrouble("busy")."""
        with self._alone():
            return [found for token in self._plugged() for found in _certificates(token)]

    def sign(
        self, token: str, key: str, digests: Iterable[bytes], ask_pin: Callable[[str, bool], str]
    ) -> tuple[list[bytes], str]:
        """(values, why not all): PKCS #1 v1.5 for RSA, a DER sequence for ECDSA, in the digests' order.

        Ends at the first digest that the token doesn't sign any more; the word is "" when all are signed. `ask_pin` gets the
        token's label and whether the PIN before was wrong. Raises TokenTrouble when nothing was signed at all.
        """
        with self._alone():
            found = next((one for one in self._plugged() if _serial(one) == token), None)
            if found is None:
                raise TokenTrouble("no_token")
            with _logged_in(found, ask_pin) as session:
                return _sign_all(session, bytes.fromhex(key), digests)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            raise TokenTrouble("busy")
        try:
            yield
        finally:
            self._lock.release()

    def _plugged(self) -> list[Any]:
        """Tokens in all slots. A library that can't be loaded has none; some see a new token only when begun anew."""
        found: list[Any] = []
        for module in self._modules:
            with contextlib.suppress(pkcs11.PKCS11Error, OSError):
                library = pkcs11.lib(module)
                library.reinitialize()
                found += [slot.get_token() for slot in library.get_slots(token_present=True)]
        return found


def _serial(token: Any) -> str:
    """The token's own serial number (CK_TOKEN_INFO.serialNumber): labels of one maker are all alike."""
    given = token.serial
    return given.decode("ascii", "replace").strip() if isinstance(given, bytes) else str(given).strip()


def _certificates(token: Any) -> Iterator[StoredCertificate]:
    try:
        with token.open() as session:
            for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
                key = bytes(one[Attribute.ID]).hex()
                yield StoredCertificate(_serial(token), token.label.strip(), key, bytes(one[Attribute.VALUE]))
    except pkcs11.PKCS11Error:
        return


@contextlib.contextmanager
def _logged_in(token: Any, ask_pin: Callable[[str, bool], str]) -> Iterator[Any]:
    """A session with the PIN of the person at this PC, who may mistype twice; the PIN is forgotten at once."""
    for number in range(_ASKS):
        try:
            session = token.open(user_pin=ask_pin(token.label.strip(), number > 0))
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid):
            continue
        except (pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized):
            raise TokenTrouble("pin_locked") from None
        except pkcs11.PKCS11Error:
            raise TokenTrouble("no_token") from None
        try:
            yield session
        finally:
            with contextlib.suppress(pkcs11.PKCS11Error):
                session.close()
        return
    raise TokenTrouble("wrong_pin")


def _sign_all(session: Any, identifier: bytes, digests: Iterable[bytes]) -> tuple[list[bytes], str]:
    try:
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=identifier)
    except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
        raise TokenTrouble("no_key") from None
    values: list[bytes] = []
    try:
        for digest in digests:
            values.append(_sign(key, digest))
    except _GONE:
        return values, "token_gone"
    except pkcs11.PKCS11Error:
        return values, "token_refused"
    return values, ""


def _sign(key: Any, digest: bytes) -> bytes:
    if key.key_type == KeyType.RSA:
        return bytes(key.sign(_DIGEST_INFO[len(digest)] + digest, mechanism=Mechanism.RSA_PKCS))
    halves = bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
    return _ecdsa_der(halves)


def _ecdsa_der(halves: bytes) -> bytes:
    """Ecdsa-Sig-Value (RFC 3279 §2.2.3) of both halves at their full length (Cryptoki 2.40 §2.3.1); at most P-384."""
    middle = len(halves) // 2
    numbers = [int.from_bytes(half, "big") for half in (halves[:middle], halves[middle:])]
    encoded = [one.to_bytes(one.bit_length() // 8 + 1, "big") for one in numbers]
    body = b"".join(bytes([2, len(one)]) + one for one in encoded)
    return bytes([0x30, len(body)]) + body
