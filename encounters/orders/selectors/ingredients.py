"""What a medicine is made of, in a form in which two lists agree."""

import re
from collections.abc import Mapping
from typing import Any

from emr.common.vietnamese import fold

# Groups of the medicines' catalogue whose days of use are counted and printed (TT 23/2011/TT-BYT, article 3): radioactive,
# narcotic, psychotropic, antibiotic, tuberculosis, corticoid. Compared without accents, by their beginning.
_COUNTED = (
    "khang sinh",
    "corticoid",
    "giam dau opioid",
    "gay nghien",
    "huong than",
    "huong tam than",
    "chong lao",
    "dieu tri lao",
    "phong xa",
)
_DOUBLED = re.compile(r"([a-z])\1+")
_BRACKETS = re.compile(r"\([^)]*\)")


def is_counted(properties: Mapping[str, Any]) -> bool:
    """Whether the day of use is printed for a medicine of the catalogue with these properties."""
    return fold(str(properties.get("group", ""))).startswith(_COUNTED)


def plain(name: str) -> str:
    """A substance without accents, brackets and doubled letters: "Penicillin V (K)" → "penicilin v"."""
    return _DOUBLED.sub(r"\1", fold(_BRACKETS.sub(" ", name)).strip())


def parts(ingredient: str) -> list[str]:
    """The substances of a combination: "Amoxicilin + acid clavulanic" → ["amoxicilin", "acid clavulanic"]."""
    return [part for piece in _BRACKETS.sub(" ", ingredient).split("+") if (part := plain(piece))]
