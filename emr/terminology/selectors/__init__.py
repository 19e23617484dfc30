"""Questions to the catalogues. `on` is the day that decides the meaning: an encounter's end (R-53), else today."""

from emr.terminology.selectors.checks import Codes, Level, Problem, check_code
from emr.terminology.selectors.lookup import choices, choices_by_system, concept, displays, valid_on
from emr.terminology.selectors.search import Match, search_concepts

__all__ = [
    "Codes",
    "Level",
    "Match",
    "Problem",
    "check_code",
    "choices",
    "choices_by_system",
    "concept",
    "displays",
    "search_concepts",
    "valid_on",
]
