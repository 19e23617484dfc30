"""Short words in what leaves the house (circular 32/2023/TT-BYT, Art. 52(2)(c); R-05), and what they mean.

`data/abbreviations.csv` ships the usual ones; a facility adds its own. A word is what stands between characters that are
neither letters nor digits, compared in NFC and as it is written: "THA" is one, "tha" and "THAI" aren't. What only looks like
one (two to six capitals without a reading) is told, never in the way.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SHIPPED = Path(__file__).with_name("data") / "abbreviations.csv"
# Letters that nobody reads as a short word: units, elements, blood groups, names of tests that have no others.
_NAMES = frozenset(
    """pH Hb CT MRI ICD HIV HCV HBV DNA RNA PCR SpO2 ECG EEG AB Rh BMI CRP AST ALT GGT LDL HDL TSH FT3 FT4 HbA1c INR
    COVID SARS BCG PSA CEA AFP HBsAg""".split()  # noqa: SIM905  a table to read
)
_ROMAN = re.compile(r"^[IVXLC]+$")
_WORD = re.compile(r"[^\W_]+(?:/[^\W_]+)?|∆")


@dataclass(frozen=True, slots=True)
class Found:
    """One short word of a text: where it stands, what it means; `full` is empty where nobody has said."""

    short: str
    full: str
    start: int
    end: int


@cache
def shipped() -> Mapping[str, str]:
    """{short: in full} as the release brings them."""
    with _SHIPPED.open(encoding="utf-8", newline="") as file:
        return {_nfc(row["short"]): row["full"] for row in csv.DictReader(file)}


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def find(text: str, known: Mapping[str, str], *, kept: Iterable[str] = ()) -> list[Found]:
    """The known short words of the text (as NFC) in their order; those in `kept` are left out."""
    leave = {_nfc(word) for word in kept}
    found = []
    for match in _WORD.finditer(_nfc(text)):
        for short, start in _parts(match):
            if short in known and short not in leave:
                found.append(Found(short, known[short], start, start + len(short)))
    return found


def _parts(match: re.Match[str]) -> list[tuple[str, int]]:
    """The word with a stroke if it is one, and what stands before and behind the stroke."""
    word = match.group()
    if "/" not in word:
        return [(word, match.start())]
    if word in shipped():
        return [(word, match.start())]
    front, _stroke, back = word.partition("/")
    return [(front, match.start()), (back, match.start() + len(front) + 1)]


def looks_short(text: str, known: Mapping[str, str], *, kept: Iterable[str] = ()) -> list[str]:
    """Words of two to six capitals that nobody has explained, each once; a text all in capitals has none."""
    text = _nfc(text)
    if text == text.upper():
        return []
    leave = {_nfc(word) for word in kept} | _NAMES | set(known)
    words = {
        word
        for match in _WORD.finditer(text)
        for word, _start in _parts(match)
        if 2 <= len(word) <= 6 and word.isalpha() and word.isupper() and not _ROMAN.match(word)
    }
    return sorted(words - leave)


def in_full(text: str, known: Mapping[str, str], *, kept: Iterable[str] = ()) -> str:
    """The text with its known short words written out; the first letter of a sentence stays a capital."""
    text = _nfc(text)
    for one in reversed(find(text, known, kept=kept)):
        before = text[: one.start].rstrip()
        begins = not before or before[-1] in ".!?\n"
        full = one.full[:1].upper() + one.full[1:] if begins else one.full
        text = text[: one.start] + full + text[one.end :]
    return text
