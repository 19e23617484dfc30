"""How a tube reads in a row."""

from collections.abc import Mapping

from django import template

from encounters.specimens.tubes import words_of

register = template.Library()


@register.filter
def tube_words(code: str, made: str) -> str:
    """ "EDTA, blue cap"; `made`: the facility's setting."""
    return words_of(code, made)


@register.filter
def specimen_name(code: str, kinds: Mapping[str, str]) -> str:
    """The kind of specimen in words."""
    return kinds.get(code, code)
