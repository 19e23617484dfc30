"""Every view says who may come in; one that says nothing lets nobody in."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed-in"


def requires(right: str) -> Callable[[View], View]:
    """The right that a person needs, in any department, to enter; the record itself is reached through `access`."""

    def declare(view: View) -> View:
        view.required_right = right  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Anybody may enter: the short list of pages that work before sign-in."""
    return requires(PUBLIC)(view)


def signed_in(view: View) -> View:
    """Every member of staff who is signed in may enter."""
    return requires(SIGNED_IN)(view)


def polled(view: View) -> View:
    """Pages ask this by themselves, again and again: it is no sign of a person, and keeps no screen open (S-16)."""
    view.is_polled = True  # type: ignore[attr-defined]
    return view


def polled_fragment(view: View) -> View:
    """Of a view that answers its own page's fragment too: the fragment is polled, opening the page is a person's doing."""
    view.is_polled_fragment = True  # type: ignore[attr-defined]
    return view


def fresh(minutes: int) -> Callable[[View], View]:
    """Ask the person to prove again who they are unless they did so within so many minutes (S-22).

    For bulk export, emergency access, administration. Goes beside `requires`, which stays the right.
    """

    def declare(view: View) -> View:
        view.fresh_minutes = minutes  # type: ignore[attr-defined]
        return view

    return declare


def while_locked(view: View) -> View:
    """The view works on a locked screen: it shows nothing of any patient."""
    view.works_locked = True  # type: ignore[attr-defined]
    return view
