"""The order of a paper record (TT 32/2023, Annexes XXVIII and XXIX), as data: which form stands in which part."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the record: its title on the contents page, and the forms in it ("*/BV1": every code that ends so)."""

    name: str
    title: str
    codes: tuple[str, ...]


# Files without a form stand in "results"; forms that no part names stand in the last but one.
PARTS: tuple[Part, ...] = (
    Part("record", "Bệnh án", ("*/BV1", "29/BV2", "39/BV2", "51/BV2")),
    Part("summary", "Tóm tắt, ra viện, chuyển cơ sở", ("TT25-*", "TT01-*", "47/BV2")),
    Part("course", "Tờ điều trị", ("36/BV2", "43/BV2", "50/BV2", "DON-THUOC*")),
    Part("consultation", "Hội chẩn, khám chuyên khoa", ("04/BV2", "27/BV2", "28/BV2")),
    Part(
        "surgery",
        "Phẫu thuật, thủ thuật, gây mê",
        (
            "02/BV2",
            "05/BV2",
            "06/BV2",
            "30/BV2",
            "31/BV2",
            "32/BV2",
            "33/BV2",
            "34/BV2",
            "35/BV2",
            "BK-TRUOCMO",
            "BK-ATPT",
        ),
    ),
    Part(
        "consents",
        "Cam kết, công khai",
        (
            "01/BV2",
            "03/BV2",
            "40/BV2",
            "41/BV2",
            "42/BV2",
            "45/BV2",
            "46/BV2",
            "48/BV2",
            "49/BV2",
            "CK-THUOC",
        ),
    ),
    Part(
        "care",
        "Chăm sóc, theo dõi",
        ("07/BV2", "37/BV2", "38/BV2", "44/BV2", "TD-CNS", "TH-THUOC", "TPU-THUOC", "DG-DINHDUONG"),
    ),
    Part(
        "results",
        "Kết quả cận lâm sàng",
        (*(f"{number:02}/BV2" for number in range(8, 27)), "BK-CT", "BK-MRI"),
    ),
    Part("other", "Giấy tờ khác", ()),
    Part("error", "Nhập nhầm", ()),
)
_PLACES = {part.name: place for place, part in enumerate(PARTS)}
TITLES = {part.name: part.title for part in PARTS}


def part_of(code: str) -> str:
    """The name of the part that a form of this code stands in."""
    for part in PARTS:
        for pattern in part.codes:
            if code == pattern or (pattern.startswith("*") and code.endswith(pattern[1:])):
                return part.name
            if pattern.endswith("*") and code.startswith(pattern[:-1]):
                return part.name
    return "other"


def in_order(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Rows with "part", "at" (ISO text) and "uuid", as they stand in the record: by part, then by time."""
    return sorted(rows, key=lambda row: (_PLACES[row["part"]], row["at"], row["uuid"]))
