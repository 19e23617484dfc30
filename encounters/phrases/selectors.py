"""Phrases as they are looked for and as they open."""

from emr.accounts.models import User
from emr.common.vietnamese import fold
from encounters.phrases.access import phrases_for
from encounters.phrases.models import Phrase


def phrases_of(user: User, words: str = "") -> list[Phrase]:
    """Those that hold all the words, with or without accents, by abbreviation; one's own first. One query."""
    wanted = fold(words).removeprefix(".").split()
    found = [
        phrase
        for phrase in phrases_for(user).order_by("abbreviation", "department_id")
        if all(word in f"{phrase.abbreviation} {fold(phrase.text)}" for word in wanted)
    ]
    return sorted(found, key=lambda phrase: (phrase.abbreviation, phrase.owner_id is None))


def texts_of(user: User) -> list[dict[str, str]]:
    """What opens as the person types: [{"short", "typed", "text"}]; of two with one abbreviation the person's own."""
    own_last = sorted(phrases_for(user), key=lambda phrase: phrase.owner_id is not None)
    by_short = {
        phrase.abbreviation: {"short": phrase.abbreviation, "typed": phrase.typed, "text": phrase.text}
        for phrase in own_last
    }
    return [by_short[short] for short in sorted(by_short)]
