"""A record's file from its frozen content: cover, contents, all pages numbered through, originals attached, one manifest.

The same content and the same kept files give the same bytes. Kept files are opened in memory alone: what is encrypted on
disk isn't written there in clear. Peak memory is some times the file's size, whatever the number of documents.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from encounters.bundles import hosobenhan
from encounters.bundles.contents import Content
from encounters.bundles.drawing import LINES_ON_A_PAGE, Line, Pen, blank_page, draw_contents, link
from encounters.bundles.order import TITLES
from encounters.bundles.pages import BROKEN, Unfit, opened

KIND = "benhanmo.record-bundle/1"
MANIFEST, XML, JSON = "manifest.json", "HoSoBenhAn.xml", "HoSoBenhAn.json"
_HEADING = "MỤC LỤC"
_HEAD = ("STT", "Mã biểu mẫu", "Tên", "Ngày", "Người ký", "Trang")
_FLAGS = {
    "": "",
    "unsigned": "CHƯA KÝ SỐ",
    "paper": "BẢN GIẤY SỐ HÓA",
    "copy": "bản in kết quả",
    "error": "NHẬP NHẦM",
    "replaced": "bản trước, đính kèm",
}
# Reasons, names of files and numbers are written with these.
_ALPHABET = (
    "".join(map(chr, range(0x20, 0x7F)))
    + "…·–àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
)
_EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/plain": "txt"}

# A piece that was drawn or kept -> its bytes.
Read = Callable[[dict[str, Any]], bytes]


class Changed(Exception):
    """A kept file isn't the one that the content names."""


@dataclass
class _Placed:
    """A piece in the file: where its pages are, what is attached."""

    piece: dict[str, Any]
    first: int = 0
    count: int = 0
    reason: str = ""
    name: str = ""
    sha256: str = ""
    size: int = 0


@dataclass
class _Work:
    """The file in the making."""

    pdf: Pdf
    files: list[tuple[str, bytes, str, str, str]] = field(
        default_factory=list
    )  # name, bytes, type, relation, words


