"""What a person types into the one search box: words of a name, numbers, a year or a date of birth."""

import datetime as dt
import re
from dataclasses import dataclass

from emr.common.vietnamese import fold

_YEAR = re.compile(r"(?:18|19|20)\d\d", re.ASCII)
_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
_NOT_A_LETTER = re.compile(r"[^\w]|_|\d")
_SEPARATORS = re.compile(r"[\s.\-/()+]+")
_MOST_WORDS = 8
_LEAST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """`words`: folded beginnings of words of the name; `number`: without blanks, upper case; both must fit when given."""

    words: tuple[str, ...] = ()
    number: str = ""
    birth_year: int | None = None
    birth_date: dt.date | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: no word and no number long enough."""
        return not self.words and not self.number


def _birth_date(text: str) -> dt.date | None:
    if not (found := _DATE.fullmatch(text)):
        return None
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def parse_terms(text: str) -> Terms:
    """Sort what was typed into words, a number and a hint of the birth; never raises.

    "dao 1987": a name and a year. "0912 345 678" or "1987" alone: a number. "dao 14/03/1957": a name and a date.
    """
    folded = fold(text[:200])
    compact = _SEPARATORS.sub("", folded)
    if compact.isascii() and compact.isdigit() and not _DATE.fullmatch(folded):
        return Terms(number=compact) if len(compact) >= _LEAST_DIGITS else Terms()
    words: list[str] = []
    number, year, date = "", None, None
    for token in folded.split(" "):
        if born := _birth_date(token):
            date = born
        elif _YEAR.fullmatch(token) and year is None:
            year = int(token)
        elif any(c.isdigit() for c in token) and token.isascii():
            number = _SEPARATORS.sub("", token).upper()
        else:
            words += [word for word in _NOT_A_LETTER.sub(" ", token).split() if word]
    if len(number) < _LEAST_DIGITS:
        number = ""
    if not words and not number and year is not None:
        number, year = str(year), None
    return Terms(tuple(words[:_MOST_WORDS]), number, year, date)
