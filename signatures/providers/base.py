"""What every kind of signing key can do, whoever keeps it: software key, token, HSM, remote authority."""

import contextlib
from collections.abc import Callable
from typing import NoReturn, Protocol

from signatures.certificates.models import Certificate


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


class UnlockedKey(Protocol):
    """A key for as long as the block that unlocked it lasts."""

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature value over a SHA-256 digest: PKCS #1 v1.5 for RSA, a DER sequence for ECDSA."""
        ...


class WrongPin(Exception):
    """The PIN doesn't open the key."""


class ProviderDown(Exception):
    """The keeper of the key doesn't answer; nothing was signed, try again later (F-24)."""


class Provider(Protocol):
    """One keeper of keys."""

    code: str

    def unlock(self, certificate: Certificate, pin: Pin) -> contextlib.AbstractContextManager[UnlockedKey]:
        """The certificate's key, opened. Raises WrongPin or ProviderDown."""
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
