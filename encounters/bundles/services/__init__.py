"""A record as one sealed file, and extracts of it: asked for, decided, made, handed out."""

from encounters.bundles.services.extracting import ask_extract, decide_extract, withdraw_extract
from encounters.bundles.services.making import (
    cancel_bundle,
    keep_bundle,
    make_bundle,
    request_bundle,
    resume_bundle,
)

__all__ = [
    "ask_extract",
    "cancel_bundle",
    "decide_extract",
    "keep_bundle",
    "make_bundle",
    "request_bundle",
    "resume_bundle",
    "withdraw_extract",
]
