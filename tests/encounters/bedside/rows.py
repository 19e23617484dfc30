"""One row of everything that a page of this room can be about, for tests that go through every address."""

import datetime as dt
from typing import Any

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside.models import Execution, Handover, Outage, Precaution
from encounters.documents.models import Document
from encounters.orders.models import ServiceRequest


def make_outage(by: User) -> Outage:
    """An hour of yesterday."""
    began_at = now() - dt.timedelta(days=1)
    return Outage.objects.create(
        facility=by.facility,
        began_at=began_at,
        ended_at=began_at + dt.timedelta(hours=1),
        reason="Mất điện",
        declared_by=by,
    )


def build_bedside_rows(entry: Document, by: User, word: str = "") -> dict[str, Any]:
    """{part of an address: row}; `word` stands in every text that may be seen by its own people alone."""
    stay = entry.encounter
    whose = {"facility": stay.facility, "encounter": stay}
    moment = now() - dt.timedelta(hours=1)
    order = ServiceRequest.objects.create(
        **whose,
        patient_id=stay.patient_id,
        entry=entry,
        position=9,
        category="care-level",
        text=f"Chăm sóc {word}MARK",
        status="active",
        requester=by,
        confirmed_by=by,
        confirmed_at=moment,
        placer_number=f"CS{word}"[:22],
    )
    make_outage(by)
    return {
        "precaution_uuid": Precaution.objects.create(
            **whose, patient_id=stay.patient_id, kind="fall", note=f"{word}MARK", set_by=by
        ),
        "execution_uuid": Execution.objects.create(
            **whose,
            patient_id=stay.patient_id,
            order=order,
            slot_at=moment,
            outcome="done",
            happened_at=moment,
            identified="scan",
            performer=by,
        ),
        "handover_uuid": Handover.objects.create(
            **whose,
            document=entry,
            department=stay.department,
            shift_name="Sáng",
            starts_at=moment,
            ends_at=now(),
            situation=f"Tình trạng {word}MARK",
            handed_by=by,
        ),
    }
