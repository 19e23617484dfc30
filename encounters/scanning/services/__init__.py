"""Verbs of paper: bring it in, take it apart, file its pages, arrange them, check, seal, take back."""

from encounters.scanning.services.arranging import (
    Action,
    arrange,
    describe,
    restore_blank,
    set_aside,
)
from encounters.scanning.services.checking import accept, enter_in_error, hand_in, send_back
from encounters.scanning.services.filing import file_page
from encounters.scanning.services.making import keep_sealed, render_paper
from encounters.scanning.services.receiving import Upload, cancel_batch, read_batch, receive

__all__ = [
    "Action",
    "Upload",
    "accept",
    "arrange",
    "cancel_batch",
    "describe",
    "enter_in_error",
    "file_page",
    "hand_in",
    "keep_sealed",
    "read_batch",
    "receive",
    "render_paper",
    "restore_blank",
    "send_back",
    "set_aside",
]
