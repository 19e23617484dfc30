"""Paper for the tests: prints of ours as a scanner or a telephone would send them."""

import io
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pypdfium2
import segno
from PIL import Image, ImageDraw

from emr.accounts.models import User
from encounters.documents import services as documents
from encounters.documents.marks import form_mark
from encounters.documents.models import DocumentVersion
from encounters.documents.services import render_version
from encounters.scanning.models import ScanBatch
from encounters.scanning.services import Upload, receive
from encounters.visits.models import Encounter
from tests.encounters.chart import begin, deliver_all, draft_of, written

A4 = (1654, 2339)  # at 200 dots per inch


def print_of(stay: Encounter, by: User, text: str = "Tỉnh, không sốt.") -> DocumentVersion:
    """A finished entry of the treatment sheet."""
    entry = begin(stay, by)
    draft = documents.save_draft(
        document=entry, fields=written(entry, text), revision=draft_of(entry).revision, by=by
    )
    return documents.finalize_document(document=entry, revision=draft.revision, by=by)


def scanned(version: DocumentVersion, *, dpi: int = 200) -> list[Image.Image]:
    """Its real print, page by page, as a scanner sees it: grey."""
    opened = pypdfium2.PdfDocument(render_version(version))
    return [page.render(scale=dpi / 72).to_pil().convert("L") for page in opened]


def page_with(code: str = "", words: str = "Giấy chuyển viện") -> Image.Image:
    """A page written by hand, with a code in its corner where one is given."""
    picture = Image.new("L", A4, 250)
    draw = ImageDraw.Draw(picture)
    for line in range(20):
        draw.line((200, 400 + line * 80, 1400, 404 + line * 80), fill=30, width=4)
    draw.text((200, 300), words, fill=0)
    if code:
        drawn = io.BytesIO()
        segno.make(code, error="m", micro=False).save(drawn, kind="png", scale=4, border=3)
        picture.paste(Image.open(drawn), (1350, 80))
    return picture


def sheet_of(stay: Encounter, code: str = "40/BV2") -> Image.Image:
    """A sheet with the code of that stay and form, written on by hand."""
    return page_with(form_mark(stay.uuid, code))


def blank() -> Image.Image:
    return Image.new("L", A4, 248)


def jpeg(picture: Image.Image, quality: int = 80, **told: Any) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=quality, **told)
    return kept.getvalue()


def pdf_of(pictures: Sequence[Image.Image]) -> bytes:
    """What a scanner with a feeder sends."""
    kept = io.BytesIO()
    first, *rest = pictures
    first.save(kept, "PDF", save_all=True, append_images=rest, resolution=200)
    return kept.getvalue()


def tiff_of(pictures: Sequence[Image.Image]) -> bytes:
    kept = io.BytesIO()
    first, *rest = [picture.copy() for picture in pictures]  # Pillow leaves settings of a PDF on them
    first.save(kept, "TIFF", save_all=True, append_images=rest, compression="tiff_deflate")
    return kept.getvalue()


def send(data: bytes, by: User, *, read: bool = True, name: str = "quet.pdf", **told: Any) -> ScanBatch:
    """Handed in and, unless told otherwise, taken apart."""
    (batch,) = receive(files=[Upload(name, data)], key=uuid.uuid4(), by=by, **told)
    if read:
        deliver_all()
        batch.refresh_from_db()
    return batch


Turn = Callable[[Image.Image], Image.Image]
