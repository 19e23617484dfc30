"""Verbs of papers handed out: begin, number, issue, issue again, take back, hand over."""

from encounters.attestations.services.handing import add_abbreviation, hand_over, remove_abbreviation
from encounters.attestations.services.issuing import (
    begin_paper,
    give_number,
    mark_issued,
    reissue_paper,
    take_back,
)
from encounters.attestations.services.wording import keep_words, write_in_full

__all__ = [
    "add_abbreviation",
    "begin_paper",
    "give_number",
    "hand_over",
    "keep_words",
    "mark_issued",
    "reissue_paper",
    "remove_abbreviation",
    "take_back",
    "write_in_full",
]
