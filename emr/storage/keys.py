"""The instance's file keys: `EMR_FILE_KEY`, the first wraps, all unwrap."""

import hashlib

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings


class UnknownKey(Exception):
    """None of the instance's keys opens this file."""


def _masters() -> dict[str, bytes]:
    masters = [bytes.fromhex(key) for key in settings.EMR_FILE_KEYS]
    return {hashlib.sha256(master).hexdigest()[:16]: master for master in masters}


def current() -> str:
    """Fingerprint of the key that wraps new files."""
    return next(iter(_masters()))


def wrap(file_key: bytes) -> tuple[bytes, str]:
    """(wrapped key, fingerprint of the key that wrapped it)."""
    fingerprint = current()
    return aes_key_wrap(_masters()[fingerprint], file_key), fingerprint


def unwrap(wrapped_key: bytes, wrapped_by: str) -> bytes:
    """The file's own key; raises UnknownKey."""
    master = _masters().get(wrapped_by)
    if master is None:
        raise UnknownKey(f"no key {wrapped_by} in EMR_FILE_KEY")
    try:
        return aes_key_unwrap(master, wrapped_key)
    except InvalidUnwrap as error:
        raise UnknownKey(f"key {wrapped_by} does not open this file") from error
