"""Sealing the log day by day; extracts of it under the seal; what patients confirmed and checked paper, at once."""

from signatures.sealing.services.confirmations import keep_sealed, seal_confirmation
from signatures.sealing.services.extracts import keep_extract, make_extract, note_failure, request_extract
from signatures.sealing.services.papers import seal_paper
from signatures.sealing.services.seals import seal_days, stamp_seals

__all__ = [
    "keep_extract",
    "keep_sealed",
    "make_extract",
    "note_failure",
    "request_extract",
    "seal_confirmation",
    "seal_days",
    "seal_paper",
    "stamp_seals",
]
