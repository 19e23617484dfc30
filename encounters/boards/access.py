"""The only way to a print of this room: for who asked for it, as long as they hold the right."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.boards import permissions
from encounters.boards.models import BoardPrint

_RIGHTS = {BoardPrint.Kind.BRIEFING: permissions.READ, BoardPrint.Kind.BOOK: permissions.BOOKS}


def access_board_print(user: User, print_uuid: UUID) -> BoardPrint:
    """The person's own print of that public id; raises Denied (404 for another's)."""
    demand(user, permissions.READ)
    found = BoardPrint.objects.filter(uuid=print_uuid, facility_id=user.facility_id).first()
    if found is None or found.content["for"] != str(user.uuid):
        raise Denied("board_print.read", entity=found)
    demand(user, _RIGHTS[BoardPrint.Kind(found.kind)], of=found)
    return found
