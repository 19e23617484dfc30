"""The words that a catalogue is searched by."""

import re
import unicodedata

from emr.common.vietnamese import fold

_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")


def words(text: str) -> list[str]:
    """Lower case without accents, punctuation gone, a decimal comma as a point: "Kali 7,5 %" → ["kali", "7.5"]."""
    # NFKC first: "SpO₂" is typed "spo2". Plain English, half of ICD-10, needs none of it.
    plain = text.lower() if text.isascii() else fold(unicodedata.normalize("NFKC", text))
    return _WORD.findall(_DECIMAL_COMMA.sub(".", plain))


def compact(code: str) -> str:
    """A code as people type it in a hurry: "J18.9" → "j189"."""
    return code.lower().replace(".", "")


def search_text(code: str, display: str, display_en: str, aliases: str = "") -> str:
    """What `Concept.search_text` holds: a space before every word, so that `LIKE '% vie%'` finds beginnings of words."""
    lowered = code.lower()
    parts = [*words(display), *words(display_en), *words(aliases), lowered, compact(code)]
    return f" {' '.join(dict.fromkeys(parts))} "
