"""A drawing as a form keeps it: lines of points, as text. Pure.

`120,80 124,86 130,90;500,500` is two lines: points are whole numbers from 0 to 1000, from the top left corner; a point by
itself is a dot.
"""

import re

SIDE = 1000
MOST_CHARACTERS = 60_000
BACKGROUNDS = frozenset({"plain", "body"})
_LINE = re.compile(r"[0-9]{1,4},[0-9]{1,4}(?: [0-9]{1,4},[0-9]{1,4})*")
Line = list[tuple[int, int]]


def read_lines(text: str) -> list[Line] | None:
    """The lines, or None when the text is no drawing."""
    if len(text) > MOST_CHARACTERS:
        return None
    found: list[Line] = []
    for part in text.split(";"):
        if not _LINE.fullmatch(part):
            return None
        points = [(int(x), int(y)) for x, _comma, y in (point.partition(",") for point in part.split(" "))]
        if any(x > SIDE or y > SIDE for x, y in points):
            return None
        found.append(points)
    return found


def write_lines(lines: list[Line]) -> str:
    """The text of these lines."""
    return ";".join(" ".join(f"{x},{y}" for x, y in line) for line in lines)


def polylines(text: str) -> list[str]:
    """The `points` of one SVG polyline for each line, nothing but digits, commas and spaces; of no drawing, none."""
    return [
        " ".join(f"{x},{y}" for x, y in (line if len(line) > 1 else [line[0], (line[0][0] + 1, line[0][1])]))
        for line in read_lines(text) or []
    ]
