"""An instance's keys inside a backup: sealed by a password that is kept somewhere else."""

import json
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from emr.local.errors import LocalError

FILE = "keys.sealed"
_COST = 2**16  # some 64 MB and 0.2 s a guess


def seal(values: dict[str, str], password: str) -> str:
    """JSON text that only the password opens (scrypt, AES-256-GCM)."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_key(password, salt, _COST)).encrypt(nonce, json.dumps(values).encode(), None)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps({"cost": _COST} | {name: b64encode(part).decode() for name, part in parts.items()})


def unseal(text: str, password: str) -> dict[str, str]:
    """The keys again; a wrong password is a LocalError."""
    outer = json.loads(text)
    salt, nonce, sealed = (b64decode(outer[name]) for name in ("salt", "nonce", "sealed"))
    try:
        plain = AESGCM(_key(password, salt, int(outer["cost"]))).decrypt(nonce, sealed, None)
    except InvalidTag:
        raise LocalError("EMR_BACKUP_PASSWORD doesn't open the keys of this backup.") from None
    values: dict[str, str] = json.loads(plain)
    return values


def newest_slot(source: Path) -> Path:
    """The backup itself, or the newest of a folder of backups."""
    if (source / "manifest.json").exists():
        return source
    slots = sorted(
        path.parent for path in source.glob("*/manifest.json") if not path.parent.name.startswith(".")
    )
    if not slots:
        raise LocalError(f"{source} holds no backup.")
    return slots[-1]


def _key(password: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(password.encode())
