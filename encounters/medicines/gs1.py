"""What a manufacturer's code says: GS1 element strings of DataMatrix, GS1-128, QR and DataBar, and plain EAN-13. Pure.

GS1 General Specifications: 3 (application identifiers), 7.8 (element strings, FNC1 as separator), 7.9 (check digit), 7.12
(century). A scanner must send the separator (GS, ASCII 29) where a value of variable length isn't the last one; many are set
to swallow it, so that a code without any may be read in several ways: a person says which.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

GS = "\x1d"
# Beginning of the identifier: its whole length, the value's least and most characters, digits alone. Those that a package of
# medicine may carry; another one's length isn't known, and what follows it isn't read.
_IDENTIFIERS: tuple[tuple[str, int, int, int, bool], ...] = (
    ("00", 2, 18, 18, True),  # SSCC
    ("01", 2, 14, 14, True),  # GTIN
    ("02", 2, 14, 14, True),  # GTIN of what is inside
    ("10", 2, 1, 20, False),  # batch
    ("11", 2, 6, 6, True),  # made on
    ("12", 2, 6, 6, True),
    ("13", 2, 6, 6, True),  # packed on
    ("15", 2, 6, 6, True),  # best before
    ("16", 2, 6, 6, True),
    ("17", 2, 6, 6, True),  # expires
    ("20", 2, 2, 2, True),  # variant
    ("21", 2, 1, 20, False),  # serial
    ("22", 2, 1, 20, False),
    ("235", 3, 1, 28, False),
    ("240", 3, 1, 30, False),
    ("241", 3, 1, 30, False),
    ("242", 3, 1, 6, True),
    ("243", 3, 1, 20, False),
    ("250", 3, 1, 30, False),
    ("251", 3, 1, 30, False),
    ("30", 2, 1, 8, True),  # count
    ("31", 4, 6, 6, True),  # weights and measures
    ("32", 4, 6, 6, True),
    ("33", 4, 6, 6, True),
    ("34", 4, 6, 6, True),
    ("35", 4, 6, 6, True),
    ("36", 4, 6, 6, True),
    ("37", 2, 1, 8, True),
    ("400", 3, 1, 30, False),
    ("41", 3, 13, 13, True),  # places
    ("422", 3, 3, 3, True),  # made in
    ("7003", 4, 10, 10, True),  # expires, with hour and minute
    ("7006", 4, 6, 6, True),
    ("710", 3, 1, 20, False),  # national numbers of medicines
    ("711", 3, 1, 20, False),
    ("712", 3, 1, 20, False),
    ("713", 3, 1, 20, False),
    ("714", 3, 1, 20, False),
    ("715", 3, 1, 20, False),
    ("8005", 4, 6, 6, True),
    ("8008", 4, 8, 12, True),
    ("8020", 4, 1, 25, False),
    ("90", 2, 1, 30, False),
    *((f"9{n}", 2, 1, 90, False) for n in range(1, 10)),
)
# Where separators were swallowed, a batch or a serial may have run into one of these: what packages of medicine carry.
_RAN_INTO = ("10", "11", "17", "21")
_SYMBOLOGY = re.compile(r"^\](?:C1|d2|Q3|e0|J1)")
_BRACKETS = re.compile(r"\((\d{2,4})\)([^(]*)")
_MOST, _MOST_WAYS = 200, 8


class BadCode(ValueError):
    """It begins as a GS1 code and can't be read: damaged, or the scanner leaves the separator out."""


@dataclass(frozen=True, slots=True)
class Package:
    """What stands on a package. `gtin` has 14 digits; "" and None: it isn't there."""

    gtin: str
    batch: str = ""
    expires_on: dt.date | None = None
    serial: str = ""
    elements: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """In brackets, as people and forms can carry it: (01)…(17)…(10)…"""
        return "".join(f"({name}){value}" for name, value in self.elements.items())


