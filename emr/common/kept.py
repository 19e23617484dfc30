"""What somebody chose in a list's filter. It travels by POST, since a name never stands in an address, and is kept."""

from collections.abc import Sequence

from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy

FIELDS = ("chip", "department", "q", "page")


def keep_filter(request: StaffRequest, name: str, fields: Sequence[str] = FIELDS) -> None:
    """Keep what was posted for this person's session, under the list's own name."""
    request.session[name] = {field: tidy(request.POST.get(field, ""))[:80] for field in fields}


def kept_filter(request: StaffRequest, name: str) -> dict[str, str]:
    """What was kept; empty at first."""
    kept: dict[str, str] = request.session.get(name, {})
    return kept
