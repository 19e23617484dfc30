"""Briefings and books on paper: watch it being made, call it off, take it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.doors import polled
from emr.common.http import StaffRequest
from emr.storage.services import read_bytes
from encounters.boards import permissions, services
from encounters.boards.access import access_board_print
from encounters.boards.models import BoardPrint


def _context(board_print: BoardPrint) -> dict[str, Any]:
    return {"board_print": board_print, "header": board_print.content["header"]}


@require_safe
@requires(permissions.READ)
def show(request: StaffRequest, board_print_uuid: UUID) -> HttpResponse:
    """The print: how far it is, then the paper."""
    board_print = access_board_print(request.user, board_print_uuid)
    record("board_print.read", by=request.user, of=board_print)
    return render(request, "encounters/boards/print.html", _context(board_print))


@polled
@require_safe
@requires(permissions.READ)
def state(request: StaffRequest, board_print_uuid: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    board_print = access_board_print(request.user, board_print_uuid)
    return render(request, "encounters/boards/_print.html", _context(board_print))


@require_POST
@requires(permissions.READ)
def cancel(request: StaffRequest, board_print_uuid: UUID) -> HttpResponse:
    """Call it off."""
    board_print = access_board_print(request.user, board_print_uuid)
    services.cancel_board_print(board_print=board_print, by=request.user)
    return redirect("encounters:boards:print", board_print.uuid)


@require_POST
@requires(permissions.READ)
def again(request: StaffRequest, board_print_uuid: UUID) -> HttpResponse:
    """Make a print that was called off or failed after all, as it was asked for."""
    board_print = access_board_print(request.user, board_print_uuid)
    services.resume_board_print(board_print=board_print, by=request.user)
    return redirect("encounters:boards:print", board_print.uuid)


@require_safe
@requires(permissions.READ)
def pdf(request: StaffRequest, board_print_uuid: UUID) -> HttpResponse:
    """The paper as it is kept."""
    board_print = access_board_print(request.user, board_print_uuid)
    if board_print.attachment is None:
        return HttpResponse(status=404)
    detail = {"sha256": board_print.attachment.sha256, "pages": board_print.pages}
    record("board_print.print", by=request.user, of=board_print, detail=detail)
    response = HttpResponse(read_bytes(board_print.attachment), content_type="application/pdf")
    kind = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{board_print.kind}-{board_print.digest[:12]}.pdf"'
    return response
