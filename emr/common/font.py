"""The font of visible signature blocks: Noto Sans, cut down to the letters in use and kept for the next signature.

Cutting a font is the dearest part of a visible signature (tens of milliseconds), and one signer's block always
has the same letters but for the digits of the time, so a small cache makes it free. PDF/A wants every font embedded.
"""

import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import fontpkg_noto_sans
from fontTools import subset
from fontTools.ttLib import TTFont

_FILE = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
# The variation tables go: what stays is the regular weight, in which the outlines are drawn.
_DROPPED = ["fvar", "gvar", "avar", "HVAR", "MVAR", "STAT", "GDEF", "GPOS", "GSUB", "GASP", "MATH", "DSIG"]
_ALWAYS = "0123456789/:+() .,-?"
# All that Vietnamese names, titles and reasons are written with; any other letter is fetched from the whole font.
_VIETNAMESE = "".join(
    letter + mark
    for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
)


@dataclass(frozen=True)
class Font:
    """A font program for some letters, as a PDF holds it (ISO 32000-1 §9.7: Type 0, Identity-H).

    `advances` are in thousandths of the font size; `program` is the compressed TrueType file of `program_size` bytes.
    """

    glyphs: dict[str, int]
    advances: dict[str, int]
    program: bytes
    program_size: int
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]
    name: str
    to_unicode: bytes

    def width(self, text: str, size: float) -> float:
        """How wide the text is, in points."""
        return sum(self.advances[letter] for letter in text) * size / 1000

    def encode(self, text: str) -> bytes:
        """The text as a hexadecimal string of glyph numbers, the way a content stream shows it."""
        return b"<%s>" % "".join(f"{self.glyphs[letter]:04X}" for letter in text).encode()


def printable(text: str) -> str:
    """The text in composed letters on one line, each letter that Noto Sans lacks shown as a question mark."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(letter if ord(letter) in _known() else "?" for letter in line)


def font_for(text: str) -> Font:
    """The font that can show the text (as `printable` gives it)."""
    return _cut("".join(sorted(set(text) | set(_ALWAYS))))


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    with TTFont(_FILE, lazy=True) as whole:
        return frozenset(whole.getBestCmap())


def _reduce(source: BytesIO | str, letters: str) -> BytesIO:
    """The font with these letters alone."""
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        name_IDs=[],
        glyph_names=False,
        drop_tables=_DROPPED,
    )
    with TTFont(source, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=letters)
        cutter.subset(font)
        result = BytesIO()
        font.save(result, reorderTables=False)
    return result


@lru_cache(maxsize=1)
def _vietnamese() -> tuple[frozenset[str], bytes]:
    """The first cut, from 4,500 glyphs to 270: later cuts start from it."""
    ascii_letters = "".join(map(chr, range(0x20, 0x7F)))
    letters = frozenset(unicodedata.normalize("NFC", _VIETNAMESE + ascii_letters + "Đđ–—“”…²³°"))
    return letters, _reduce(str(_FILE), "".join(letters)).getvalue()


@lru_cache(maxsize=512)
def _cut(letters: str) -> Font:
    common, small = _vietnamese()
    source = BytesIO(small) if common.issuperset(letters) else str(_FILE)
    data = _reduce(source, letters).getvalue()
    with TTFont(BytesIO(data)) as font:
        scale = 1000 / font["head"].unitsPerEm
        cmap, widths = font.getBestCmap(), font["hmtx"].metrics
        names = {letter: cmap[ord(letter)] for letter in letters}
        head, os2 = font["head"], font["OS/2"]
        return Font(
            glyphs={letter: font.getGlyphID(name) for letter, name in names.items()},
            advances={letter: round(widths[name][0] * scale) for letter, name in names.items()},
            program=zlib.compress(data, 9),
            program_size=len(data),
            ascent=round(font["hhea"].ascent * scale),
            descent=round(font["hhea"].descent * scale),
            cap_height=round(getattr(os2, "sCapHeight", 714) * scale),
            box=tuple(round(edge * scale) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)),
            name=f"{_tag(letters)}+NotoSans-Regular",
            to_unicode=_to_unicode({font.getGlyphID(name): letter for letter, name in names.items()}),
        )


def _tag(letters: str) -> str:
    """Six capitals that tell one cut from another (ISO 32000-1 §9.6.4)."""
    number = zlib.crc32(letters.encode())
    return "".join(chr(65 + number // 26**place % 26) for place in range(6))


def _to_unicode(letters: dict[int, str]) -> bytes:
    """The map from glyphs back to letters, so that text can be searched, copied and read aloud."""
    rows = [
        f"<{glyph:04X}> <{letter.encode('utf-16-be').hex().upper()}>"
        for glyph, letter in sorted(letters.items())
    ]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return zlib.compress(
        f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{body}
endcmap
CMapName currentdict /CMap defineresource pop
end
end""".encode(),
        9,
    )
