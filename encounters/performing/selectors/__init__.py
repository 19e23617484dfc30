"""Questions about what is to be performed here."""

from encounters.performing.selectors.analytes import Field, fields_of
from encounters.performing.selectors.reflexes import added_to, suggestions
from encounters.performing.selectors.worklist import STATES, held_report, phrases_for, worklist

__all__ = [
    "STATES",
    "Field",
    "added_to",
    "fields_of",
    "held_report",
    "phrases_for",
    "suggestions",
    "worklist",
]
