"""What rooms above hang on a form: rows that are written once, there, and composed into the document here.

The treatment-sheet entry's orders are rows of `encounters.orders`; the form says where they stand, that room says what
they are. Registered in AppConfig.ready(), so that this room needs to know none of them.
"""

from collections.abc import Callable
from typing import Any, Protocol

from django.db.models import QuerySet

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentVersion


class Section(Protocol):
    """One room's part of a form. `name` is the slot in the Questionnaire where it is shown and printed."""

    name: str
    # Fragments; they get `document` and `section` (what `compose` gave). The editor is loaded by htmx.
    print_template: str
    editor_url_name: str

    def compose(self, document: Document) -> dict[str, Any]:
        """The rows as JSON, complete enough to print them for ever. Called when a version is frozen, or looked at."""
        ...

    def problems(self, document: Document) -> list[str]:
        """What must be put right before the document is frozen, in words."""
        ...

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """Begin the target's rows from an earlier document's (yesterday's entry)."""
        ...

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """The document was frozen: rows take effect, in the same transaction."""
        ...

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """The document never held: its rows don't either."""
        ...


_sections: dict[str, list[Section]] = {}
# Keeps the documents that tomorrow's may begin from; a room above takes out what stands beside the course.
Narrow = Callable[[QuerySet[Document]], QuerySet[Document]]
_narrowing: dict[str, Narrow] = {}


def register_source_rule(name: str, narrow: Narrow) -> None:
    """Leave documents out that no later one is begun from; the same name again replaces it."""
    _narrowing[name] = narrow


def sources(found: QuerySet[Document]) -> QuerySet[Document]:
    """Those of the documents that a later one may begin from."""
    for narrow in _narrowing.values():
        found = narrow(found)
    return found


def register_section(code: str, section: Section) -> None:
    """Add a section to the forms of that code; the same name again replaces it."""
    others = [known for known in _sections.get(code, []) if known.name != section.name]
    _sections[code] = [*others, section]


def sections_of(code: str) -> list[Section]:
    """The sections of a form."""
    return _sections.get(code, [])
