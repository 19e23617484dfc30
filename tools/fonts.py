"""Cuts of the variable print fonts at the weights that forms use.

Cut at every print, a variable font costs two fifths of the whole print. `python -m tools.fonts` writes the cuts beside
the print style sheets; git ignores them.
"""

from pathlib import Path

import fontpkg_noto_sans
import uharfbuzz

FOLDER = Path(__file__).resolve().parents[1] / "static" / "print" / "fonts"
UPRIGHT, ITALIC = "NotoSans[wdth,wght].ttf", "NotoSans-Italic[wdth,wght].ttf"
CUTS = {
    "NotoSans-Regular.ttf": (UPRIGHT, 400),
    "NotoSans-Bold.ttf": (UPRIGHT, 700),
    "NotoSans-Italic.ttf": (ITALIC, 400),
    "NotoSans-BoldItalic.ttf": (ITALIC, 700),
}


def cut(source: Path, weight: int) -> bytes:
    """Every glyph of the font, at that weight and normal width; the same package gives the same bytes."""
    face = uharfbuzz.Face(uharfbuzz.Blob(source.read_bytes()))
    wanted = uharfbuzz.SubsetInput()
    wanted.keep_everything()
    wanted.pin_axis_location(face, "wght", weight)
    wanted.pin_axis_location(face, "wdth", 100)
    return bytes(wanted.subset(face).blob.data)


def main() -> None:
    """Write all cuts."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (source, weight) in CUTS.items():
        (FOLDER / name).write_bytes(cut(fontpkg_noto_sans.ROOT / "files" / source, weight))


if __name__ == "__main__":
    main()
