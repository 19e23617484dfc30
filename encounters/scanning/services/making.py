"""The digital copy of checked paper: PDF/A with the marks of conversion (NĐ 137/2024 Art. 4-5), sealed above."""

import base64
import io
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from emr.audit.services import record
from emr.common.clock import now
from emr.outbox import publish
from emr.storage.services import read_bytes, store_bytes
from encounters.documents.heading import verify_address
from encounters.scanning.models import Paper, PaperEvent, ScannedPage
from encounters.scanning.selectors import pages_of
from encounters.scanning.services.filing import note

SYSTEM = "Bệnh án mở"


def grouped(code: str) -> str:
    """A code to be looked up in groups of four, as people read it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def render_paper(paper: Paper) -> bytes:
    """PDF/A-2b of the accepted pages, each on a sheet with the marks of conversion; the same paper gives the same bytes.

    Raises DamagedFile.
    """
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.documents.rendering import SCANS, qr_svg, render_pdf  # noqa: PLC0415

    address = verify_address(paper.verify_code)
    with override("vi"):
        context = {
            "paper": paper,
            "pages": [_sheet(page) for page in pages_of(paper)],
            "system": SYSTEM,
            "address": address,
            "code": grouped(paper.verify_code),
            "qr": qr_svg(address),
            "converter": paper.created_by.titled_name,
            "checker": paper.checked_by.titled_name if paper.checked_by is not None else "",
        }
        html = render_to_string("encounters/scanning/print.html", context)
    return render_pdf(html, identifier=paper.uuid.bytes, stylesheets=SCANS)


def _sheet(page: ScannedPage) -> dict[str, Any]:
    assert page.image is not None  # noqa: S101  a filed page has a picture: the database says so
    from PIL import Image  # noqa: PLC0415 -- with what makes the print

    data = read_bytes(page.image)
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        if page.rotation:
            turned = picture.rotate(-page.rotation, expand=True)
            buffer = io.BytesIO()
            turned.save(buffer, "JPEG", quality=88)
            data, (width, height) = buffer.getvalue(), turned.size
    return {
        "source": "data:image/jpeg;base64," + base64.b64encode(data).decode(),
        "is_wide": width > height,
    }


@transaction.atomic
def keep_sealed(*, paper_id: int, pdf: bytes, level: str) -> bool:
    """Keep the sealed PDF of an accepted paper; False when it is there already, or was taken back meanwhile."""
    row = Paper.objects.select_for_update(of=("self",)).select_related("facility", "patient").get(pk=paper_id)
    if row.status != Paper.Status.ACCEPTED or row.checked_by is None:
        return False
    row.sealed = store_bytes(pdf, content_type="application/pdf", facility=row.facility)
    row.status, row.sealed_at, row.seal_level = Paper.Status.SEALED, now(), level[:4]
    row.save(update_fields=["sealed", "status", "sealed_at", "seal_level"])
    note(row, PaperEvent.Verb.SEAL, by=None)
    record(
        "seal.use",
        by=row.checked_by,
        of=row,
        detail={"purpose": "paper", "sha256": row.sealed.sha256, "level": level},
    )
    publish("paper.sealed", order_key=f"paper:{row.pk}", paper_id=row.pk)
    return True
