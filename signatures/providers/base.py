"""What every kind of signing key can do, whoever keeps it: software key, token, HSM, remote authority.

Another keeper is another class with the methods of `Provider`, made known by `register_provider` (docs/signing.md has
the contract in words). It never sees a document: it gets digests (SHA-256; SHA-384 for P-384 keys) and answers with
signature values.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import utils

if TYPE_CHECKING:
    from signatures.providers.models import Credential


class Pin:
    """What a person types to unlock a key. It can't be printed, pickled, compared by accident or put into a message."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """The PIN itself, for the one library call that needs it."""
        return self._value.encode()

    def __repr__(self) -> str:
        return "Pin(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("A PIN is never stored or sent.")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the person typed to unlock the key: the PIN, and the one-time code where the keeper asks for one.

    `values` ({digest: signature value}) came along from a keeper that only the person's own browser reaches.
    """

    pin: Pin | None = None
    code: Pin | None = None
    values: Mapping[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A key that a keeper holds for somebody: its certificate, the issuers that came along, where it is."""

    certificate: x509.Certificate
    issuers: list[x509.Certificate]
    reference: dict[str, str]
    asks_pin: bool = True
    asks_code: bool = False
    sends_code: bool = False
    batch_limit: int | None = None


def prehashed(digest: bytes) -> utils.Prehashed:
    """By which hash a digest was made, as its length tells: SHA-256 or SHA-384."""
    return utils.Prehashed(hashes.SHA384() if len(digest) == hashes.SHA384.digest_size else hashes.SHA256())


class UnlockedKey(Protocol):
    """A key for as long as the block that unlocked it lasts."""

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """A signature value over each digest: PKCS #1 v1.5 for RSA, a DER sequence for ECDSA.

        All or none: raises ProviderDown or KeyRefused.
        """
        ...


class WrongPin(Exception):
    """The PIN doesn't open the key."""


class WrongCode(Exception):
    """The one-time code isn't the one that was sent, or is used up."""


class PinLocked(Exception):
    """The keeper itself takes no PIN any more; only it can unlock."""


class PinUnfit(Exception):
    """The keeper doesn't take this new PIN: too short, too long, or of other characters than it wants."""


class KeyRefused(Exception):
    """The keeper answers and says no. `reason` is its own short code, without anything that was sent to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeOver(Exception):
    """The authorisation by a one-time code ran out before everything was signed; a new code is needed."""


class ProviderDown(Exception):
    """The keeper of the key doesn't answer; nothing was signed, try again later (F-24)."""


class Unsupported(Exception):
    """This keeper can't do that from here: its owner turns to who runs it."""


class Provider(Protocol):
    """One kind of keeper.

    Every method may raise ProviderDown. None keeps what was typed: not in itself, not in a message of an exception.
    """

    code: str

    def unlock(
        self, credential: "Credential", typed: Typed, digests: Sequence[bytes]
    ) -> contextlib.AbstractContextManager[UnlockedKey]:
        """The key, opened for signing just these digests (a keeper that doesn't mind may sign others too).

        Raises WrongPin, WrongCode, PinLocked, KeyRefused on entering.
        """
        ...

    def find(self, service: str, *, account: str, typed: Typed) -> list[Found]:
        """The keys that `account` (a token's label, a user's name at the authority) has there.

        Raises WrongPin, PinLocked, KeyRefused, Unsupported.
        """
        ...

    def send_code(self, credential: "Credential") -> None:
        """Have the keeper send the owner a one-time code. Raises KeyRefused, Unsupported."""
        ...

    def change_pin(self, credential: "Credential", pin: Pin, new_pin: Pin) -> None:
        """Raises WrongPin, PinLocked, PinUnfit, Unsupported."""
        ...

    def reset_pin(self, credential: "Credential", new_pin: Pin) -> None:
        """A new PIN without the old one, by the keeper's own officer. Raises PinUnfit, Unsupported."""
        ...

    def destroy(self, credential: "Credential") -> None:
        """Remove the private key for good as far as this instance can. Raises Unsupported."""
        ...


_providers: dict[str, Callable[[], Provider]] = {}


def register_provider(code: str, factory: Callable[[], Provider]) -> None:
    """Make a kind of key known under the code that credentials carry."""
    _providers[code] = factory


def provider(code: str) -> Provider:
    """The keeper with this code; raises ProviderDown when this instance has none."""
    try:
        return _providers[code]()
    except KeyError:
        raise ProviderDown(f"no signing provider {code}") from None
