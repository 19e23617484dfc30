"""Marks on this room's own views."""

from emr.common.doors import View


def unfinished(view: View) -> View:
    """The view works for who has yet to set up a second factor that the role asks for."""
    view.works_unfinished = True  # type: ignore[attr-defined]
    return view


def without_own_password(view: View) -> View:
    """The view works for who has come in by a first password and has yet to choose their own."""
    view.works_without_own_password = True  # type: ignore[attr-defined]
    return view
