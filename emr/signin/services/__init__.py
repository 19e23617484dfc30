"""Verbs of coming in and going out."""

from emr.signin.services.sessions import (
    begin,
    end_all,
    end_one,
    forget_ended,
    leave,
    lock,
    stay,
    unlock,
)
from emr.signin.services.switching import (
    forgive_pin,
    has_pin,
    holder_of,
    issue_badge,
    keep_pin,
    revoke_badge,
    set_pin,
    take_over,
    uses_pin,
)

__all__ = [
    "begin",
    "end_all",
    "end_one",
    "forget_ended",
    "forgive_pin",
    "has_pin",
    "holder_of",
    "issue_badge",
    "keep_pin",
    "leave",
    "lock",
    "revoke_badge",
    "set_pin",
    "stay",
    "take_over",
    "unlock",
    "uses_pin",
]
