"""Which keepers of keys this instance has besides its own table: sections of the file that `EMR_KEY_SERVICES` names.

    [hsm]
    kind = "pkcs11"
    name = "HSM của bệnh viện"
    module = "/usr/lib/softhsm/libsofthsm2.so"
    officer_pin_file = "/etc/benhanmo/hsm-officer"   # lets a forgotten PIN be set anew; may be left out

    [smartca]
    kind = "csc"
    name = "Ký số từ xa"
    address = "https://rssp.example.vn/csc/v1"
    version = 1
    client_id = "benhvien"
    client_secret_file = "/etc/benhanmo/smartca"
    price = 500                                      # đồng a signature

    [token]
    kind = "agent"                                   # USB tokens at the wards' own PCs (docs/agent.md)
    name = "USB token"

A file and not a page, because a module's path is code that will run, and because secrets don't pass through browsers.
"""

import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.providers.base import ProviderDown

KINDS = ("pkcs12", "pkcs11", "csc", "agent")
_NAME = re.compile(r"[a-z0-9_-]{1,40}\Z")
_TEXTS = (
    *("kind", "name", "module", "officer_pin_file", "address", "token_address"),
    *("client_id", "client_secret_file", "ca_file"),
)
# Somebody looks at the page meanwhile, and a row is locked.
_LONGEST_WAIT = 120
_KNOWN = {
    *("kind", "name", "price", "facilities", "module", "officer_pin_file", "address", "version"),
    *("client_id", "client_secret_file", "ca_file", "seconds", "token_address"),
}


class BadServices(Exception):
    """The file can't be used; the text says why, in the reader's language."""


@dataclass(frozen=True, kw_only=True)
class KeyService:
    """One section. `price` is đồng a signature; `seconds` is how long one question may take."""

    code: str
    kind: str
    name: str
    price: int = 0
    facilities: tuple[str, ...] = ()
    module: str = ""
    officer_pin_file: str = ""
    address: str = ""
    token_address: str = ""
    version: int = 1
    client_id: str = ""
    client_secret_file: str = field(default="", repr=False)
    ca_file: str = ""
    seconds: float = 20

    def serves(self, facility_code: str) -> bool:
        """Whether this facility's people may have keys there."""
        return not self.facilities or facility_code in self.facilities


def key_services() -> dict[str, KeyService]:
    """All sections by code; none without a file. Raises BadServices."""
    path = Path(settings.EMR_KEY_SERVICES) if settings.EMR_KEY_SERVICES else None
    if path is None:
        return {}
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise BadServices(
            _("EMR_KEY_SERVICES can't be read: %(why)s") % {"why": type(error).__name__}
        ) from error


def key_service(code: str, kind: str) -> KeyService:
    """The section of this code and kind. Raises ProviderDown: whoever signs can't mend the file."""
    try:
        found = key_services().get(code)
    except BadServices as error:
        raise ProviderDown(str(error)) from error
    if found is None or found.kind != kind:
        raise ProviderDown(f"EMR_KEY_SERVICES has no {kind} service {code}")
    return found


def services_of(facility_code: str) -> list[KeyService]:
    """Where this facility's people may have keys besides key files; none while the file is broken (health tells)."""
    try:
        found = key_services().values()
    except BadServices:
        return []
    return [one for one in found if one.kind != "pkcs12" and one.serves(facility_code)]


def price_of(service: str, kind: str) -> int:
    """What one signature by such a key costs, in đồng; software keys may have a section for their price too."""
    try:
        known = key_services()
    except BadServices:
        return 0
    found = known.get(service) if service else next((one for one in known.values() if one.kind == kind), None)
    return found.price if found is not None else 0


def name_of(service: str) -> str:
    """What people call the keeper; its code where the file doesn't say, "" for a software key."""
    try:
        known = key_services()
    except BadServices:
        known = {}
    return known[service].name if service in known else service


def secret_in(path: str) -> str:
    """The first line of a file that only this program may read. Raises ProviderDown."""
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()[0].strip()
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise ProviderDown(f"{path}: {type(error).__name__}") from error


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, KeyService]:
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadServices(_("EMR_KEY_SERVICES isn't TOML: %(why)s") % {"why": error}) from error
    return {code: _service(code, values) for code, values in sections.items()}


def _service(code: str, values: Any) -> KeyService:
    def refuse(why: str) -> BadServices:
        return BadServices(f"EMR_KEY_SERVICES [{code}]: {why}")

    if not _NAME.match(code) or not isinstance(values, dict):
        raise refuse(_("a section is named by small letters, digits and hyphens"))
    if unknown := set(values) - _KNOWN:
        raise refuse(_("unknown words: %(words)s") % {"words": ", ".join(sorted(unknown))})
    if not isinstance(values.get("facilities", []), list):
        raise refuse(_("facilities is a list"))
    try:
        service = KeyService(code=code, **{**values, "facilities": tuple(values.get("facilities", ()))})
    except TypeError:
        raise refuse(_("kind and name are needed")) from None
    if not all(isinstance(getattr(service, word), str) for word in _TEXTS) or not all(
        isinstance(one, str) for one in service.facilities
    ):
        raise refuse(_("what isn't a number stands in quotation marks"))
    if type(service.seconds) not in {int, float} or not 1 <= service.seconds <= _LONGEST_WAIT:
        raise refuse(_("seconds is a number from 1 to %(most)s") % {"most": _LONGEST_WAIT})
    if service.kind not in KINDS:
        raise refuse(_("kind is one of %(kinds)s") % {"kinds": ", ".join(KINDS)})
    if type(service.price) is not int or service.price < 0:
        raise refuse(_("price is a whole number of đồng"))
    if service.kind == "pkcs11" and not service.module.startswith("/"):
        raise refuse(_("module is the whole path of the PKCS #11 library"))
    if service.kind == "csc":
        if service.version not in {1, 2} or not service.client_id or not service.client_secret_file:
            raise refuse(_("version (1 or 2), client_id and client_secret_file are needed"))
        if not all(
            _is_safe(address) for address in (service.address, service.token_address or service.address)
        ):
            raise refuse(_("the address must begin with https://"))
    return service


def _is_safe(address: str) -> bool:
    """PINs go there: TLS, unless it is this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
