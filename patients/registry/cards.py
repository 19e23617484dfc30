"""What a scanner types: the QR line of a citizen card, and of a health insurance card.

Odd content warns and is kept for a person to look at; only text that can't be such a card at all raises UnreadableCard.
Nothing that is read is thrown away: fields beyond the known ones stay in `extra`.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from patients.registry import citizen

_LONGEST = 2000
_OLD_NUMBER = re.compile(r"\d{9}", re.ASCII)
_INSURANCE = re.compile(r"[A-Z]{2}\d{13}|\d{10}|\d{12}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_MALE, _FEMALE = "male", "female"


class UnreadableCard(DomainError):
    """The line is not a card's: say what to do instead."""


@dataclass(slots=True)
class Card:
    """What a card says. Empty or None: the card doesn't say it. `warnings` are for the clerk, none of them refuses."""

    kind: Literal["citizen", "insurance"]
    full_name: str = ""
    birth_date: dt.date | None = None
    birth_month: int | None = None
    birth_year: int | None = None
    sex: str = "unknown"
    address_text: str = ""
    citizen_number: str = ""
    old_citizen_number: str = ""
    insurance_number: str = ""
    issued_on: dt.date | None = None
    registered_facility: str = ""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    five_years_on: dt.date | None = None
    living_area: str = ""
    insurance_office: str = ""
    parent_name: str = ""
    extra: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def _fields(line: str) -> list[str]:
    if len(line) > _LONGEST:
        raise UnreadableCard(_("This is too long for a card. Scan again."), code="too_long")
    fields = [tidy(part) for part in line.replace("｜", "|").split("|")]
    if len(fields) < 6:
        raise UnreadableCard(
            _(
                "This is not the line of a card: parts are missing. Switch the Vietnamese input method off and scan "
                "again, or type the data."
            ),
            code="not_a_card",
        )
    return fields


def _date(text: str, card: Card, name: str) -> dt.date | None:
    """A day written ddMMyyyy or dd/MM/yyyy; anything else warns."""
    digits = re.sub(r"[/.\- ]", "", text)
    if not digits:
        return None
    try:
        if not re.fullmatch(r"\d{8}", digits, re.ASCII):
            raise ValueError
        return dt.date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        card.warnings.append(_("%(name)s can't be read: “%(text)s”.") % {"name": name, "text": text[:20]})
        return None


def _birth(text: str, card: Card) -> None:
    if re.fullmatch(r"(?:18|19|20|21)\d\d", text, re.ASCII):
        card.birth_year = int(text)
        return
    if re.fullmatch(r"00[/.]?00[/.]?\d{4}", text, re.ASCII):
        card.birth_year = int(text[-4:])
        return
    card.birth_date = _date(text, card, _("The birth date"))
    if card.birth_date and card.birth_date > local_today():
        card.warnings.append(_("The birth lies in the future."))
        card.birth_date = None
    if card.birth_date:
        card.birth_year, card.birth_month = card.birth_date.year, card.birth_date.month
    elif not text:
        card.warnings.append(_("The card says nothing of the birth."))


def parse_citizen_card(line: str) -> Card:
    """Read the QR of a citizen card (CCCD, căn cước); raises UnreadableCard for what has fewer than six fields.

    0 number, 1 former number or nothing, 2 name, 3 birth ddMMyyyy, 4 sex, 5 residence, 6 issued on; more is kept.
    Cards in the field lack the empty field 1: then the name stands second.
    """
    fields = _fields(line)
    card = Card("citizen", citizen_number=fields[0].replace(" ", ""))
    rest = fields[1:]
    if rest[0] and not rest[0].replace(" ", "").isdigit() and len(rest) < 6:
        rest = ["", *rest]
    old, name, birth, sex, address = rest[:5]
    card.full_name, card.address_text = name, address
    if old and _OLD_NUMBER.fullmatch(old):
        card.old_citizen_number = old
    elif old:
        card.warnings.append(_("The former number doesn't have 9 digits: “%(text)s”.") % {"text": old[:20]})
    _birth(birth, card)
    card.sex = {"nam": _MALE, "nu": _FEMALE}.get(fold(sex), "unknown")
    if card.sex == "unknown":
        card.warnings.append(_("The sex can't be read: “%(text)s”.") % {"text": sex[:20]})
    if len(rest) > 5:
        card.issued_on = _date(rest[5], card, _("The date of issue"))
    card.extra = tuple(rest[6:])
    if not name:
        card.warnings.append(_("The card shows no name."))
    elif any(c.isdigit() for c in name) or "?" in name or "\ufffd" in name:
        card.warnings.append(_("The name looks damaged; compare it with the card."))
    card.warnings += citizen.warnings_for(card.citizen_number, sex=card.sex, birth_year=card.birth_year)
    return card


