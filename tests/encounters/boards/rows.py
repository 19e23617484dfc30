"""One row of everything that a page of this room can be about, for tests that go through every address."""

from typing import Any

from emr.accounts.models import User
from encounters.boards.models import BoardPrint
from encounters.boards.services import request_board_print
from encounters.visits.models import Encounter


def build_board_rows(stay: Encounter, by: User, word: str) -> dict[str, Any]:
    """A print of a book's part that waits."""
    content = {
        "header": {"title": "Sổ tử vong", "facility": "BV", "period": "01/11/2026", "asked": by.titled_name},
        "columns": [{"title": "Họ tên", "width": 30}],
        "rows": [[f"{word}MARK {stay.identifier}"]],
        "notes": [],
        "for": str(by.uuid),
    }
    return {"board_print_uuid": request_board_print(kind=BoardPrint.Kind.BOOK, content=content, by=by)}
