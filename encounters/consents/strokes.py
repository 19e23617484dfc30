"""A signature drawn on a screen: where the pen was, when, how hard. Knows no Django.

{"v": 1, "w": 3000, "h": 1000, "strokes": [[[x, y, ms, pressure], …], …]}: whole numbers; x and y from the top left corner in
tenths of a CSS pixel, ms since the first touch, pressure 0 to 1000 (500 where the device measures none). The timing is
kept because it is what an expert looks at when a signature is disputed.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from math import dist
from typing import Any

Strokes = dict[str, Any]
MOST_POINTS, MOST_STROKES = 12_000, 300
_LONGEST_MS = 10 * 60 * 1000
_SIDE = range(200, 60_001)
# A dot or a slip of the finger is no signature: so many points, and a line as long as a fifth of the pad's width.
_LEAST_POINTS = 8
_LEAST_LENGTH = 0.2


class Unreadable(ValueError):
    """It isn't such a signature; `code`: malformed, too_long, too_little."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_strokes(raw: str) -> Strokes:
    """The signature as it is kept, nothing but the known parts. Raises Unreadable."""
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise Unreadable("malformed") from error
    if not isinstance(told, dict) or told.get("v") != 1 or not isinstance(told.get("strokes"), list):
        raise Unreadable("malformed")
    width, height, strokes = told.get("w"), told.get("h"), told["strokes"]
    if type(width) is not int or type(height) is not int or width not in _SIDE or height not in _SIDE:
        raise Unreadable("malformed")
    if len(strokes) > MOST_STROKES or sum(len(s) for s in strokes if isinstance(s, list)) > MOST_POINTS:
        raise Unreadable("too_long")
    kept = [[_point(point, width, height) for point in _listed(stroke)] for stroke in strokes]
    times = [point[2] for stroke in kept for point in stroke]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise Unreadable("malformed")
    if len(times) < _LEAST_POINTS or length_of(kept) < _LEAST_LENGTH * width:
        raise Unreadable("too_little")
    return {"v": 1, "w": width, "h": height, "strokes": [stroke for stroke in kept if stroke]}


def _listed(stroke: object) -> list[Any]:
    if not isinstance(stroke, list):
        raise Unreadable("malformed")
    return stroke


def _point(point: object, width: int, height: int) -> list[int]:
    if not isinstance(point, list) or len(point) != 4 or any(type(part) is not int for part in point):
        raise Unreadable("malformed")
    x, y, ms, pressure = point
    if not (0 <= x <= width and 0 <= y <= height and 0 <= ms <= _LONGEST_MS and 0 <= pressure <= 1000):
        raise Unreadable("malformed")
    return [x, y, ms, pressure]


def length_of(strokes: list[list[list[int]]]) -> float:
    """How far the pen went, in the pad's own units."""
    return sum(dist(a[:2], b[:2]) for stroke in strokes for a, b in pairwise(stroke))


def polylines(signature: Strokes) -> Iterator[list[tuple[float, float]]]:
    """Each stroke as points from 0 to 1 of the pad's width, y downwards; a single point becomes a short line."""
    width = signature["w"]
    for stroke in signature["strokes"]:
        points = [(x / width, y / width) for x, y, _ms, _pressure in stroke]
        yield points if len(points) > 1 else [points[0], (points[0][0] + 0.002, points[0][1])]


def svg_lines(signature: Strokes) -> list[str]:
    """The `points` of an SVG polyline for each stroke, in a box 1000 wide."""
    return [" ".join(f"{x * 1000:.0f},{y * 1000:.0f}" for x, y in points) for points in polylines(signature)]


def svg_height(signature: Strokes) -> int:
    """The height of that box."""
    return round(1000 * int(signature["h"]) / int(signature["w"]))
