"""What the seal on a patient's confirmation looks like: the evidence in words, the drawn signatures beside it."""

from dataclasses import dataclass

from emr.common.font import printable
from encounters.consents.strokes import Strokes, polylines
from signatures.signing.appearance import Block

# The place that the form keeps: the width between its margins, 46 mm high (static/print/form.css).
WIDTH, HEIGHT = 498.0, 130.0
_DRAWN_WIDTH = 150.0
_GAP = 6.0


@dataclass(frozen=True)
class EvidenceBlock(Block):
    """The visible seal: lines as they are printed, and up to two drawn signatures on the right."""

    words: tuple[str, ...] = ()
    drawn: tuple[Strokes, ...] = ()
    width: float = WIDTH
    height: float = HEIGHT

    def lines(self) -> list[str]:
        """Each piece of evidence on a line."""
        return [printable(row) for row in self.words if row]

    @property
    def text_width(self) -> float:
        """All of it, less what is drawn."""
        return self.width - (_DRAWN_WIDTH + _GAP if self.drawn else 0)

    def drawing(self) -> bytes:
        """The strokes as lines, each signature in its own part of the right side, its proportions kept."""
        if not self.drawn:
            return b""
        part = (self.height - _GAP) / len(self.drawn)
        left = self.width - _DRAWN_WIDTH - _GAP
        shapes = []
        for place, signature in enumerate(self.drawn):
            top = self.height - _GAP / 2 - place * part
            scale = min(_DRAWN_WIDTH, (part - _GAP) * signature["w"] / signature["h"])
            for points in polylines(signature):
                (x, y), *rest = [(left + x * scale, top - y * scale) for x, y in points]
                shapes.append(
                    b"%.1f %.1f m " % (x, y) + b" ".join(b"%.1f %.1f l" % point for point in rest) + b" S\n"
                )
        return b"0.9 w 1 J 1 j\n" + b"".join(shapes) + b"0.6 w 0 J 0 j\n"
