"""(j) A record of four hundred documents as one file, against the same pages and attachments put together by pikepdf alone.

By hand: open each document, append its pages, attach it, save. Ours besides: cover and contents with links, bookmarks,
numbers on every page, the look of signatures made part of the pages, digests, the manifest, HoSoBenhAn. Sealing is told
apart. CPU of this process, the median of rounds; both sides read the same bytes from memory.
"""

import hashlib
import io
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from tools.bench.report import Report

DOCUMENTS, DIFFERENT, ROUNDS = 400, 20, 5
TARGET = 1.3
_HTML = (
    '<html lang="vi"><head><meta charset="utf-8"><title>Tờ điều trị</title></head><body><h1>Tờ điều trị số {}</h1>'
    "<p>Mạch 80 lần/phút, huyết áp 120/80 mmHg. Bệnh nhân tỉnh, tiếp xúc tốt, không sốt, ăn uống được.</p></body></html>"
)
_COVER = '<html lang="vi"><head><title>Hồ sơ bệnh án</title></head><body><h1>Hồ sơ bệnh án</h1></body></html>'


def measure(report: Report, documents: int = DOCUMENTS) -> None:
    """Time beside the floor, and how large the file is."""
    ours, hand, size = compare(documents)
    report.add(
        "j",
        f"a record of {documents} documents as one file, CPU",
        f"{ours * 1000:.0f} ms",
        f"{hand * 1000:.0f} ms",
        ours / hand,
        TARGET,
    )
    report.note(f"(j) the file of {documents} documents has {size / 1e6:.1f} MB before it is sealed.")


def compare(documents: int) -> tuple[float, float, int]:
    """(seconds of CPU of ours, by hand, bytes of our file), medians, in turn so that noise meets both."""
    from encounters.documents.rendering import render_pdf  # noqa: PLC0415

    pdfs = [render_pdf(_HTML.format(place), identifier=bytes(16)) for place in range(DIFFERENT)]
    cover = render_pdf(_COVER, identifier=bytes(16), variant="pdf/a-3b")
    content = content_of(pdfs, documents)
    sides: list[Callable[[], bytes]] = [
        partial(_ours, content, pdfs, cover),
        partial(by_hand, pdfs, cover, documents),
    ]
    times: list[list[float]] = [[], []]
    size = 0
    for round_ in range(1 + ROUNDS):
        for side, make in enumerate(sides):
            began = time.process_time()
            made = make()
            if round_:
                times[side].append(time.process_time() - began)
            if side == 0:
                size = len(made)
    return median(times[0]), median(times[1]), size


def content_of(pdfs: list[bytes], documents: int) -> dict[str, Any]:
    """A record's content whose pieces are these files, over and over."""
    digests = [hashlib.sha256(pdf).hexdigest() for pdf in pdfs]
    pieces = [
        {
            "kind": "document",
            "part": "course",
            "uuid": f"{place:08d}-0000-4000-8000-000000000000",
            "code": "36/BV2",
            "title": "Tờ điều trị",
            "at": f"2026-11-{1 + place * 28 // documents:02}T08:00:00+07:00",
            "flag": "",
            "version": 1,
            "version_uuid": f"{place:08d}-0000-4000-9000-000000000000",
            "signers": [
                {"name": "BS. Nguyễn Văn An", "capacity": "Bác sĩ", "at": "2026-11-01T08:00:00+07:00"}
            ],
            "attachment": place,
            "sha256": digests[place % len(pdfs)],
            "size": len(pdfs[place % len(pdfs)]),
            "content_type": "application/pdf",
        }
        for place in range(documents)
    ]
    stay = {
        "identifier": "DT26000001",
        "begins_at": "2026-11-01T08:00:00+07:00",
        "ended_at": "2026-11-29T08:00:00+07:00",
    }
    return {
        "facility_code": "99999",
        "archive_number": "NT 000123",
        "stay": stay,
        "pieces": pieces,
        "export": None,
        "extract": None,
    }


def _ours(content: dict[str, Any], pdfs: list[bytes], cover: bytes) -> bytes:
    from encounters.bundles.assembly import assemble  # noqa: PLC0415

    made, _manifest = assemble(
        content,
        cover=cover,
        read=lambda piece: pdfs[piece["attachment"] % len(pdfs)],
        log_heads=[],
        on_page=lambda _pages: None,
    )
    return made


def by_hand(pdfs: list[bytes], cover: bytes, documents: int) -> bytes:
    """The same pages and attachments, as anybody would write it with pikepdf."""
    import pikepdf  # noqa: PLC0415

    whole = pikepdf.open(io.BytesIO(cover))
    for place in range(documents):
        data = pdfs[place % len(pdfs)]
        with pikepdf.open(io.BytesIO(data)) as one:
            whole.pages.extend(one.pages)
        name = f"{place:04}.pdf"
        whole.attachments[name] = pikepdf.AttachedFileSpec(
            whole, data, filename=name, mime_type="application/pdf"
        )
    output = io.BytesIO()
    whole.save(output, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return output.getvalue()
