"""How the application of a message can end, apart from "applied"."""

from typing import Any


class CannotApply(Exception):
    """The message can't be used: to the dead-letter desk, for this reason (a code of transport.reasons)."""

    def __init__(self, reason: str, **detail: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class NotYet(CannotApply):
    """Something must come first that hasn't come: wait a while, then to the dead-letter desk."""
