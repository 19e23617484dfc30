"""How a ward's pack is closed: a key derived from the ward's code (PBKDF2-HMAC-SHA-256), AES-256-GCM around the page.

Both are what browsers can undo by themselves (WebCrypto), so that the pack opens on a PC that reaches no server.
"""

import base64
import hashlib
import secrets
import string
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emr.common.training import ON_PAPER, is_training

# OWASP's figure for PBKDF2-HMAC-SHA-256 (2023); with 80 random bits in the code there is nothing to guess anyway.
ITERATIONS = 600_000
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread on paper
_NONCE = 12
_SHELL = Path(__file__).with_name("files") / "pack.html"


def make_code() -> str:
    """Four groups of four letters and digits: 80 bits, to be printed and kept in an envelope on the ward."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def make_salt() -> bytes:
    """Sixteen bytes, anew with every code."""
    return secrets.token_bytes(16)


def derive(code: str, salt: bytes) -> bytes:
    """The key of 32 bytes; small letters, spaces and dashes don't matter."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.pbkdf2_hmac("sha256", plain.encode(), salt, ITERATIONS, 32)


def seal(page: str, *, key: bytes, salt: bytes, ward: str, made_at: str) -> str:
    """The page as one HTML file that asks for the code; `ward` and `made_at` (ISO 8601) stand on it in the open."""
    nonce = secrets.token_bytes(_NONCE)
    closed = AESGCM(key).encrypt(nonce, page.encode(), f"{ward}|{made_at}".encode())
    told = {
        "ward": _escaped(ward),
        "made_at": _escaped(made_at),
        "training": f'<p id="training">{ON_PAPER}</p>\n' if is_training() else "",
        "iterations": str(ITERATIONS),
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "content": base64.b64encode(closed).decode(),
    }
    return string.Template(_SHELL.read_text(encoding="utf-8")).substitute(told)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
