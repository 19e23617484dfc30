"""Which column of a table holds what."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from emr.terminology.files.tables import Line, Unreadable
from emr.terminology.models import Flag
from emr.terminology.text import words

FIELDS = ("code", "display", "display_en", "parent_code", "aliases", "use_rank", "valid_from", "valid_to")
# A heading, without accents and punctuation, that names a field; what stands first is tried first.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "code": (
        "code",
        "ma benh",
        "ma icd10",
        "ma icd 10",
        "ma icd",
        "ma",
        "ma so",
        "ma dich vu",
        "ma thuoc",
        "ma khoa",
    ),
    "display": (
        "display",
        "ten benh",
        "ten tieng viet",
        "ten",
        "ten goi",
        "ten dich vu",
        "ten thuoc",
        "dien giai",
    ),
    "display_en": ("display en", "disease name", "ten tieng anh", "english", "ten benh tieng anh"),
    "parent_code": ("parent code", "parent", "ma cha", "ma loai"),
    "aliases": ("aliases", "tu khoa", "ten khac"),
    "use_rank": ("use rank", "thu tu"),
    "valid_from": ("valid from", "ngay hieu luc", "hieu luc tu", "tu ngay"),
    "valid_to": ("valid to", "ngay het hieu luc", "hieu luc den", "den ngay"),
}
_FLAG_HEADINGS = {flag: (" ".join(words(flag.value)),) for flag in Flag}
# TT 06/2026/TT-BYT gives the ICD-10 list 29 columns, the last six of them flags.
_ICD10_COLUMNS = 29
_ICD10_FLAGS = dict(zip(range(24, 30), Flag, strict=True))
_HEADING_LINES = 15
_MAP = re.compile(r"([a-z_]+)=(.+)")


@dataclass(frozen=True)
class Columns:
    """Where each field and flag stands (places from 0), after which line the rows begin, and the headings seen."""

    places: dict[str, int]
    headings: dict[str, str]
    last_heading: int


def find_columns(system: str, lines: list[Line], mapping: dict[str, str]) -> Columns:
    """Find the line of headings and the columns; `mapping` (field → column number, letter or heading) goes before."""
    best: Columns | None = None
    for number, cells in lines[:_HEADING_LINES]:
        names = [" ".join(words(cell)) if isinstance(cell, str) else "" for cell in cells]
        places = _named(names) | _mapped(mapping, names)
        if system == "icd10" and len(cells) >= _ICD10_COLUMNS and "code" in places:
            places = {flag.value: place - 1 for place, flag in _ICD10_FLAGS.items()} | places
        if {"code", "display"} <= places.keys() and (best is None or len(places) > len(best.places)):
            shown = {name: str(cells[place]) if place < len(cells) else "" for name, place in places.items()}
            best = Columns(places, shown, number)
    if best is None:
        raise Unreadable(
            _(
                "No line of headings has a code and a title. Say which columns they are: --map code=17 --map display=20."
            )
        )
    return best


def _named(names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for field, headings in (
        _HEADINGS | {flag.value: heads for flag, heads in _FLAG_HEADINGS.items()}
    ).items():
        for heading in headings:
            if heading in names:
                found[field] = names.index(heading)
                break
    return found


def parse_mapping(pairs: list[str]) -> dict[str, str]:
    """`["code=17", "display=U"]` as a dictionary; raises Unreadable for a field that isn't one."""
    mapping = {}
    for pair in pairs:
        match = _MAP.fullmatch(pair)
        if not match or match[1] not in (*FIELDS, *Flag.values):
            known = ", ".join((*FIELDS, *Flag.values))
            raise Unreadable(
                _("--map %(pair)s: write FIELD=COLUMN; fields: %(known)s.") % {"pair": pair, "known": known}
            )
        mapping[match[1]] = match[2]
    return mapping


def _mapped(mapping: dict[str, str], names: list[str]) -> dict[str, int]:
    places = {}
    for field, column in mapping.items():
        heading = " ".join(words(column))
        if column.isdigit():
            places[field] = int(column) - 1
        elif heading in names:
            places[field] = names.index(heading)
        elif re.fullmatch(r"[A-Z]{1,2}", column):
            places[field] = _letters(column)
    return places


def _letters(column: str) -> int:
    place = 0
    for letter in column:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
