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

__all__ = ["begin", "end_all", "end_one", "forget_ended", "leave", "lock", "stay", "unlock"]
