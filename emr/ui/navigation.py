"""What the rooms hang on the shell: main navigation, panels of the home page, sections of a chart.

A room registers in `AppConfig.ready()`; nothing here knows any room. A right is the plain string of the
room's `permissions.py`. An entry whose URL name doesn't exist (yet) is left out instead of breaking pages.

    from emr.ui.navigation import Link, Panel, Section, register
    register(Link(_("Patients"), "patients:registry:search", right=READ, icon="people", key="p", order=10))
    register(Panel(_("Waiting for my signature"), "signatures:signing:waiting", right=SIGN, order=20))
    register(Section(_("Documents"), "encounters:documents:list", right=READ, scope="encounter"))
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, cast

from django.urls import NoReverseMatch, get_urlconf, reverse

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class _Entry:
    right: str
    order: int = 50
    icon: str = ""
    # Whom it is for, of those who hold the right: who holds it in departments, who in the whole facility, or anybody of
    # these; who holds it for listed charts alone has a page of their own, since every list would be empty for them.
    reach: Reach = "any"


Reach = Literal["any", "department", "facility", "listed"]


@dataclass(frozen=True)
class _Named:
    title: StrOrPromise
    url_name: str


@dataclass(frozen=True)
class Link(_Entry, _Named):
    """One place of the main navigation.

    `key`: the letter typed after `g` to go there; `badge`: URL name of a fragment with a count.
    """

    key: str = ""
    badge: str = ""


@dataclass(frozen=True)
class Panel(_Entry, _Named):
    """One card of the role's home; the page loads `url_name` by htmx.

    `width`: twelfths of the grid; `every`: seconds between refreshes, 0 for none.
    """

    width: int = 6
    every: int = 0


@dataclass(frozen=True)
class Section(_Entry, _Named):
    """One entry of the chart's left rail; its URL takes the uuid of the patient or of the encounter."""

    scope: Literal["patient", "encounter"] = "patient"
    key: str = ""


class _HasRights(Protocol):
    def has_right(self, right: str) -> bool: ...

    def departments_for(self, right: str) -> frozenset[int] | str: ...


EntryT = TypeVar("EntryT", Link, Panel, Section)
_entries: dict[tuple[type, str], Link | Panel | Section] = {}


def register(entry: Link | Panel | Section) -> None:
    """Add the entry; the same kind and URL name again replaces it (ready() may run twice in tests)."""
    _entries[type(entry), entry.url_name] = entry


def polled_names() -> set[str]:
    """URL names that pages ask again and again by themselves: cards that are refreshed, counts in the bar."""
    cards = {entry.url_name for entry in _entries.values() if isinstance(entry, Panel) and entry.every}
    return cards | {entry.badge for entry in _entries.values() if isinstance(entry, Link) and entry.badge}


def _allowed(request: HttpRequest, kind: type[EntryT]) -> list[EntryT]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    holder = cast("_HasRights", user)
    found = [entry for entry in _entries.values() if isinstance(entry, kind) and _is_for(holder, entry)]
    return sorted(found, key=lambda entry: (entry.order, entry.url_name))


def _is_for(holder: _HasRights, entry: _Entry) -> bool:
    if not holder.has_right(entry.right):
        return False
    reach = holder.departments_for(entry.right)
    if isinstance(entry, Section):
        return True
    if reach == frozenset() or entry.reach == "listed":
        return reach == frozenset() and entry.reach == "listed"
    in_departments = isinstance(reach, frozenset)
    return entry.reach == "any" or (entry.reach == "department") == in_departments


def address(url_name: str, *args: object) -> str:
    """The URL of that name, or "" when no room offers it."""
    return _reversed(url_name, *args) if args else _fixed(url_name, get_urlconf())


def _reversed(url_name: str, *args: object) -> str:
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


@cache
def _fixed(url_name: str, _urlconf: str | None) -> str:
    """Each page asks for three dozen addresses that never change."""
    return _reversed(url_name)


def links(request: HttpRequest) -> list[tuple[Link, str, bool]]:
    """The main navigation of this user: (link, address, whether the present page lies under it)."""
    found = [(link, url) for link in _allowed(request, Link) if (url := address(link.url_name))]
    # Of a place and one within it the inner one is where the person is.
    here = max((url for _link, url in found if request.path.startswith(url)), key=len, default="")
    return [(link, url, url == here) for link, url in found]


def panels(request: HttpRequest) -> list[tuple[Panel, str]]:
    """The cards of this user's home."""
    return [(panel, url) for panel in _allowed(request, Panel) if (url := address(panel.url_name))]


def sections(
    request: HttpRequest, *, patient: UUID | None, encounter: UUID | None
) -> list[tuple[Section, str, bool]]:
    """The rail of this chart: (section, address, whether it is the page shown)."""
    keys = {"patient": patient, "encounter": encounter}
    found = [
        (section, address(section.url_name, keys[section.scope]))
        for section in _allowed(request, Section)
        if keys[section.scope]
    ]
    return [(section, url, request.path == url) for section, url in found if url]
