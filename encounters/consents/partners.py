"""Whom the hospital has a contract with about confirming outside the page: services that sign (VNeID and its like) and
fingerprint readers at the wards' PCs. All speak one contract (docs/consents.md); sections of the file that
`EMR_CONFIRMATION_SERVICES` names say who and where.

    [vneid]
    way = "digital"
    name = "VNeID"
    address = "https://vneid.example.vn/confirmations/v1"
    secret_file = "/etc/benhanmo/vneid"
    key_file = "/etc/benhanmo/vneid.pem"

    [fingerprint]
    way = "fingerprint"                              # read by the PC's agent (docs/agent.md): no address
    name = "Đầu đọc vân tay"
    key_file = "/etc/benhanmo/reader.pem"

A file and not a page: it says whose word counts as a patient's.
"""

import ipaddress
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.utils.translation import gettext as _

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,19}\Z")
WAYS = ("digital", "fingerprint")
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class BadPartners(Exception):
    """The file can't be used; the text says why, in the reader's language."""


@dataclass(frozen=True, kw_only=True)
class Partner:
    """One section. `key`: whose word counts; `address` "" for a reader at the PC, which the agent asks."""

    code: str
    way: str
    name: str
    key: PublicKey
    address: str = ""
    secret_file: str = ""

    def secret(self) -> str:
        """The first line of the file that only this program may read. Raises OSError, ValueError."""
        lines = Path(self.secret_file).read_text(encoding="utf-8").split()
        if not lines:
            raise ValueError("empty")
        return lines[0]


def partners() -> list[Partner]:
    """All sections; none without a file. Raises BadPartners."""
    if not settings.EMR_CONFIRMATION_SERVICES:
        return []
    try:
        sections = tomllib.loads(Path(settings.EMR_CONFIRMATION_SERVICES).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPartners(
            _("EMR_CONFIRMATION_SERVICES can't be read: %(why)s") % {"why": type(error).__name__}
        ) from error
    return [_partner(code, values) for code, values in sections.items()]


def trouble() -> str:
    """What is wrong with the file; "" when nothing is. Nobody is asked over the network."""
    try:
        partners()
    except BadPartners as error:
        return str(error)
    return ""


def _partner(code: str, values: Any) -> Partner:
    def refuse(why: str) -> BadPartners:
        return BadPartners(f"EMR_CONFIRMATION_SERVICES [{code}]: {why}")

    words = {"way", "name", "address", "secret_file", "key_file"}
    if not _NAME.match(code) or code == "code" or not isinstance(values, dict):
        raise refuse(_("a section is named by small letters, digits and hyphens"))
    if unknown := set(values) - words:
        raise refuse(_("unknown words: %(words)s") % {"words": ", ".join(sorted(unknown))})
    if not all(isinstance(value, str) for value in values.values()):
        raise refuse(_("what isn't a number stands in quotation marks"))
    told = {word: values.get(word, "") for word in words}
    if told["way"] not in WAYS or not told["name"]:
        raise refuse(_("way (digital or fingerprint), name and key_file are needed"))
    if told["way"] == "digital" and not (told["secret_file"] and is_safe(told["address"])):
        raise refuse(_("secret_file, and an address that begins with https://, are needed"))
    try:
        key = load_pem_public_key(Path(told.pop("key_file")).read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise refuse(_("key_file can't be read: %(why)s") % {"why": type(error).__name__}) from error
    if not isinstance(key, PublicKey):
        raise refuse(_("key_file holds no ECDSA or Ed25519 key"))
    return Partner(code=code, key=key, **told)


def is_safe(address: str) -> bool:
    """Who confirms what goes there: TLS, unless it is this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
