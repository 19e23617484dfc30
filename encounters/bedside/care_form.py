"""What a column of a care sheet says (37/BV2 for level 1, 38/BV2 for levels 2 and 3): data of `data/care_fields.csv`.

`carried` fields begin as they stood in the column before; what was done and how it went is said anew each time.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emr.common.vietnamese import fold

_DATA = Path(__file__).with_name("data") / "care_fields.csv"
LONGEST = 600
DONE = "intervention"  # what no column goes without
ASSESSMENT, SCALE, PLAN = "assessment", "scale", "plan"
GROUPS = {ASSESSMENT: "Nhận định", SCALE: "Thang điểm", PLAN: "Chẩn đoán điều dưỡng, can thiệp, lượng giá"}
_LEVEL = re.compile(r"\b(?:cap|muc|do) ?(iii|ii|i|[123])\b")
_ROMAN = {"i": "1", "ii": "2", "iii": "3"}
_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class CareField:
    """One line of the sheet. `kind`: "choice" (usual words, or others), "many" (several of them, and others) or "text"."""

    code: str
    group: str
    kind: str
    is_carried: bool
    shown: tuple[bool, bool]
    title: str
    options: tuple[str, ...]

    def is_shown(self, level: str) -> bool:
        """Whether a sheet of that level shows the line always, not only when something stands on it."""
        return self.shown[0 if level == "1" else 1]


@cache
def fields() -> dict[str, CareField]:
    """{code: field} in the sheet's order."""
    with _DATA.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: CareField(
                row["code"],
                row["group"],
                row["kind"],
                row["carried"] == "1",
                (row["level_1"] == "shown", row["level_2_3"] == "shown"),
                row["title"],
                tuple(filter(None, row["options"].split("|"))),
            )
            for row in csv.DictReader(file)
        }


def form_code(level: str) -> str:
    """On which form a column of the level stands."""
    return "37/BV2" if level == "1" else "38/BV2"


def level_in(words: str) -> str:
    """ "1", "2" or "3" of an order's words ("Chăm sóc cấp II"); "" where none is named."""
    found = _LEVEL.search(fold(words))
    return _ROMAN.get(found[1], found[1]) if found else ""


def tidied(items: Mapping[str, str]) -> dict[str, str]:
    """The fields that say something, in the sheet's order, without what isn't one of its fields."""
    said = {code: str(items.get(code, "")).replace("\x00", "").strip()[:LONGEST] for code in fields()}
    return {code: words for code, words in said.items() if words}


def carried(items: Mapping[str, str]) -> dict[str, str]:
    """What the next column begins with."""
    return {code: words for code, words in items.items() if code in fields() and fields()[code].is_carried}


def joined(chosen: list[str], other: str) -> str:
    """Several words of a "many" field as one text."""
    return _SEPARATOR.join([*chosen, *([other.strip()] if other.strip() else [])])


def split(field: CareField, words: str) -> tuple[list[str], str]:
    """(the usual words in it, the rest): the reverse of `joined`."""
    parts = words.split(_SEPARATOR) if words else []
    chosen = [part for part in parts if part in field.options]
    return chosen, _SEPARATOR.join(part for part in parts if part not in field.options)
