"""What is done to a document's bytes before they are drawn on somebody's screen; what is kept stays as it is."""

from collections.abc import Callable

from emr.accounts.models import User
from encounters.documents.models import Document

# (who looks, the document, its bytes) -> the bytes to show, or None where nothing is to be done.
Change = Callable[[User, Document, bytes], bytes | None]
_changes: dict[str, Change] = {}


def register_shown(name: str, change: Change) -> None:
    """Let a room above stamp what some people are shown; the same name again replaces it."""
    _changes[name] = change


def shown_to(user: User, document: Document, pdf: bytes) -> bytes:
    """The bytes that this person is shown."""
    for change in _changes.values():
        if (changed := change(user, document, pdf)) is not None:
            pdf = changed
    return pdf
