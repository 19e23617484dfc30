"""What a signature looks like on the page: a framed block with the signer's name, title, time and reason."""

import zlib
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from emr.common.font import Font, font_for, printable

# Printed forms are in Vietnamese whatever the language of the screen, so these words are not translated.
_SIGNED_BY = "Người ký: "
_TITLE = "Chức danh: "
_SIGNED_AT = "Thời gian ký: "
_REASON = "Lý do: "

_LARGEST, _SMALLEST = 8.0, 4.5  # points
_LEADING = 1.25
_MARGIN = 4.0
_INK = b"0.05 0.22 0.49"  # dark blue: reads on a grey printer too; DeviceRGB under the output intent of PDF/A


@dataclass(frozen=True)
class Block:
    """The words of a visible signature and the size of its box in points."""

    signer: str
    title: str
    signed_at: datetime
    reason: str
    width: float = 170
    height: float = 62

    def lines(self) -> list[str]:
        """Each line as it is printed, before wrapping."""
        local = localtime(self.signed_at)
        offset = local.strftime("%z")
        rows = [
            _SIGNED_BY + self.signer,
            _TITLE + self.title if self.title else "",
            _SIGNED_AT + local.strftime("%d/%m/%Y %H:%M:%S ") + f"{offset[:3]}:{offset[3:]}",
            _REASON + self.reason if self.reason else "",
        ]
        return [printable(row) for row in rows if row]

    @property
    def text_width(self) -> float:
        """How much of the box the words may take, from the left."""
        return self.width

    def drawing(self) -> bytes:
        """What is drawn beside the words: operators of a content stream, or nothing."""
        return b""


def appearance(block: Block, writer: IncrementalPdfFileWriter) -> generic.IndirectObject:
    """Add the block to the PDF as a form XObject and answer its reference."""
    lines = block.lines()
    font = font_for("".join(lines))
    size, rows = _fit(lines, font, block.text_width - 2 * _MARGIN, block.height - 2 * _MARGIN)
    stream = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(0, 0, block.width, block.height),
            pdf_name("/Resources"): generic.DictionaryObject(
                {pdf_name("/Font"): generic.DictionaryObject({pdf_name("/F1"): _embed(font, writer)})}
            ),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        },
        encoded_data=zlib.compress(_draw(block, font, size, rows)),
    )
    return writer.add_object(stream)


def _fit(lines: list[str], font: Font, width: float, height: float) -> tuple[float, list[str]]:
    """The largest size at which everything fits, and the rows wrapped for it; the smallest one cuts off what is left."""
    size = _LARGEST
    while True:
        rows = [row for line in lines for row in _wrap(line, font, size, width)]
        if len(rows) * size * _LEADING <= height:
            return size, rows
        if size <= _SMALLEST:
            return size, rows[: int(height / (size * _LEADING))]
        size -= 0.5


def _wrap(line: str, font: Font, size: float, width: float) -> list[str]:
    """The line broken between words, or inside a word that alone is too wide."""
    rows, row = [], ""
    for word in line.split(" "):
        candidate = f"{row} {word}" if row else word
        if font.width(candidate, size) <= width:
            row = candidate
            continue
        if row:
            rows.append(row)
        while font.width(word, size) > width and len(word) > 1:
            fits = max(
                count
                for count in range(1, len(word))
                if count == 1 or font.width(word[:count], size) <= width
            )
            rows.append(word[:fits])
            word = word[fits:]  # noqa: PLW2901 -- the rest of the word is wrapped like a word
        row = word
    return [*rows, row]


def _draw(block: Block, font: Font, size: float, rows: list[str]) -> bytes:
    """The content stream: a thin frame, the rows centred in its height."""
    leading = size * _LEADING
    first = block.height / 2 + (len(rows) * leading) / 2 - size
    shown = b"\n".join(b"%s Tj T*" % font.encode(row) for row in rows)
    return (
        b"q %s RG %s rg 0.6 w 0.3 0.3 %.1f %.1f re S\n" % (_INK, _INK, block.width - 0.6, block.height - 0.6)
        + block.drawing()
        + b"BT /F1 %.1f Tf %.2f TL %.1f %.2f Td\n" % (size, leading, _MARGIN, first)
        + shown
        + b"\nET Q"
    )


def _embed(font: Font, writer: IncrementalPdfFileWriter) -> generic.IndirectObject:
    """Write the font's five objects (program, descriptor, glyph widths, map to letters, the font itself)."""
    compressed = {pdf_name("/Filter"): pdf_name("/FlateDecode")}
    program = generic.StreamObject(
        {**compressed, pdf_name("/Length1"): generic.NumberObject(font.program_size)},
        encoded_data=font.program,
    )
    descriptor = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/FontDescriptor"),
            pdf_name("/FontName"): pdf_name("/" + font.name),
            pdf_name("/Flags"): generic.NumberObject(4),  # symbolic: glyphs are chosen by number
            pdf_name("/FontBBox"): _numbers(*font.box),
            pdf_name("/ItalicAngle"): generic.NumberObject(0),
            pdf_name("/Ascent"): generic.NumberObject(font.ascent),
            pdf_name("/Descent"): generic.NumberObject(font.descent),
            pdf_name("/CapHeight"): generic.NumberObject(font.cap_height),
            pdf_name("/StemV"): generic.NumberObject(80),
            pdf_name("/FontFile2"): writer.add_object(program),
        }
    )
    widths: list[generic.PdfObject] = []
    for glyph, advance in sorted(
        {font.glyphs[letter]: font.advances[letter] for letter in font.glyphs}.items()
    ):
        widths += [generic.NumberObject(glyph), generic.ArrayObject([generic.NumberObject(advance)])]
    descendant = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/CIDFontType2"),
            pdf_name("/BaseFont"): pdf_name("/" + font.name),
            pdf_name("/CIDSystemInfo"): generic.DictionaryObject(
                {
                    pdf_name("/Registry"): generic.pdf_string("Adobe"),
                    pdf_name("/Ordering"): generic.pdf_string("Identity"),
                    pdf_name("/Supplement"): generic.NumberObject(0),
                }
            ),
            pdf_name("/FontDescriptor"): writer.add_object(descriptor),
            pdf_name("/W"): generic.ArrayObject(widths),
            pdf_name("/CIDToGIDMap"): pdf_name("/Identity"),
        }
    )
    return writer.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Font"),
                pdf_name("/Subtype"): pdf_name("/Type0"),
                pdf_name("/BaseFont"): pdf_name("/" + font.name),
                pdf_name("/Encoding"): pdf_name("/Identity-H"),
                pdf_name("/DescendantFonts"): generic.ArrayObject([writer.add_object(descendant)]),
                pdf_name("/ToUnicode"): writer.add_object(
                    generic.StreamObject(dict(compressed), encoded_data=font.to_unicode)
                ),
            }
        )
    )


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject([generic.FloatObject(value) for value in values])
