"""Keys at rest: a second lock around every PKCS #12, so that a stolen database alone opens nothing.

A PIN has six digits; whoever holds the PKCS #12 tries all of them in minutes. The outer key is derived from
`EMR_FILE_KEY`, which never is in the database: AES-256-GCM, bound to the row it belongs to.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12


class SealedByAnother(Exception):
    """None of the instance's keys opens the blob, or it was moved from another row."""


def _derive(master: bytes) -> bytes:
    """A key for this purpose alone, so that files and signing keys never share one."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"benhanmo/signing-key").derive(master)


def _masters() -> dict[str, bytes]:
    """{fingerprint: key}; the first seals, all of them open."""
    masters = [bytes.fromhex(key) for key in settings.EMR_FILE_KEYS]
    return {hashlib.sha256(master).hexdigest()[:16]: master for master in masters}


def current() -> str:
    """Fingerprint of the key that seals today."""
    return next(iter(_masters()))


def seal(data: bytes, *, row: str) -> tuple[bytes, str]:
    """(sealed blob, fingerprint of the key that sealed it). `row` names the owner of the blob."""
    fingerprint = current()
    nonce = secrets.token_bytes(_NONCE)
    key = _derive(_masters()[fingerprint])
    return nonce + AESGCM(key).encrypt(nonce, data, row.encode()), fingerprint


def unseal(sealed: bytes, *, row: str, sealed_by: str) -> bytes:
    """The blob as it was given; raises SealedByAnother."""
    master = _masters().get(sealed_by)
    if master is None:
        raise SealedByAnother(f"EMR_FILE_KEY has no key {sealed_by}")
    try:
        return AESGCM(_derive(master)).decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode())
    except InvalidTag as error:
        raise SealedByAnother("the blob doesn't belong to this row") from error