def _hex_text(text: str, card: Card, name: str) -> str:
    """UTF-8 in hexadecimal; what isn't is shown as it came."""
    compact = text.replace(" ", "")
    if not compact or compact == "-":
        return ""
    if not _HEX.fullmatch(compact):
        card.warnings.append(_("%(name)s can't be decoded; compare it with the card.") % {"name": name})
        return text
    try:
        return tidy(bytes.fromhex(compact).decode("utf-8"))
    except UnicodeDecodeError:
        card.warnings.append(_("%(name)s can't be decoded; compare it with the card.") % {"name": name})
        return text


def parse_insurance_card(line: str) -> Card:
    """Read the QR of a health insurance card; raises UnreadableCard for what has fewer than six fields.

    0 card number, 1 name (hex), 2 birth, 3 sex (1 male), 4 address (hex), 5 facility, 6–7 valid, 8 issued, 9 office,
    10 parent's name (hex), 11 living area, 12 five years on; more, like the check text and "$", is kept.
    """
    fields = _fields(line)
    fields += [""] * (13 - len(fields))
    card = Card("insurance", insurance_number=fields[0].replace(" ", "").upper())
    if not _INSURANCE.fullmatch(card.insurance_number):
        card.warnings.append(_("The card number has neither 15 characters nor 10 or 12 digits."))
    elif citizen.digits_of(card.insurance_number):
        card.citizen_number = card.insurance_number
    card.full_name = _hex_text(fields[1], card, _("The name"))
    _birth(fields[2], card)
    card.sex = {"1": _MALE, "2": _FEMALE, "0": _FEMALE}.get(fields[3], _FEMALE)
    if fields[3] not in {"0", "1", "2"}:
        card.warnings.append(_("The sex can't be read: “%(text)s”.") % {"text": fields[3][:20]})
        card.sex = "unknown"
    card.address_text = _hex_text(fields[4], card, _("The address"))
    card.registered_facility = re.sub(r"[^0-9A-Za-z]", "", fields[5])[:5]
    card.valid_from = _date(fields[6], card, _("The first day of validity")) if fields[6] != "-" else None
    card.valid_until = _date(fields[7], card, _("The last day of validity")) if fields[7] != "-" else None
    card.issued_on = _date(fields[8], card, _("The date of issue")) if fields[8] != "-" else None
    card.insurance_office = fields[9] if fields[9] != "-" else ""
    card.parent_name = _hex_text(fields[10], card, _("The parent's name"))
    card.living_area = fields[11] if re.fullmatch(r"K[123]", fields[11]) else ""
    card.five_years_on = _date(fields[12], card, _("The five-year date")) if fields[12] != "-" else None
    card.extra = tuple(fields[13:])
    if not card.full_name:
        card.warnings.append(_("The card shows no name."))
    if card.valid_until and card.valid_until < local_today():
        card.warnings.append(_("The insurance card has expired."))
    return card


def is_card_line(text: str) -> bool:
    """Whether this was typed by a scanner rather than a person: a search box takes both."""
    return text.count("|") + text.count("｜") >= 5


def parse_card(line: str) -> Card:
    """Read whichever card it is: a citizen card begins with 12 digits and shows its name in letters."""
    fields = _fields(line)
    second = fields[1].replace(" ", "")
    looks_like_hex = len(second) >= 8 and _HEX.fullmatch(second) is not None and len(second) % 2 == 0
    by_number = bool(re.fullmatch(r"[A-Z]{2}\d{13}|\d{10}", fields[0].replace(" ", "").upper(), re.ASCII))
    is_old_number = bool(_OLD_NUMBER.fullmatch(second))
    if by_number or (looks_like_hex and not is_old_number):
        return parse_insurance_card(line)
    return parse_citizen_card(line)
