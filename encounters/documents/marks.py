"""The code in the corner of every printed page: which version of which document, which page of it; or which form of which
stay it is to be written on. A page that comes back as paper is filed by it. Knows no table.

    BAM1/V/<verify code>/<page>/<check>          a page of a version; page 0: not said
    BAM1/F/<stay, 32 hex digits>/<form>/<check>  a sheet to be written by hand

Letters, digits and "/" alone wherever the form's code has no others, so that the QR code stays small. The check is 20
bits of a CRC-32: a code that a scanner half read, or that somebody wrote by hand, is no code.
"""

import re
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

# What is written by hand while the system is away, of whatever form; packs of wards hold such sheets.
OUTAGE_SHEET = "PHIEU-MAT-HE-THONG"
_PREFIX = "BAM1"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VERIFY = re.compile(r"[2-9A-HJ-NP-Z]{16}")
_VERIFY_PATH = re.compile(r"/verify/([2-9A-HJ-NP-Z]{16})/?")
_COURSE_PATH = re.compile(r"/encounters/([0-9a-f-]{36})/course/?")
_HEX = re.compile(r"[0-9A-F]{32}")
_LONGEST = 300
_COURSE_FORM = "36/BV2"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a code says: a version by its verify code (and page, 0 unknown), or a stay and a form."""

    verify_code: str = ""
    page: int = 0
    encounter: UUID | None = None
    form: str = ""


def _check(text: str) -> str:
    value = zlib.crc32(text.encode())
    return "".join(_DIGITS[value >> shift & 31] for shift in (0, 5, 10, 15))


def version_mark(verify_code: str, page: int = 0) -> str:
    """The code on that page of a version's print."""
    body = f"{_PREFIX}/V/{verify_code}/{page}"
    return f"{body}/{_check(body)}"


def form_mark(encounter: UUID, form: str) -> str:
    """The code on a sheet for a form of that stay, to be written by hand."""
    body = f"{_PREFIX}/F/{encounter.hex.upper()}/{form}"
    return f"{body}/{_check(body)}"


def read_mark(text: str) -> Mark | None:
    """What a code says; None for one that isn't ours or is damaged.

    Prints made before pages had codes carry an address: of the check of a version, or of a stay's course of treatment.
    """
    if len(text) > _LONGEST:
        return None
    if not text.startswith(f"{_PREFIX}/"):
        return _read_address(text)
    body, _slash, check = text.rpartition("/")
    if check != _check(body):
        return None
    kind, _slash, rest = body.removeprefix(f"{_PREFIX}/").partition("/")
    whose, _slash, what = rest.partition("/")
    if kind == "V" and _VERIFY.fullmatch(whose) and re.fullmatch(r"\d{1,4}", what, re.ASCII):
        return Mark(verify_code=whose, page=int(what))
    if kind == "F" and _HEX.fullmatch(whose) and what and len(what) <= 20:
        return Mark(encounter=UUID(whose), form=what)
    return None


def _read_address(text: str) -> Mark | None:
    try:
        path = urlsplit(text).path
    except ValueError:
        return None
    if found := _VERIFY_PATH.search(path):
        return Mark(verify_code=found[1])
    if found := _COURSE_PATH.search(path):
        try:
            return Mark(encounter=UUID(found[1]), form=_COURSE_FORM)
        except ValueError:
            return None
    return None
