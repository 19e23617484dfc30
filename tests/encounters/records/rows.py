"""One row of everything that a page of this room can be about, for tests that go through every address."""

import datetime as dt
from typing import Any

from emr.accounts.models import User
from emr.common.clock import local_today, now
from encounters.records.models import DisposalLine, DisposalMinutes, Keeping, Loan
from encounters.visits.models import Encounter


def build_record_rows(stay: Encounter, by: User, word: str) -> dict[str, Any]:
    """A folder, a lending that waits, minutes that name the stay."""
    Keeping.objects.create(
        facility=stay.facility, encounter=stay, is_hybrid=True, barcode=f"HS{stay.pk}", shelf="K1"
    )
    loan = Loan.objects.create(
        facility=stay.facility,
        encounter=stay,
        kind=Loan.Kind.FOLDER,
        outsider=f"Tòa án {word}MARK",
        purpose="Thu thập chứng cứ",
        ends_at=now() + dt.timedelta(days=3),
        asked_by=by,
    )
    minutes = DisposalMinutes.objects.create(
        facility=stay.facility,
        number=f"BBH{word}",
        decision_number=f"QĐ {word}",
        decided_on=local_today(),
        members="Hội đồng",
        prepared_by=by,
    )
    DisposalLine.objects.create(facility=stay.facility, minutes=minutes, encounter=stay)
    return {"loan_uuid": loan, "minutes_uuid": minutes}
