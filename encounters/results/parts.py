"""What stands where on the result forms that have an order of their own: 18, 20, 21 and 26/BV2.

The forms' numbers and names are the circular's (Annex XXIX of 32/2023/TT-BYT). Their parts and lines are those in general
use in Viet Nam and were not compared with the annex (`official.LAYOUT_CHECKED`). What was reported and has no line of its
own stands after them: nothing is left out. What has a line and was not reported is a dotted one, to be seen as missing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emr.common.vietnamese import fold

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the form: `heads` are folded words that a heading of it has, `places` its lines with their folded words.

    Without places it is text: what the report tells under such a heading ("Vi thể: …").
    """

    title: str
    heads: tuple[str, ...]
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _places(*told: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each "Title|another word|…"; the title is one of its own words."""
    split = [one.split("|") for one in told]
    return tuple((one[0], tuple(fold(word) for word in one)) for one in split)


_BLOOD = Part(
    "Huyết đồ",
    ("huyet do", "mau ngoai vi"),
    _places(
        "Hồng cầu|RBC", "Huyết sắc tố|HGB|Hemoglobin", "Hematocrit|HCT", "Hồng cầu lưới|RET",
        "Bạch cầu|WBC", "Tiểu cầu|PLT",
    ),
)  # fmt: skip
_MARROW = Part(
    "Tủy đồ",
    ("tuy do", "tuy xuong"),
    _places(
        "Số lượng tế bào tủy|Tế bào có nhân|Mật độ tế bào tủy", "Nguyên tủy bào|Myeloblast",
        "Tiền tủy bào|Promyelocyte", "Tủy bào|Myelocyte", "Hậu tủy bào|Metamyelocyte", "Bạch cầu đũa",
        "Bạch cầu đoạn trung tính|Đoạn trung tính", "Bạch cầu ưa acid|Ưa acid", "Bạch cầu ưa base|Ưa base",
        "Mono|Bạch cầu mono", "Lympho|Bạch cầu lympho", "Tương bào|Plasmocyte", "Nguyên hồng cầu|Erythroblast",
        "Tỷ lệ M/E|M/E|Tỷ lệ dòng bạch cầu hạt dòng hồng cầu", "Mẫu tiểu cầu|Megakaryocyte",
        "Tế bào ác tính|Tế bào bất thường|Blast",
    ),
)  # fmt: skip
PARTS: dict[str, tuple[Part, ...]] = {
    "18/BV2": (_BLOOD, _MARROW, Part("Nhận xét", ("nhan xet",))),
    "20/BV2": (
        Part("Vị trí sinh thiết", ("vi tri sinh thiet", "vi tri")),
        Part("Đại thể", ("dai the",)),
        Part(
            "Vi thể",
            ("vi the",),
            _places(
                "Mật độ tế bào", "Dòng hồng cầu", "Dòng bạch cầu hạt", "Dòng mẫu tiểu cầu|Mẫu tiểu cầu",
                "Dòng lympho|Lympho", "Tương bào", "Tế bào bất thường|Tế bào ác tính", "Xơ tủy|Mức độ xơ|Reticulin",
            ),
        ),
        Part("Nhận xét", ("nhan xet",)),
    ),
    "21/BV2": (
        Part(
            "Tính chất",
            ("tinh chat", "dai the"),
            _places("Loại dịch|Bệnh phẩm", "Màu sắc", "Độ trong|Độ đục", "Thể tích|Số lượng dịch"),
        ),
        Part(
            "Tế bào",
            ("te bao", "vi the"),
            _places(
                "Số lượng tế bào|Tế bào có nhân|Bạch cầu|WBC", "Hồng cầu|RBC", "Bạch cầu đoạn trung tính|Đoạn trung tính",
                "Lympho|Bạch cầu lympho", "Mono|Đại thực bào|Bạch cầu mono", "Bạch cầu ưa acid|Ưa acid",
                "Tế bào trung biểu mô|Trung biểu mô", "Tế bào lạ|Tế bào bất thường|Tế bào ác tính",
            ),
        ),
        Part("Nhận xét", ("nhan xet",)),
    ),
    "26/BV2": (
        Part("Chẩn đoán lâm sàng", ("chan doan lam sang", "lam sang")),
        Part("Đại thể", ("dai the",)),
        Part("Vi thể", ("vi the",)),
        Part("Nguyên nhân tử vong", ("nguyen nhan tu vong", "nguyen nhan chet")),
        Part("Đối chiếu lâm sàng và giải phẫu bệnh", ("doi chieu", "doi chieu lam sang")),
    ),
}  # fmt: skip
_HEADED = re.compile(r"^\s*([^:\n]{2,60}?)\s*:\s*(.*)$")


def arranged(code: str, report: Content) -> Content:
    """The report (of `paper.report_of`) as the form of that code has it; the same for a form without parts of its own.

    Adds "parts", each {"title", "lines", "text"}; "lines" and "narrative" keep what no part takes.
    """
    parts = PARTS.get(code)
    if parts is None:
        return report
    told, rest_told = _told(parts, str(report["narrative"]))
    taken, rest = _taken(parts, report["lines"])
    filled = [
        {
            "title": part.title,
            "lines": _lines(part, taken[number]) if part.places or taken[number] else [],
            "text": told[number],
        }
        for number, part in enumerate(parts)
    ]
    return report | {"parts": filled, "lines": rest, "narrative": rest_told}


def _words(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9/]+', fold(text)))} "


def _told(parts: Sequence[Part], narrative: str) -> tuple[list[str], str]:
    """({what stands under each part's heading}, what stands under none)."""
    told: list[list[str]] = [[] for _part in parts]
    rest: list[str] = []
    into = rest
    for line in narrative.splitlines():
        headed = _HEADED.match(line)
        number = _part_named(parts, headed[1]) if headed else None
        if headed is None or number is None:
            into.append(line)
            continue
        into = told[number]
        if headed[2]:
            into.append(headed[2])
    return ["\n".join(lines).strip() for lines in told], "\n".join(rest).strip()


def _part_named(parts: Sequence[Part], heading: str) -> int | None:
    """Which part a heading is of: it is one of the part's words, perhaps with a number before it ("2. Vi thể")."""
    words = re.sub(r"^(?:\d+|[ivx]+)\s", "", _words(heading).strip())
    return next((number for number, part in enumerate(parts) if words in part.heads), None)


def _taken(
    parts: Sequence[Part], lines: Sequence[Content]
) -> tuple[list[dict[int | None, list[Content]]], list[Content]]:
    """(of each part {number of its place, None for no place of its own: findings}, the findings of no part).

    What stands under a heading goes with it: bạch cầu of the blood isn't bạch cầu of the marrow.
    """
    taken: list[dict[int | None, list[Content]]] = [{} for _part in parts]
    rest: list[Content] = []
    under: int | None = None
    for place_in_report, line in enumerate(lines):
        if line["depth"] == 0:
            under = _part_of_heading(parts, line)
        if not line["value"] and _has_children(lines, place_in_report):
            # A heading is no finding; it stays where something of it has no part.
            rest.append(line | {"is_heading": True})
            continue
        number, place = _best(parts, under, str(line["title"]))
        if number is None:
            rest.append(line)
        else:
            taken[number].setdefault(place, []).append(line)
    return taken, _without_empty_headings(rest)


def _has_children(lines: Sequence[Content], at: int) -> bool:
    return at + 1 < len(lines) and int(lines[at + 1]["depth"]) > int(lines[at]["depth"])


def _without_empty_headings(lines: list[Content]) -> list[Content]:
    """Those headings go under which nothing is left."""
    kept: list[Content] = []
    for line in reversed(lines):
        deeper = bool(kept) and kept[-1]["depth"] > line["depth"]
        if not line.get("is_heading") or deeper:
            kept.append(line)
    return kept[::-1]


def _part_of_heading(parts: Sequence[Part], line: Content) -> int | None:
    if line["value"]:
        return None
    words = _words(str(line["title"]))
    fits = (number for number, part in enumerate(parts) if any(f" {head} " in words for head in part.heads))
    return next(fits, None)


def _best(parts: Sequence[Part], under: int | None, title: str) -> tuple[int | None, int | None]:
    """(part, place) whose words say most of the title; under a heading always its part."""
    words = _words(title)
    best: tuple[int, int | None, int | None] = (0, under, None)
    for number, part in enumerate(parts):
        if under is not None and number != under:
            continue
        for place, (_title, named) in enumerate(part.places):
            longest = max((len(word) for word in named if f" {word} " in words), default=0)
            if longest > best[0]:
                best = (longest, number, place)
    return best[1], best[2]


def _lines(part: Part, taken: dict[int | None, list[Content]]) -> list[Content]:
    """The part's lines in the form's order, then what it has no line for; the form's name stands where nothing was said."""
    found: list[Content] = []
    for place, (title, _words_of) in enumerate(part.places):
        found += taken.get(place) or [{"title": title, "depth": 0, "value": "", "is_missing": True}]
    return found + taken.get(None, [])
