"""A mark on this room's own views."""

from emr.common.doors import View


def unfinished(view: View) -> View:
    """The view works for who has yet to set up a second factor that the role asks for."""
    view.works_unfinished = True  # type: ignore[attr-defined]
    return view
