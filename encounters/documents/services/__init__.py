"""Verbs of clinical documents: begin, type, freeze, amend, take back, print."""

from encounters.documents.services.drafting import (
    DraftConflict,
    begin_document,
    copy_earlier,
    discard_draft,
    late_after_hours,
    save_draft,
)
from encounters.documents.services.freezing import (
    NotComplete,
    amend_document,
    enter_in_error,
    finalize_document,
)
from encounters.documents.services.moving import move_document
from encounters.documents.services.printing import mark_signed, render_version, store_rendering
from encounters.documents.services.sheets import (
    cancel_course_print,
    render_course_print,
    request_course_print,
    resume_course_print,
)

__all__ = [
    "DraftConflict",
    "NotComplete",
    "amend_document",
    "begin_document",
    "cancel_course_print",
    "copy_earlier",
    "discard_draft",
    "enter_in_error",
    "finalize_document",
    "late_after_hours",
    "mark_signed",
    "move_document",
    "render_course_print",
    "render_version",
    "request_course_print",
    "resume_course_print",
    "save_draft",
    "store_rendering",
]
