"""A birth as people say and type it: a day, a month of a year, or the year alone."""

import datetime as dt
import re
from dataclasses import dataclass

from emr.common.clock import local_today

_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})", re.ASCII)
_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{1,2})[/.\- ](\d{4})", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Birth:
    """As exact as it is known; all None: unknown."""

    birth_date: dt.date | None = None
    birth_month: int | None = None
    birth_year: int | None = None


def _full_year(text: str) -> int:
    """Two digits mean the last such year that isn't in the future."""
    if len(text) == 4:
        return int(text)
    century = local_today().year // 100 * 100
    year = century + int(text)
    return year if year <= local_today().year else year - 100


def parse_birth(text: str) -> Birth:
    """Read 14/03/1957, 14031957, 140357, 03/1957 or 1957; raises ValueError for anything else, "" is unknown."""
    text = text.strip()
    if not text:
        return Birth()
    if found := _DAY.fullmatch(text) or _DIGITS.fullmatch(text):
        date = dt.date(_full_year(found[3]), int(found[2]), int(found[1]))
        return Birth(date, date.month, date.year)
    if found := _MONTH.fullmatch(text):
        month = int(found[1])
        if not 1 <= month <= 12:
            raise ValueError(text)
        return Birth(None, month, int(found[2]))
    if _YEAR.fullmatch(text):
        return Birth(None, None, int(text))
    raise ValueError(text)
