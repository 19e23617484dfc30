"""Verbs of this room."""

from integrations.loading.services.running import (
    apply_next,
    check_next,
    note_unreadable,
    start,
    stop,
    take_file,
)

__all__ = ["apply_next", "check_next", "note_unreadable", "start", "stop", "take_file"]
