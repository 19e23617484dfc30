"""Sealing the log day by day; extracts of it under the seal; what patients confirmed, at once."""

from signatures.sealing.services.confirmations import keep_sealed, seal_confirmation
from signatures.sealing.services.extracts import keep_extract, make_extract, note_failure, request_extract
from signatures.sealing.services.seals import seal_days, stamp_seals

__all__ = [
    "keep_extract",
    "keep_sealed",
    "make_extract",
    "note_failure",
    "request_extract",
    "seal_confirmation",
    "seal_days",
    "stamp_seals",
]
