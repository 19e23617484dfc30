"""One row of everything that a page of this room can be about, for tests that go through every address."""

import datetime as dt
from typing import Any

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from encounters.switching import services
from encounters.switching.models import Regulation, WardMode

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"


def decide(department: Organization, mode: str, by: User, *, days_ahead: int = 0) -> WardMode:
    """The next decision about the department."""
    return services.set_mode(
        department=department,
        mode=mode,
        begins_on=local_today() + dt.timedelta(days=days_ahead),
        decision_number="12/QĐ-BV",
        decided_by="BSCKII. Đỗ Thu Hà, Giám đốc",
        by=by,
        after=WardMode.objects.filter(department=department).count(),
    )


def issue(facility: Organization, by: User, **told: Any) -> Regulation:
    """The facility's next version of its rules."""
    today = local_today()
    known = {
        "number": "45/QĐ-BV",
        "issued_on": today - dt.timedelta(days=3),
        "begins_on": today,
        "signer": "BSCKII. Đỗ Thu Hà, Giám đốc",
        "summary": "",
        "data": PDF,
        "after": Regulation.objects.filter(facility=facility).count(),
    }
    return services.issue_regulation(facility=facility, by=by, **(known | told))
