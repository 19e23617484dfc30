"""What this room does: drafts begun, changed step by step, published as versions that never change."""

from encounters.designing.services.drafting import (
    begin_copy,
    begin_draft,
    begin_new,
    discard_draft,
    take_in_file,
)
from encounters.designing.services.editing import (
    Heading,
    add_field,
    change_field,
    change_heading,
    move_field,
    remove_field,
    take_back,
    twin_field,
)
from encounters.designing.services.publishing import end_version, publish_draft

__all__ = [
    "Heading",
    "add_field",
    "begin_copy",
    "begin_draft",
    "begin_new",
    "change_field",
    "change_heading",
    "discard_draft",
    "end_version",
    "move_field",
    "publish_draft",
    "remove_field",
    "take_back",
    "take_in_file",
    "twin_field",
]
