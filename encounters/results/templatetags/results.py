"""How a finding reads in a row."""

from django import template
from django_stubs_ext import StrOrPromise

from encounters.results.flags import WORDS
from encounters.results.models import Finding
from encounters.results.selectors.reports import value_text as text_of

register = template.Library()


@register.filter
def value_text(finding: Finding) -> str:
    """The value with its unit."""
    return f"{text_of(finding)} {finding.unit}".strip()


@register.filter
def flag_sign(finding: Finding) -> str:
    """An arrow or mark beside the value."""
    return WORDS.get(finding.flag, ("", ""))[0]


@register.filter
def flag_word(finding: Finding) -> StrOrPromise:
    """The flag in words, for who doesn't see the sign."""
    return WORDS.get(finding.flag, ("", finding.flag))[1]
