"""Briefings and books on paper: asked for, made by a worker, kept once, or called off."""

from collections.abc import Callable

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.boards.models import BoardPrint
from encounters.boards.paper import Content
from encounters.documents.services import prints

NOUN = "board_print"
# Lines of a book on one print: about a hundred sheets.
MOST_LINES = 2000


@transaction.atomic
def request_board_print(*, kind: BoardPrint.Kind, content: Content, by: User) -> BoardPrint:
    """Ask for paper of this content; DomainError where there is nothing to print, or too much for one print."""
    if not content["rows"]:
        raise DomainError(_("No line fits: there is nothing to print."), code="empty")
    if len(content["rows"]) > MOST_LINES:
        raise DomainError(
            _("More than %d lines: choose fewer days, and print in parts.") % MOST_LINES, code="too_long"
        )
    row = BoardPrint(facility_id=by.facility_id, kind=kind)
    found = prints.ask_for(row, content=content, noun=NOUN, by=by)
    detail = {"kind": kind.value, "title": content["header"]["title"], "count": len(content["rows"])}
    record("board_print.request", by=by, of=found, detail=detail)
    return found


def resume_board_print(*, board_print: BoardPrint, by: User) -> BoardPrint:
    """Make a print that was called off or failed after all."""
    return prints.resume(board_print, noun=NOUN, by=by)


def cancel_board_print(*, board_print: BoardPrint, by: User) -> BoardPrint:
    """Call it off; what is ready stays."""
    return prints.cancel(board_print, noun=NOUN, by=by)


def render_board_print(board_print: BoardPrint, on_step: Callable[[int], None]) -> bytes:
    """The PDF/A, from frozen data alone. `on_step(pages so far)` at each page."""
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.documents.rendering import FORM, render_pdf, steps_told  # noqa: PLC0415

    with override("vi"):
        context = board_print.content | {"digest": board_print.digest[:12], "kind": board_print.kind}
        html = render_to_string("encounters/boards/print/sheet.html", context)
    with steps_told(on_step):
        return render_pdf(
            html, identifier=bytes.fromhex(board_print.digest)[:16], stylesheets=(*FORM, "boards.css")
        )
