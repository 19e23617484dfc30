"""One row of everything that a page of this room can be about, for tests that go through every address."""

import uuid
from typing import Any

from emr.accounts.models import User
from encounters.attestations import services
from encounters.attestations.models import Abbreviation
from encounters.visits.models import Encounter
from tests.encounters.attestations.papers import freeze, issue


def build_paper_rows(stay: Encounter, by: User) -> dict[str, Any]:
    """An appointment that was issued and handed over, and a referral that is being written."""
    issued = services.begin_paper(encounter=stay, kind="TT01-V", by=by)
    freeze(issued, by)
    issue(issued)
    services.hand_over(
        paper=issued,
        key=uuid.uuid4(),
        receiver_name="Người nhà",
        relationship="con",
        id_number="",
        copies=1,
        by=by,
    )
    draft = services.begin_paper(encounter=stay, kind="TT01-VI", by=by)
    return {"attestation_uuid": issued, "paper_document_uuid": draft.document}


def make_word(by: User) -> Abbreviation:
    """A short word of the hospital's own."""
    return services.add_abbreviation(short="VTTG", full="viêm tai trung gian", by=by)
