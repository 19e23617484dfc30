"""What is drawn on pages of a record's file: page numbers, watermarks, contents, in one cut of the print font."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from emr.common.font import Font, font_for, printable

A4 = (595.28, 841.89)
_FONT = Name("/EmrBundle")
_FAINT = Name("/EmrFaint")
_FOOT, _FOOT_SIZE = 9.0, 7.0  # points: below the forms' own foot, which stands 8 mm above the edge
_MARK_SIZE, _MARK_STEP = 13.0, 120.0
_TURN = (0.8660, 0.5)  # cosine and sine of 30°


class Pen:
    """Writes with one font, embedded once in the file. `text` holds every letter that will be written."""

    def __init__(self, pdf: Pdf, text: str) -> None:
        self.font: Font = font_for(printable(text))
        self._fonts = Dictionary({str(_FONT): _embedded(pdf, self.font)})
        self._keep = pdf.make_stream(b"q\n")
        self._faint = pdf.make_indirect(
            Dictionary(Type=Name.ExtGState, ca=0.22, CA=0.22)  # PDF/A-2 and later allow transparency
        )

    def width(self, text: str, size: float) -> float:
        """How wide the text is, in points."""
        return self.font.width(printable(text), size)

    def show(self, text: str, *, x: float, y: float, size: float) -> bytes:
        """The text with its left end at (x, y)."""
        return b"BT %s %.1f Tf 1 0 0 1 %.2f %.2f Tm %s Tj ET\n" % (
            str(_FONT).encode(),
            size,
            x,
            y,
            self.font.encode(printable(text)),
        )

    def fitted(self, text: str, size: float, room: float) -> str:
        """The text, cut with "…" where it is wider than the room."""
        text = printable(text)
        if self.font.width(text, size) <= room:
            return text
        while text and self.font.width(text + "…", size) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def lend(self, page: pikepdf.Page) -> None:
        """Put the font and the faint ink among the page's resources; what is there stays, under its own names."""
        own = _copy(page.resources)
        fonts, states = _copy(own.get("/Font")), _copy(own.get("/ExtGState"))
        fonts[str(_FONT)] = self._fonts[str(_FONT)]
        states[str(_FAINT)] = self._faint
        own.Font, own.ExtGState = fonts, states
        page.obj.Resources = own

    def stamp(self, pdf: Pdf, page: pikepdf.Page, foot: str, marks: Sequence[str] = ()) -> None:
        """Write the foot in the lowest margin of the page as it is shown; the marks in the highest, and faintly over it."""
        self.lend(page)
        left, bottom, right, top = (float(edge) for edge in page.mediabox)
        turn = int(page.obj.get("/Rotate", 0)) % 360
        width, height = (right - left, top - bottom) if turn in {0, 180} else (top - bottom, right - left)
        # From the page as a person sees it to its own coordinates.
        matrix = {
            0: b"1 0 0 1 %.2f %.2f cm\n" % (left, bottom),
            90: b"0 1 -1 0 %.2f %.2f cm\n" % (right, bottom),
            180: b"-1 0 0 -1 %.2f %.2f cm\n" % (right, top),
            270: b"0 -1 1 0 %.2f %.2f cm\n" % (left, top),
        }[turn]
        x = (width - self.width(foot, _FOOT_SIZE)) / 2
        drawn = b"q\n" + matrix + b"0.2 g\n" + self.show(foot, x=x, y=_FOOT, size=_FOOT_SIZE)
        if marks:
            line = self.fitted(" · ".join(marks), _FOOT_SIZE, width - 60)
            drawn += self.show(line, x=30, y=height - 16, size=_FOOT_SIZE) + self._marks(marks, width, height)
        # Whatever state the page's own drawing leaves behind is closed first.
        page.obj.Contents = Array([self._keep, *_contents(page), pdf.make_stream(b"\nQ\n" + drawn + b"Q\n")])

    def _marks(self, marks: Sequence[str], width: float, height: float) -> bytes:
        cosine, sine = _TURN
        text = "   ·   ".join(marks)
        drawn = b"q %s gs 0.35 g\n" % str(_FAINT).encode()
        step = self.width(text, _MARK_SIZE) + 60
        y = -width * sine
        while y < height + _MARK_STEP:
            x = 10.0
            drawn += b"q %.4f %.4f %.4f %.4f %.2f %.2f cm\n" % (cosine, sine, -sine, cosine, x, y)
            along = 0.0
            while along < width / cosine:
                drawn += self.show(text, x=along, y=0, size=_MARK_SIZE)
                along += step
            drawn += b"Q\n"
            y += _MARK_STEP
        return drawn + b"Q\n"


