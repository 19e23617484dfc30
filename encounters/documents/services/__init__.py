"""Verbs of clinical documents: begin, type, freeze, amend, take back, print."""

from encounters.documents.services.drafting import (
    DraftConflict,
    begin_document,
    copy_earlier,
    discard_draft,
    save_draft,
)
from encounters.documents.services.freezing import (
    NotComplete,
    amend_document,
    enter_in_error,
    finalize_document,
)
from encounters.documents.services.printing import mark_signed, render_version, store_rendering

__all__ = [
    "DraftConflict",
    "NotComplete",
    "amend_document",
    "begin_document",
    "copy_earlier",
    "discard_draft",
    "enter_in_error",
    "finalize_document",
    "mark_signed",
    "render_version",
    "save_draft",
    "store_rendering",
]
