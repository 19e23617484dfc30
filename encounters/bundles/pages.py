"""Pages of a kept file, made fit to stand in a record's PDF/A: nothing interactive, the look of signatures kept."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

# What a page keeps; actions, tags, thumbnails and other programs' marks stay behind.
_KEPT = frozenset(
    {"/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Group", "/UserUnit"}
)
_MOST_PAGES = 2000
_A4 = (595.28, 841.89)
_MARGIN = 24.0
_COLOURS = {"/DeviceRGB", "/DeviceGray"}

BROKEN = "tệp hỏng, không đọc được trang"


class Unfit(Exception):
    """The file's pages can't be shown in the whole; the text says why, for the contents page."""


def opened(data: bytes, content_type: str) -> Pdf:
    """The file as pages that may be copied. Raises Unfit: locked, broken, not PDF/A, no kind of page."""
    if content_type == "image/jpeg":
        return _picture(data)
    if content_type != "application/pdf":
        raise Unfit(f"tệp {content_type}, không có trang in")
    try:
        pdf = Pdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        raise Unfit("tệp có mật khẩu") from None
    except (pikepdf.PdfError, ValueError):
        raise Unfit("tệp hỏng, không mở được") from None
    try:
        if pdf.is_encrypted:
            raise Unfit("tệp được mã hóa")
        if not _claims_pdfa(pdf):
            raise Unfit("không phải PDF/A")
        if not 0 < len(pdf.pages) <= _MOST_PAGES:
            raise Unfit("không có trang, hoặc quá nhiều trang")
        # What signatures look like becomes part of the page; the file beside it carries their proof.
        if any("/Annots" in page.obj for page in pdf.pages):
            pdf.flatten_annotations("all")
        for page in pdf.pages:
            left, bottom, right, top = (float(edge) for edge in page.mediabox)
            if right <= left or top <= bottom:
                raise ValueError("a page without size")
            for key in set(page.obj.keys()) - _KEPT:
                del page.obj[key]
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError):
        raise Unfit(BROKEN) from None
    return pdf


def _claims_pdfa(pdf: Pdf) -> bool:
    """Whether the file says that it is PDF/A, part 1 to 3: fonts embedded, colours defined."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return False
    text = metadata.read_bytes()
    return b"pdfaid:part" in text and any(
        f"pdfaid:part{between}{part}".encode() in text for between in ('="', ">", "='") for part in (1, 2, 3)
    )


def _picture(data: bytes) -> Pdf:
    """A page of paper with the photograph on it, its proportions kept."""
    width, height, parts = _jpeg_size(data)
    colour = {1: Name.DeviceGray, 3: Name.DeviceRGB}.get(parts)
    if colour is None:
        raise Unfit("ảnh không phải RGB")
    pdf = Pdf.new()
    image = pdf.make_stream(b"")
    image.write(data, filter=Name.DCTDecode)
    for key, value in {
        "/Type": Name.XObject,
        "/Subtype": Name.Image,
        "/Width": width,
        "/Height": height,
        "/ColorSpace": colour,
        "/BitsPerComponent": 8,
    }.items():
        image[key] = value
    page_width, page_height = _A4 if height >= width else (_A4[1], _A4[0])
    scale = min((page_width - 2 * _MARGIN) / width, (page_height - 2 * _MARGIN) / height)
    page = pdf.add_blank_page(page_size=(page_width, page_height))
    page.obj.Resources = Dictionary(XObject=Dictionary(Im=image))
    page.obj.Contents = pdf.make_stream(
        b"q %.3f 0 0 %.3f %.2f %.2f cm /Im Do Q"
        % (
            width * scale,
            height * scale,
            (page_width - width * scale) / 2,
            (page_height - height * scale) / 2,
        )
    )
    page.obj.MediaBox = Array([0, 0, page_width, page_height])
    return pdf


def _jpeg_size(data: bytes) -> tuple[int, int, int]:
    """(width, height, colour parts) from the frame header (ITU T.81 §B.2.2). Raises Unfit."""
    place = 2
    while data[:2] == b"\xff\xd8" and place + 9 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (5, 7))
            if width and height:
                return width, height, data[place + 9]
            break
        place += 2 + length
    raise Unfit("ảnh hỏng, không mở được")