def _copy(present: Any) -> Dictionary:
    """The dictionary as one of its own: pages share theirs."""
    own = Dictionary()
    if isinstance(present, pikepdf.Object):
        for name in present.keys():  # noqa: SIM118  a PDF's dictionary
            own[name] = present[name]
    return own


def _contents(page: pikepdf.Page) -> list[pikepdf.Object]:
    """The streams that draw the page."""
    present = page.obj.get("/Contents")
    if isinstance(present, Array):
        return list(present)
    return [present] if isinstance(present, pikepdf.Stream) else []


def _embedded(pdf: Pdf, font: Font) -> pikepdf.Object:
    """The font as a PDF holds it (ISO 32000-1 §9.7): Type 0, Identity-H, embedded."""
    program = pdf.make_stream(b"")
    program.write(font.program, filter=Name.FlateDecode)
    program.Length1 = font.program_size
    to_unicode = pdf.make_stream(b"")
    to_unicode.write(font.to_unicode, filter=Name.FlateDecode)
    name = Name("/" + font.name)
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=Array(list(font.box)),
            ItalicAngle=0,
            Ascent=font.ascent,
            Descent=font.descent,
            CapHeight=font.cap_height,
            StemV=80,
            FontFile2=program,
        )
    )
    widths = Array()
    for glyph, advance in sorted({font.glyphs[one]: font.advances[one] for one in font.glyphs}.items()):
        widths.append(glyph)
        widths.append(Array([advance]))
    descendant = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            FontDescriptor=descriptor,
            W=widths,
            CIDToGIDMap=Name.Identity,
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([descendant]),
            ToUnicode=to_unicode,
        )
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the contents: a part's title (`page` None and no cells), or a piece with where it begins."""

    cells: tuple[str, ...]
    page: int | None = None
    title: str = ""


_LEFT, _RIGHT, _TOP, _BOTTOM, _STEP = 50.0, 555.0, 770.0, 50.0, 15.0
_COLUMNS = (50.0, 74.0, 122.0, 285.0, 340.0, 522.0)
LINES_ON_A_PAGE = int((_TOP - _BOTTOM) // _STEP)


def draw_contents(pen: Pen, heading: str, head: Sequence[str], lines: Sequence[Line]) -> bytes:
    """One page of contents: heading, names of the columns, at most LINES_ON_A_PAGE lines."""
    drawn = b"0 g\n" + pen.show(heading, x=_LEFT, y=805, size=13)
    drawn += _row(pen, head, 788) + b"0.5 w %.1f 783 m %.1f 783 l S\n" % (_LEFT, _RIGHT)
    for place, line in enumerate(lines):
        y = _TOP - place * _STEP
        if line.title:
            drawn += pen.show(line.title, x=_LEFT, y=y, size=10)
        else:
            drawn += _row(pen, line.cells, y)
    return drawn


def _row(pen: Pen, cells: Sequence[str], y: float) -> bytes:
    drawn = b""
    for place, cell in enumerate(cells):
        end = _COLUMNS[place + 1] if place + 1 < len(_COLUMNS) else _RIGHT
        drawn += pen.show(pen.fitted(cell, 8, end - _COLUMNS[place] - 5), x=_COLUMNS[place], y=y, size=8)
    return drawn


def link(place: int, target: pikepdf.Object) -> Dictionary:
    """The line at that place of a contents page leads to the target page."""
    y = _TOP - place * _STEP
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array([_LEFT, round(y - 3, 1), _RIGHT, round(y + 10, 1)]),
        Border=Array([0, 0, 0]),
        F=4,
        Dest=Array([target, Name.Fit]),
    )


def blank_page(pdf: Pdf, pen: Pen, drawn: bytes) -> pikepdf.Page:
    """A page of paper (A4) at the file's end with that on it."""
    page = pdf.add_blank_page(page_size=A4)
    pen.lend(page)
    page.obj.Contents = pdf.make_stream(drawn)
    return page
