"""One row of everything that a page of this room can be about, for tests that go through every address."""

import uuid
from typing import Any

from emr.accounts.models import User
from emr.common.clock import now
from emr.storage.services import store_bytes
from encounters.scanning.models import Paper, PaperEvent, ScanBatch, ScannedPage
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.bedside.rows import photograph


def build_scanning_rows(stay: Encounter, by: User, word: str = "") -> dict[str, Any]:
    """{part of an address: row}: a page not filed, paper to check, paper sealed; `word` stands in every text."""
    whose = {"facility": stay.facility, "patient_id": stay.patient_id, "encounter": stay}

    def kept(data: bytes, kind: str = "image/jpeg") -> Any:
        return store_bytes(data, content_type=kind, facility=stay.facility)

    batch = ScanBatch.objects.create(
        **whose,
        key=uuid.uuid4(),
        name=f"{word}MARK.jpg",
        original=kept(photograph()),
        uploaded_by=by,
        code="40/BV2",
        status="done",
        page_count=3,
        pages_read=3,
    )

    def page(number: int, **more: Any) -> ScannedPage:
        return ScannedPage.objects.create(
            facility=stay.facility,
            batch=batch,
            number=number,
            image=kept(photograph()),
            thumbnail=kept(photograph()),
            **more,
        )

    unfiled = page(1)
    checker = make_user(f"kiem{word}".lower(), f"Người kiểm {word}", None, stay.department or by.facility)
    common = {"department": stay.department, "code": "40/BV2", "created_by": by, "shelf": f"Giá {word}MARK"}
    waiting = Paper.objects.create(**whose, **common)
    sealed = Paper.objects.create(
        **whose,
        **common,
        status="sealed",
        checked_by=checker,
        checked_at=now(),
        sealed=kept(b"%PDF-1.7", "application/pdf"),
        sealed_at=now(),
    )
    filed = [
        page(number, paper=paper, place=1, patient_id=stay.patient_id)
        for number, paper in ((2, waiting), (3, sealed))
    ]
    for paper in (waiting, sealed):
        PaperEvent.objects.create(facility=stay.facility, paper=paper, verb="file", by=by)
    return {"batch_uuid": batch, "page_uuid": unfiled, "paper_uuid": sealed, "sheet_uuid": filed[1]}
