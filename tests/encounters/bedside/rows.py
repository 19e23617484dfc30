"""One row of everything that a page of this room can be about, for tests that go through every address."""

import datetime as dt
import io
from typing import Any

from PIL import Image

from emr.accounts.models import User
from emr.common.clock import now
from emr.storage.services import store_bytes
from encounters.bedside.models import (
    CareColumn,
    ChartRemark,
    Execution,
    Handover,
    Outage,
    Precaution,
    Wound,
    WoundAssessment,
    WoundPhoto,
)
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


def photograph(width: int = 40, height: int = 30, kind: str = "JPEG", **told: Any) -> bytes:
    """A small picture, brighter to the right; `told` goes to Pillow (exif)."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    kept = io.BytesIO()
    picture.save(kept, kind, **told)
    return kept.getvalue()


def _care_rows(entry: Document, by: User, word: str) -> dict[str, Any]:
    """A care column, a remark on the chart, a wound with a photograph."""
    stay = entry.encounter
    whose = {"facility": stay.facility, "encounter": stay}
    moment = now() - dt.timedelta(hours=1)
    wound = Wound.objects.create(
        **whose, patient_id=stay.patient_id, kind="pressure", site="heel", place=f"{word}MARK", author=by
    )
    look = WoundAssessment.objects.create(
        facility=stay.facility, wound=wound, happened_at=moment, tissue=f"{word}MARK", author=by
    )
    return {
        "column_uuid": CareColumn.objects.create(
            **whose,
            patient_id=stay.patient_id,
            department=stay.department,
            level="2",
            happened_at=moment,
            items={"intervention": f"Xoay trở {word}MARK"},
            author=by,
        ),
        "remark_uuid": ChartRemark.objects.create(
            **whose, department=stay.department, nurse=by, text=f"Ghi lại {word}MARK", made_by=by
        ),
        "wound_uuid": wound,
        "assessment_uuid": look,
        "photo_uuid": WoundPhoto.objects.create(
            facility=stay.facility,
            assessment=look,
            position=1,
            attachment=store_bytes(photograph(), content_type="image/jpeg", facility=stay.facility),
            width=40,
            height=30,
        ),
    }


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
    return _care_rows(entry, by, word) | {
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
