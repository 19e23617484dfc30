"""Verbs of a record: its steps, what comes late, how it is kept, to whom it is lent."""

from encounters.records.services.disposing import (
    approve_disposal,
    cancel_disposal,
    has_part,
    prepare_disposal,
)
from encounters.records.services.keeping import hold, keep_paper, release_hold, set_classes
from encounters.records.services.late import begin_addendum
from encounters.records.services.lending import approve_loan, ask_for_loan, refuse_loan, return_loan
from encounters.records.services.moving import NotComplete, fault_list, refusal_of, take_step

__all__ = [
    "NotComplete",
    "approve_disposal",
    "approve_loan",
    "ask_for_loan",
    "begin_addendum",
    "cancel_disposal",
    "fault_list",
    "has_part",
    "hold",
    "keep_paper",
    "prepare_disposal",
    "refusal_of",
    "refuse_loan",
    "release_hold",
    "return_loan",
    "set_classes",
    "take_step",
]