def check_digit(digits: str) -> int:
    """The last digit of a GTIN (or SSCC) whose others these are."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def is_gtin(digits: str) -> bool:
    """Whether these are a GTIN of 8, 12, 13 or 14 digits with its check digit."""
    known = digits.isascii() and digits.isdigit() and len(digits) in {8, 12, 13, 14}
    return known and int(digits[-1]) == check_digit(digits[:-1])


def read_package(code: str, today: dt.date) -> list[Package]:
    """What the code says: nothing where it is no GS1 code (our own labels, wristbands), one package, or, where the scanner
    swallowed the separators, each way to read it, the standard's own first. Raises BadCode.
    """
    code = code.strip(" \t\r\n")[:_MOST].replace("<GS>", GS).replace("\u241d", GS)
    named = _SYMBOLOGY.match(code) is not None or code.startswith(GS)
    is_separated = GS in code
    code = _SYMBOLOGY.sub("", code).lstrip(GS)
    if code.startswith("("):
        return [_package(_bracketed(code), today)]
    if len(code) in {13, 14} and is_gtin(code) and code.strip("0"):
        return [_package({"01": code.rjust(14, "0")}, today)]
    if not named and not (re.match(r"01\d{14}", code) and is_gtin(code[2:16])):
        return []  # digits of something else
    if is_separated:
        return [_package(_elements(code), today)]
    return _ways(code, today)


def _ways(code: str, today: dt.date) -> list[Package]:
    """Every way to read a code that came without separators."""
    found: list[Package] = []
    for elements in _unseparated(code, frozenset()):
        try:
            package = _package(elements, today)
            _day(elements.get("11", f"{today:%y%m%d}"), today)
        except BadCode:
            continue
        if package not in found:
            found.append(package)
    if not 1 <= len(found) <= _MOST_WAYS:
        raise BadCode(code)
    return found


def _unseparated(code: str, seen: frozenset[str], *, ran_into: bool = False) -> Iterator[dict[str, str]]:
    """The elements, each value of variable length ending where the code does, or before one that packages carry."""
    known = _known(code)
    if known is None:
        if not ran_into:
            yield {}  # of unknown length: nothing after it can be told apart
        return
    _start, named, least, most, is_digits = known
    name, rest = code[:named], code[named:]
    ends = [most] if least == most else [len(rest)]
    if name in {"10", "21"}:
        ends += [
            end
            for end in range(least, min(most, len(rest) - 2) + 1)
            if rest[end : end + 2] in _RAN_INTO and rest[end : end + 2] not in seen | {name}
        ]
    for end in ends:
        value, behind = rest[:end], rest[end:]
        if not least <= len(value) <= most or (is_digits and not value.isdigit()):
            continue
        is_cut = ran_into or least != most
        for others in _unseparated(behind, seen | {name}, ran_into=is_cut) if behind else [{}]:
            yield {name: value} | others | {name: value}


def _known(code: str) -> tuple[str, int, int, int, bool] | None:
    return next((one for one in _IDENTIFIERS if code.startswith(one[0])), None)


def _bracketed(code: str) -> dict[str, str]:
    if _BRACKETS.sub("", code):
        raise BadCode(code)
    return {name: value.strip(GS) for name, value in _BRACKETS.findall(code)}


def _elements(code: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while code:
        known = _known(code)
        if known is None:
            break  # of unknown length: nothing after it can be told apart
        _start, named, least, most, is_digits = known
        name, rest = code[:named], code[named:]
        value = rest[:most] if least == most else rest.split(GS, 1)[0]
        if not least <= len(value) <= most or GS in value or (is_digits and not value.isdigit()):
            raise BadCode(code)
        found.setdefault(name, value)
        code = rest[len(value) :].removeprefix(GS)
    return found


def _package(elements: dict[str, str], today: dt.date) -> Package:
    gtin = elements.get("01") or elements.get("02") or ""
    if not gtin.strip("0") or not is_gtin(gtin.rjust(14, "0")):
        raise BadCode(gtin)
    expiry = elements.get("17") or elements.get("7003", "")[:6]
    return Package(
        gtin=gtin.rjust(14, "0"),
        batch=elements.get("10", "")[:20],
        expires_on=_day(expiry, today) if expiry else None,
        serial=elements.get("21", "")[:20],
        elements=elements,
    )


def _day(text: str, today: dt.date) -> dt.date:
    """YYMMDD; day 00 is the month's last. The century is the nearest (7.12)."""
    if not re.fullmatch(r"\d{6}", text):
        raise BadCode(text)
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    century = today.year // 100 * 100
    away = year - today.year % 100
    century += -100 if away >= 51 else 100 if away <= -50 else 0
    try:
        return dt.date(century + year, month, day or calendar.monthrange(century + year, month)[1])
    except (ValueError, calendar.IllegalMonthError) as error:
        raise BadCode(text) from error
