"""Taking a stranger's file apart, in a process of its own with limits on time and memory. Knows no Django, no database, no
keys: whatever a file does to it, the server goes on.

Standard input: the file. Standard output: frames of `length (4 bytes) + JSON + picture + thumbnail`; first what the whole
is, then a frame a page. Pictures are decoded, turned upright, freed of everything but their dots, and encoded anew.
"""

import io
import json
import resource
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pypdfium2
import zxingcpp
from PIL import Image, ImageOps, ImageSequence

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 900  # of the whole file; a single page is watched by the clock outside
MOST_PAGES = 300
MOST_DOTS = 60_000_000
_DPI = 200
_WIDEST = 2480  # dots: A4 at 300 dpi
_THUMBNAIL = 360
_QUALITY = 82
_KINDS = ("JPEG", "PNG", "TIFF")
_QR = zxingcpp.barcode_formats_from_str("QRCode")
_MOST_CODES, _LONGEST_CODE = 10, 300


class Unfit(Exception):
    """The file or page can't be taken. `code`: encrypted, unreadable, too_many_pages, too_large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Page = Callable[[], Image.Image]


def pages_in(data: bytes) -> list[Page]:
    """How to decode each page; nothing is decoded yet. Raises Unfit."""
    pages = _pdf_pages(data) if data.startswith(b"%PDF-") else _image_pages(data)
    if not pages:
        raise Unfit("unreadable")
    if len(pages) > MOST_PAGES:
        raise Unfit("too_many_pages")
    return pages


def _pdf_pages(data: bytes) -> list[Page]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unfit("encrypted" if "password" in str(error).lower() else "unreadable") from error

    def render(index: int) -> Image.Image:
        page = document[index]
        width, height = page.get_size()
        if not (1 <= width <= 20_000 and 1 <= height <= 20_000):
            raise Unfit("too_large")
        scale = min(_DPI / 72, (_WIDEST * _WIDEST * 1.5 / (width * height)) ** 0.5)
        picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
        page.close()
        return picture

    return [lambda index=index: render(index) for index in range(min(len(document), MOST_PAGES + 1))]  # type: ignore[misc]


def _image_pages(data: bytes) -> list[Page]:
    try:
        opened = Image.open(io.BytesIO(data), formats=_KINDS)
        count = getattr(opened, "n_frames", 1)
    except Image.DecompressionBombError as error:
        raise Unfit("too_large") from error
    except Exception as error:
        raise Unfit("unreadable") from error

    def decode(index: int) -> Image.Image:
        picture = Image.open(io.BytesIO(data), formats=_KINDS)
        if index:
            picture.seek(index)
        if picture.width * picture.height > MOST_DOTS:
            raise Unfit("too_large")
        picture.draft("RGB", (_WIDEST, _WIDEST))
        return ImageOps.exif_transpose(next(iter(ImageSequence.Iterator(picture))) if not index else picture)

    return [lambda index=index: decode(index) for index in range(min(count, MOST_PAGES + 1))]  # type: ignore[misc]


def codes_on(picture: Image.Image) -> list[tuple[str, float]]:
    """The QR codes on a page: (text, by how many degrees it is turned clockwise)."""
    gray = picture.convert("L")
    for tried in (
        gray,
        ImageOps.autocontrast(gray, cutoff=2),
        gray.resize((gray.width * 2, gray.height * 2)),
    ):
        found = zxingcpp.read_barcodes(tried, formats=_QR)
        if found:
            texts = [
                (code.text, float(code.orientation)) for code in found if len(code.text) <= _LONGEST_CODE
            ]
            return texts[:_MOST_CODES]
    return []


def is_blank(picture: Image.Image) -> bool:
    """Whether hardly anything stands on the page: fewer than one dot in 2,000 is darker than the paper."""
    gray = picture.convert("L")
    gray.thumbnail((600, 600))
    edge_x, edge_y = gray.width // 25, gray.height // 25
    inner = gray.crop((edge_x, edge_y, gray.width - edge_x, gray.height - edge_y))
    counts = inner.histogram()
    total = sum(counts)
    seen, paper = 0, 255
    for shade, count in enumerate(counts):
        seen += count
        if seen * 2 >= total:
            paper = shade
            break
    dark = sum(counts[: max(paper - 48, 0)])
    return dark * 2000 < total


def _plain(picture: Image.Image) -> Image.Image:
    """On white, in colour only where there is colour."""
    if picture.mode in {"RGBA", "LA", "P", "PA"}:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    elif picture.mode.startswith("I") or picture.mode == "F":
        picture = picture.point(lambda value: value / 256).convert("L") if picture.mode == "I;16" else picture
        picture = picture.convert("L")
    elif picture.mode not in {"L", "RGB"}:
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if max(picture.size) > _WIDEST * 1.5:
        picture.thumbnail((round(_WIDEST * 1.5), round(_WIDEST * 1.5)), Image.Resampling.LANCZOS)
    if picture.mode == "RGB":
        small = picture.copy()
        small.thumbnail((160, 160))
        _hue, saturation, _value = small.convert("HSV").split()
        if sum(saturation.histogram()[40:]) * 200 < small.width * small.height:
            return picture.convert("L")
    return picture


def _upright(picture: Image.Image, turned: float) -> Image.Image:
    """The page as its code stands upright: a quarter turn exactly, a few degrees of skew too."""
    quarter = round(turned / 90) * 90
    if quarter % 360:
        picture = picture.rotate(quarter, expand=True)
    skew = turned - quarter
    if 0.4 <= abs(skew) <= 12:
        white: Any = 255 if picture.mode == "L" else (255, 255, 255)
        picture = picture.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=white)
    return picture


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True, dpi=(_DPI, _DPI))
    return buffer.getvalue()


def read_page(page: Page) -> tuple[dict[str, Any], bytes, bytes]:
    """(what the page is, its picture, a thumbnail). Raises Unfit."""
    try:
        picture = _plain(page())
    except Image.DecompressionBombError as error:
        raise Unfit("too_large") from error
    codes = codes_on(picture)
    if codes:
        picture = _upright(picture, codes[0][1])
    told = {
        "codes": [text for text, _turned in codes],
        "blank": not codes and is_blank(picture),
        "width": picture.width,
        "height": picture.height,
    }
    image = _jpeg(picture)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return told, image, _jpeg(picture)


def frames(data: bytes, *, first: int = 1) -> Iterator[tuple[dict[str, Any], bytes, bytes]]:
    """What the file is, then its pages from `first` on; a page that can't be taken doesn't end it."""
    try:
        pages = pages_in(data)
    except Unfit as trouble:
        yield {"problem": trouble.code}, b"", b""
        return
    yield {"count": len(pages)}, b"", b""
    for number, page in enumerate(pages[first - 1 :], start=first):
        try:
            told, image, thumbnail = read_page(page)
        except Unfit as trouble:
            yield {"number": number, "problem": trouble.code}, b"", b""
        except Exception:  # a codec's own errors are many
            yield {"number": number, "problem": "unreadable"}, b"", b""
        else:
            yield told | {"number": number}, image, thumbnail


def write_frame(out: BinaryIO, told: dict[str, Any], image: bytes, thumbnail: bytes) -> None:
    """One frame."""
    head = json.dumps(told | {"image": len(image), "thumbnail": len(thumbnail)}).encode()
    out.write(len(head).to_bytes(4, "big") + head + image + thumbnail)
    out.flush()


def main(first: int) -> int:
    """The caged process."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = MOST_DOTS
    for frame in frames(sys.stdin.buffer.read(), first=first):
        write_frame(sys.stdout.buffer, *frame)
    return 0
