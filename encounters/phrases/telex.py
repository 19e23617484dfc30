"""What a Vietnamese input method makes of an abbreviation before anybody sees it."""

import re

from emr.common.vietnamese import fold

_VOWELS = "aeiouy"
_TONES = "sfrxj"


def plain(text: str) -> str:
    """Lower case without accents: how an abbreviation is looked up."""
    return fold(text).strip()


def typed_in_telex(abbreviation: str) -> str:
    """The letters, without accents, that stand there after typing it with Telex on: `khoos` becomes "khố", so "kho".

    aa, ee, oo, dd give one letter; w is a horn or breve of the vowel before it, else ư; s f r x j after a vowel are tones.
    """
    letters = re.sub(r"aa|ee|oo|dd", lambda pair: pair[0][0], plain(abbreviation))
    made = ""
    for letter in letters:
        if letter == "w":
            made += "" if made and made[-1] in "aou" else "u"
        elif letter not in _TONES or not any(vowel in made for vowel in _VOWELS):
            made += letter
    return made
