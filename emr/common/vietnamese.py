"""Vietnamese names: their order and their search form.

PostgreSQL builds without ICU can't sort Vietnamese, so the order is stored beside the name.
"""

import re
import unicodedata
from string import digits

# The alphabet's order; a letter's place decides before any tone does.
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: f"{index + 1:02d}" for index, letter in enumerate(_LETTERS)}
# Dictionary order of tones: ngang, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SPACES = re.compile(r"\s+")


def tidy(name: str) -> str:
    """The name in NFC, with single spaces and nothing that can't be seen."""
    visible = "".join(
        c
        for c in unicodedata.normalize("NFC", name)
        if unicodedata.category(c) not in {"Cc", "Cf"} or c.isspace()
    )
    return _SPACES.sub(" ", visible).strip()


def fold(text: str) -> str:
    """The search form: lower case, no accents, đ as d, single spaces ("NGUYỄN Thị Đào" → "nguyen thi dao")."""
    lowered = unicodedata.normalize("NFD", tidy(text).lower()).replace("đ", "d")
    return "".join(c for c in lowered if not unicodedata.combining(c))


def _word_key(word: str) -> tuple[str, str]:
    letters, tones = "", ""
    for character in unicodedata.normalize("NFC", word.lower()):
        base, tone = character, "0"
        parts = unicodedata.normalize("NFD", character)
        marks = [mark for mark in parts[1:] if mark in _TONES]
        if marks:
            tone = _TONES[marks[0]]
            base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in _TONES))
        if base in digits:
            letters += f"00{base}"
        else:
            letters += _RANK.get(base, "99")
        tones += tone
    return letters, tones


def sort_key(name: str) -> str:
    """Plain-ASCII key that sorts names as a Vietnamese register does: given name, then family, then middle names.

    All letters of all words are compared before any tone, as dictionaries do. What ends first comes first: the space that
    ends the letters sorts before the hyphen between words, that before any letter.
    """
    words = tidy(name).split(" ")
    ordered = [words[-1], *words[:-1]] if words else words
    keys = [_word_key(word) for word in ordered]
    return "-".join(letters for letters, _ in keys) + " " + "-".join(tones for _, tones in keys)
