"""The software key: a PKCS #12 under the person's own PIN."""

import contextlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from signatures.certificates.models import Certificate
from signatures.providers import vault
from signatures.providers.base import Pin, UnlockedKey, WrongPin

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# Each guess costs this many rounds. The PIN's real protection is the outer seal and the counter: this slows the rest.
_ROUNDS = 60_000


class SoftwareKey:
    """A private key in this process's memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    def sign_digest(self, digest: bytes) -> bytes:
        """See UnlockedKey."""
        prehashed = utils.Prehashed(hashes.SHA256())
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(digest, padding.PKCS1v15(), prehashed)
        return self._key.sign(digest, ec.ECDSA(prehashed))


class Pkcs12Provider:
    """Keys in the table of credentials."""

    code = "pkcs12"

    @contextlib.contextmanager
    def unlock(self, certificate: Certificate, pin: Pin) -> Iterator[UnlockedKey]:
        """Open the key for the length of the block. Raises WrongPin."""
        credential = certificate.credential
        blob = vault.unseal(
            bytes(credential.sealed_key), row=str(credential.uuid), sealed_by=credential.sealed_by
        )
        yield SoftwareKey(open_blob(blob, pin)[0])


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
