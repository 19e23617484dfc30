"""Questions about specimens."""

from encounters.specimens.selectors.progress import progress_of, timeline_of
from encounters.specimens.selectors.wanted import Need, needs_of_stay
from encounters.specimens.selectors.worklist import Chip, Row, WorklistFilter, chips, rows_of, wanted_stays

__all__ = [
    "Chip",
    "Need",
    "Row",
    "WorklistFilter",
    "chips",
    "needs_of_stay",
    "progress_of",
    "rows_of",
    "timeline_of",
    "wanted_stays",
]
