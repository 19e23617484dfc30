"""Verbs of specimens: labelled, collected, received, rejected, taken again; and what performers tell of requests."""

from encounters.specimens.services.collecting import (
    WrongPatient,
    collect_by_hand,
    collect_by_scan,
    enter_specimen_in_error,
    note_collected_elsewhere,
)
from encounters.specimens.services.labelling import count_labels, prepare_specimens
from encounters.specimens.services.performing import note_performer_step
from encounters.specimens.services.progress import note_step
from encounters.specimens.services.receiving import ask_again, receive_specimen, reject_specimen
from encounters.specimens.services.sharing import use_same_tube

__all__ = [
    "WrongPatient",
    "ask_again",
    "collect_by_hand",
    "collect_by_scan",
    "count_labels",
    "enter_specimen_in_error",
    "note_collected_elsewhere",
    "note_performer_step",
    "note_step",
    "prepare_specimens",
    "receive_specimen",
    "reject_specimen",
    "use_same_tube",
]