def assemble(
    content: Content,
    *,
    cover: bytes,
    read: Read,
    log_heads: Sequence[Any],
    on_page: Callable[[int], None],
) -> tuple[bytes, str]:
    """(the PDF/A-3, not sealed yet; the manifest's SHA-256).

    `cover` is the first page as PDF/A-3, of which the file's own name, colours and metadata stay; `on_page(pages so far)`
    is called before the first and after each piece, and what it raises ends the work. Raises Changed when a kept file isn't
    what it was.
    """
    extract = content["extract"]
    work = _Work(Pdf.open(BytesIO(cover)))
    lines = _length_of_contents(content["pieces"])
    before = len(work.pdf.pages) + -(-lines // LINES_ON_A_PAGE)
    pen = Pen(work.pdf, _letters(content))
    while len(work.pdf.pages) < before:
        blank_page(work.pdf, pen, b"")
    placed = []
    on_page(before)
    for piece in content["pieces"]:
        placed.append(_place(work, pen, piece, read(piece), attached=extract is None))
        on_page(len(work.pdf.pages))
    total = len(work.pdf.pages)
    _write_contents(work.pdf, pen, placed, first=before - -(-lines // LINES_ON_A_PAGE))
    marks = _marks(extract) if extract else ()
    for number, page in enumerate(work.pdf.pages, start=1):
        pen.stamp(work.pdf, page, _foot(content, number, total), marks)
    manifest = _manifest(content, placed, total, log_heads)
    if content["export"] is not None:
        for name, made, kind in (
            (XML, hosobenhan.as_xml(content["export"]), "application/xml"),
            (JSON, hosobenhan.as_json(content["export"]), "application/json"),
        ):
            work.files.append((name, made, kind, "Data", "Dữ liệu có cấu trúc của hồ sơ"))
            manifest["files"].append(_told(name, made))
    written = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    work.files.append((MANIFEST, written, "application/json", "Data", "Bảng kê và mã băm"))
    _attach(work, content)
    _bookmarks(work.pdf, placed)
    output = BytesIO()
    work.pdf.save(
        output,
        deterministic_id=True,
        compress_streams=False,  # what is large is compressed already
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
    return output.getvalue(), hashlib.sha256(written).hexdigest()


def _told(name: str, made: bytes) -> dict[str, Any]:
    return {"name": name, "sha256": hashlib.sha256(made).hexdigest(), "size": len(made)}


def _letters(content: Content) -> str:
    """Every text that is drawn: the font is cut for them once."""
    told = [_HEADING, *_HEAD, *TITLES.values(), *_FLAGS.values(), _ALPHABET]
    for piece in content["pieces"]:
        told += [piece["code"], piece["title"], _signers(piece)]
    told += [content["archive_number"], content["stay"]["identifier"], *_marks(content["extract"] or {})]
    return "".join(told)


def _signers(piece: dict[str, Any]) -> str:
    flag = _FLAGS[piece["flag"]]
    names = ", ".join(one["name"] for one in piece.get("signers", []))
    return " · ".join(filter(None, (flag, names)))


def _marks(extract: dict[str, Any]) -> tuple[str, ...]:
    """What is written over each page of an extract: for whom, what for, when, how long."""
    if not extract:
        return ()
    approved, until = extract["approved_at"][:10], extract["expires_on"]
    return (
        f"TRÍCH SAO cho {extract['receiver']}",
        extract["purpose"],
        f"duyệt {_day(approved)}, hạn {_day(until)}",
        extract["verify_code"],
    )


def _day(iso: str) -> str:
    return "/".join(reversed(iso[:10].split("-"))) if iso else ""


def _foot(content: Content, number: int, total: int) -> str:
    archive = content["archive_number"] or content["stay"]["identifier"]
    return f"{archive} · Trang {number}/{total}"


def _place(work: _Work, pen: Pen, piece: dict[str, Any], data: bytes, *, attached: bool) -> _Placed:
    """Put the piece's pages at the end and its bytes beside them."""
    placed = _Placed(
        piece, first=len(work.pdf.pages) + 1, sha256=hashlib.sha256(data).hexdigest(), size=len(data)
    )
    if piece["kind"] != "report" and placed.sha256 != piece["sha256"]:
        raise Changed(piece["uuid"])
    kind = piece.get("content_type", "application/pdf")
    if attached and piece["kind"] != "report":
        extension = _EXTENSIONS.get(kind, "bin")
        code = piece["code"].replace("/", "-") or "tep"
        placed.name = f"{len(work.files) + 1:04}_{code}_{piece['uuid'][:8]}.{extension}"
        relation = "Source" if piece["kind"] == "document" else "Supplement"
        work.files.append((placed.name, data, kind, relation, piece["title"]))
    if piece["flag"] == "replaced":
        placed.first = 0
        return placed
    try:
        work.pdf.pages.extend(opened(data, kind).pages)
    except (Unfit, pikepdf.PdfError) as reason:
        del work.pdf.pages[placed.first - 1 :]
        placed.reason = str(reason) if isinstance(reason, Unfit) else BROKEN
        drawn = b"0 g\n" + pen.show(pen.fitted(piece["title"], 13, 490), x=50, y=780, size=13)
        words = f"Xem tệp đính kèm {placed.name}: {reason}" if placed.name else f"Không in được: {reason}"
        drawn += pen.show(pen.fitted(words, 10, 490), x=50, y=755, size=10)
        blank_page(work.pdf, pen, drawn)
    placed.count = len(work.pdf.pages) + 1 - placed.first
    return placed


def _parts(pieces: Sequence[Any], part: Callable[[Any], str]) -> list[tuple[str, list[Any]]]:
    grouped: dict[str, list[Any]] = {}
    for piece in pieces:
        grouped.setdefault(part(piece), []).append(piece)
    return list(grouped.items())


def _length_of_contents(pieces: Sequence[dict[str, Any]]) -> int:
    return len(pieces) + len(_parts(pieces, lambda piece: piece["part"]))


def _write_contents(pdf: Pdf, pen: Pen, placed: Sequence[_Placed], *, first: int) -> None:
    """The contents pages, from page index `first` on, each line leading to its piece."""
    lines: list[Line] = []
    number = 0
    for part, members in _parts(placed, lambda one: one.piece["part"]):
        lines.append(Line((), title=TITLES[part]))
        for one in members:
            number += 1
            piece = one.piece
            told = f"{_signers(piece)} · {one.reason}" if one.reason else _signers(piece)
            where = str(one.first) if one.count else "–"
            cells = (str(number), piece["code"], piece["title"], _day(piece["at"]), told, where)
            lines.append(Line(cells, one.first - 1 if one.count else None))
    for start in range(0, len(lines), LINES_ON_A_PAGE):
        page = pdf.pages[first + start // LINES_ON_A_PAGE]
        shown = lines[start : start + LINES_ON_A_PAGE]
        page.obj.Contents = pdf.make_stream(draw_contents(pen, _HEADING, _HEAD, shown))
        page.obj.Annots = Array(
            [
                pdf.make_indirect(link(place, pdf.pages[line.page].obj))
                for place, line in enumerate(shown)
                if line.page is not None
            ]
        )


def _manifest(
    content: Content, placed: Sequence[_Placed], total: int, log_heads: Sequence[Any]
) -> dict[str, Any]:
    """What the file holds, for programs: see docs/bundles.md."""
    entries = []
    for one in placed:
        piece = one.piece
        entries.append(
            {
                "kind": piece["kind"],
                "part": piece["part"],
                "uuid": piece["uuid"],
                "code": piece["code"],
                "title": piece["title"],
                "at": piece["at"],
                "flag": piece["flag"],
                "version": piece.get("version"),
                "version_uuid": piece.get("version_uuid"),
                "is_current": piece.get("is_current", True),
                "signers": piece.get("signers", []),
                "sha256": one.sha256,
                "size": one.size,
                "first_page": one.first or None,
                "page_count": one.count,
                "file": one.name or None,
                "not_shown_because": one.reason or None,
            }
        )
    return {
        "kind": KIND,
        "facility": content["facility_code"],
        "stay": content["stay"],
        "archive_number": content["archive_number"],
        "pages": total,
        "entries": entries,
        "files": [],
        "audit_heads": list(log_heads),
        "extract": content["extract"],
    }


def _attach(work: _Work, content: Content) -> None:
    """Embed every file as it is and associate it with the whole (ISO 19005-3 §6.8)."""
    pdf, names, associated = work.pdf, Array(), Array()
    moment = _pdf_moment(content["stay"]["ended_at"] or content["stay"]["begins_at"])
    for name, data, kind, relation, words in sorted(work.files):
        stream = pdf.make_stream(data)
        stream.Type = Name.EmbeddedFile
        stream.Subtype = Name("/" + kind)
        stream.Params = Dictionary(
            Size=len(data),
            ModDate=String(moment),
        )
        described = pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(name),
                UF=String(name),
                Desc=String(words),
                AFRelationship=Name("/" + relation),
                EF=Dictionary(F=stream, UF=stream),
            )
        )
        names.append(String(name))
        names.append(described)
        associated.append(described)
    if "/Names" not in pdf.Root:
        pdf.Root.Names = Dictionary()
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=names)
    pdf.Root.AF = associated
    pdf.Root.PageMode = Name.UseOutlines


def _pdf_moment(iso: str) -> str:
    """An instant as a PDF writes it (ISO 32000-1 §7.9.4), in UTC."""
    at = dt.datetime.fromisoformat(iso).astimezone(dt.UTC)
    return f"D:{at:%Y%m%d%H%M%S}Z"


def _bookmarks(pdf: Pdf, placed: Sequence[_Placed]) -> None:
    with pdf.open_outline() as outline:
        outline.root.clear()
        if placed:  # of a record that is all on paper there is the cover alone
            outline.root.append(OutlineItem(_HEADING.capitalize(), 1, "Fit"))
        for part, members in _parts([one for one in placed if one.count], lambda one: one.piece["part"]):
            parent = OutlineItem(TITLES[part], members[0].first - 1, "Fit")
            for one in members:
                piece = one.piece
                words = " ".join(filter(None, (_day(piece["at"]), piece["code"], piece["title"])))
                parent.children.append(OutlineItem(words, one.first - 1, "Fit"))
            outline.root.append(parent)
