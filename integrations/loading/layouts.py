"""Layouts of the insurance file: what QĐ 4210/QĐ-BYT (until 30/06/2024) calls otherwise than QĐ 4750 and 3176.

A past stay keeps the words it came with; whoever reads it asks here for today's names.
"""

from typing import Any

# Table: {today's name: the one before}.
_FORMER = {
    "XML1": {
        "MA_THE_BHYT": "MA_THE",
        "CHAN_DOAN_RV": "TEN_BENH",
        "MA_BENH_CHINH": "MA_BENH",
        "MA_BENH_KT": "MA_BENHKHAC",
        "MA_LOAI_RV": "TINH_TRANG_RV",
    },
    "XML5": {"DIEN_BIEN_LS": "DIEN_BIEN", "THOI_DIEM_DBLS": "NGAY_YL"},
}


def today(table: str, fields: dict[str, str]) -> dict[str, str]:
    """A record's fields under today's names, the former ones left out; one of today's layout as it is."""
    former = {old: new for new, old in _FORMER.get(table, {}).items() if old in fields and new not in fields}
    if table == "XML1" and len(kind := fields.get("MA_LOAI_KCB", "")) == 1:
        fields = fields | {"MA_LOAI_KCB": f"0{kind}"}  # one digit then: 1, 2, 3
    return {former.get(name, name): value for name, value in fields.items()} if former else fields


def is_former(content: dict[str, Any]) -> bool:
    """Whether the summary is of QĐ 4210."""
    found = content.get("XML1", {})
    return any(old in found and new not in found for new, old in _FORMER["XML1"].items())
