"""The software key: a PKCS #12 under the person's own PIN."""

import contextlib
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signatures.providers import vault
from signatures.providers.base import (
    Found,
    Pin,
    ProviderDown,
    Typed,
    UnlockedKey,
    Unsupported,
    WrongPin,
    prehashed,
)
from signatures.providers.models import Credential

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# Each guess costs this many rounds. The PIN's real protection is the outer seal and the counter: this slows the rest.
_ROUNDS = 60_000


class SoftwareKey:
    """A private key in this process's memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """See UnlockedKey."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return [self._key.sign(digest, padding.PKCS1v15(), prehashed(digest)) for digest in digests]
        return [self._key.sign(digest, ec.ECDSA(prehashed(digest))) for digest in digests]


class Pkcs12Provider:
    """Keys in the table of credentials."""

    code = "pkcs12"

    @contextlib.contextmanager
    def unlock(
        self, credential: Credential, typed: Typed, _digests: Sequence[bytes] = ()
    ) -> Iterator[UnlockedKey]:
        """Open the key for the length of the block. Raises WrongPin."""
        if typed.pin is None:
            raise WrongPin
        yield SoftwareKey(open_blob(_blob(credential), typed.pin)[0])

    def find(self, service: str, *, account: str, typed: Typed) -> list[Found]:
        """A software key comes as a file, by `import_key`."""
        raise Unsupported

    def send_code(self, credential: Credential) -> None:
        """Nobody sends codes for a software key."""
        raise Unsupported

    def change_pin(self, credential: Credential, pin: Pin, new_pin: Pin) -> None:
        """Seal the key under another PIN; the caller saves the row. Raises WrongPin."""
        key, certificate, _others = open_blob(_blob(credential), pin)
        seal_key(credential, key, certificate, new_pin)

    def reset_pin(self, credential: Credential, new_pin: Pin) -> None:
        """Nobody but the PIN opens it: the owner brings the key file again (`reset_pin` of the services)."""
        raise Unsupported

    def destroy(self, credential: Credential) -> None:
        """The sealed key goes out of the row; the caller saves it."""
        credential.sealed_key, credential.sealed_passphrase = None, None


def seal_key(credential: Credential, key: PrivateKey, certificate: x509.Certificate, pin: Pin) -> None:
    """Put the key into the row under the PIN and the instance's own key; the caller saves it."""
    blob = make_blob(key, certificate, pin)
    credential.sealed_key, credential.sealed_by = vault.seal(blob, row=str(credential.uuid))


def _blob(credential: Credential) -> bytes:
    if credential.sealed_key is None:
        raise ProviderDown("the key was destroyed")
    return vault.unseal(
        bytes(credential.sealed_key), row=str(credential.uuid), sealed_by=credential.sealed_by
    )


def make_blob(key: PrivateKey, certificate: x509.Certificate, pin: Pin) -> bytes:
    """A PKCS #12 with AES-256 and PBKDF2-SHA-256 under the PIN."""
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(pin.reveal())
    )
    return pkcs12.serialize_key_and_certificates(None, key, certificate, None, encryption)


def open_blob(blob: bytes, pin: Pin) -> tuple[PrivateKey, x509.Certificate, list[x509.Certificate]]:
    """(key, certificate, other certificates); raises WrongPin, whatever is wrong with the file."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(blob, pin.reveal())
    except ValueError:
        # Without `from`: the library's own message must not lead anybody to log what was tried.
        raise WrongPin from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or certificate is None:
        raise WrongPin
    return key, certificate, others
