"""A consent put before bà Đào: written by An, rendered, ready for Bình to hand over."""

import json
import uuid
from typing import Any

from emr.accounts.models import User
from encounters.consents.models import Confirmation
from encounters.consents.services import Signer, Told, confirm
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from tests.encounters.chart import draft_of
from tests.signatures.support import base_pdf

GENERAL, SURGERY = "40/BV2", "01/BV2"
_PLAN = {"a/told.plan/0": ["Kháng sinh đường tĩnh mạch 7 ngày."]}
_SURGERY = {
    "a/diagnosis.text/0": ["Viêm ruột thừa cấp"],
    "a/procedure.name/0": ["Phẫu thuật nội soi cắt ruột thừa"],
    "a/told.benefit/0": ["Loại bỏ ổ viêm"],
    "a/told.risks/0": ["Chảy máu, nhiễm khuẩn vết mổ"],
    "a/told.refusal/0": ["Viêm phúc mạc"],
}
ANSWERS = {GENERAL: _PLAN, SURGERY: _SURGERY}


def make_paper(stay: Encounter, by: User, code: str = GENERAL, *, rendered: bool = True) -> Document:
    """A finished consent; its PDF is a page of the signatures' tests, since only its bytes matter here."""
    document = documents.begin_document(encounter=stay, code=code, by=by)
    fields = ANSWERS[code] | {"a/decision.answer/0": ["urn:benhanmo:consent-answer|agree"]}
    draft = documents.save_draft(
        document=document, fields=fields, revision=draft_of(document).revision, by=by
    )
    version = documents.finalize_document(document=document, revision=draft.revision, by=by)
    if rendered:
        documents.store_rendering(version=version, pdf=base_pdf(f"{code} {version.number}"))
    document.refresh_from_db()
    return document


def digest(document: Document) -> str:
    """SHA-256 of the document's newest PDF: what the page would compute."""
    assert document.current_version is not None
    return document.current_version.bytes.order_by("-revision")[0].sha256


def drawn(points: int = 40) -> str:
    """A signature as the pad sends it: a wave and a stroke below it."""
    wave = [[100 + 60 * n, 400 + (n % 7) * 40, 12 * n, 500] for n in range(points)]
    below = [[300 + 40 * n, 800, 12 * points + 200 + 10 * n, 700] for n in range(10)]
    return json.dumps({"v": 1, "w": 3000, "h": 1000, "strokes": [wave, below]})


def told(document: Document, **more: Any) -> Told:
    """Drawn by the patient on the screen unless something else is said."""
    usual = {"key": uuid.uuid4(), "sha256": digest(document), "way": "drawn", "strokes": drawn()}
    return Told(**usual | more)


RELATIVE = {
    "who": "relative",
    "full_name": "Nguyễn Văn Sáu",
    "relationship": "SPS",
    "basis": "spouse",
    "id_number": "038057000123",
}


def take(document: Document, by: User, signer: Signer | None = None, **more: Any) -> Confirmation:
    """Confirmed on Bình's tablet."""
    return confirm(document=document, told=told(document, **more), signer=signer or Signer(), by=by)
