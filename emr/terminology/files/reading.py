"""From a file to rows, with what is wrong row by row."""

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from emr.terminology.files.columns import Columns, find_columns
from emr.terminology.files.tables import LARGEST_FILE, Cell, Formula, Line, Unreadable, read_lines
from emr.terminology.models import Flag
from emr.terminology.rows import Row, RowError
from emr.terminology.systems import SYSTEMS

__all__ = ["Catalogue", "Unreadable", "read_catalogue"]

_YES = {"x", "1", "có", "co", "true", "yes", "y", "✓", "v"}
_NO = {"", "0", "không", "khong", "false", "no", "n", "-"}
_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%Y%m%d")
_LONGEST = {"code": 64, "parent_code": 64, "display": 500, "display_en": 500, "aliases": 500}
# WHO's dagger and asterisk stand behind the code in the ministry's list; the code itself is without.
_DAGGER = re.compile(r"\s*[†*+]$")


@dataclass
class Catalogue:
    """What a file says: its rows, what can't be read, and which column was taken for what."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    version: str = ""
    sha256: str = ""


def read_catalogue(system: str, path: Path, *, mapping: dict[str, str], sheet: str = "") -> Catalogue:
    """Read `path` for that system of `SYSTEMS`. Raises Unreadable when the file as a whole can't be used."""
    if not path.is_file():
        raise Unreadable(_("There is no file %s.") % path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix.lower() == ".json":
        catalogue = _from_fhir(system, path)
    else:
        catalogue = _from_table(system, list(read_lines(path, sheet)), mapping)
    catalogue.sha256 = digest
    catalogue.version = catalogue.version or path.stem
    if not catalogue.rows and not catalogue.errors:
        raise Unreadable(_("The file has no rows."))
    return catalogue


def _from_table(system: str, lines: list[Line], mapping: dict[str, str]) -> Catalogue:
    columns = find_columns(system, lines, mapping)
    catalogue = Catalogue(columns={name: f"{place + 1}" for name, place in columns.places.items()})
    for name, heading in columns.headings.items():
        catalogue.columns[name] += f" “{heading}”"
    for number, cells in lines:
        if number > columns.last_heading:
            _read_line(system, number, cells, columns, catalogue)
    return catalogue


def _read_line(system: str, number: int, cells: list[Cell], columns: Columns, catalogue: Catalogue) -> None:
    errors: list[RowError] = []
    texts: dict[str, str] = {}
    for name, place in columns.places.items():
        cell = cells[place] if place < len(cells) else ""
        if isinstance(cell, Formula):
            message = _("The cell holds a formula (%s): put its value there.") % cell.text[:40]
            errors.append(RowError(number, name, message))
        else:
            texts[name] = cell
    if not errors and not texts.get("code") and not texts.get("display"):
        return  # a line between two chapters
    row = _row(system, number, texts, errors)
    if errors:
        catalogue.errors += errors
    else:
        catalogue.rows.append(row)


def _row(system: str, number: int, texts: dict[str, str], errors: list[RowError]) -> Row:
    code = _code(system, number, texts.get("code", ""), errors)
    flags = {flag: _truth(number, flag, texts[flag], errors) for flag in Flag if flag.value in texts}
    for name, longest in _LONGEST.items():
        if len(texts.get(name, "")) > longest:
            message = _("More than %d characters.") % longest
            errors.append(RowError(number, name, message))
    rank = texts.get("use_rank", "")
    if rank and not rank.isdigit():
        errors.append(RowError(number, "use_rank", _("“%s” is not a whole number.") % rank))
        rank = ""
    parent = texts.get("parent_code")
    if parent is None and system == "icd10" and "." in code:
        parent = code.partition(".")[0]
    return Row(
        number=number,
        code=code,
        display=texts.get("display") or None,
        display_en=texts.get("display_en") or None,
        parent_code=parent,
        aliases=texts.get("aliases"),
        use_rank=min(int(rank), 32000) if rank else None,
        valid_from=_day(number, "valid_from", texts, errors),
        valid_to=_day(number, "valid_to", texts, errors),
        flags=flags or None,
    )


def _code(system: str, number: int, text: str, errors: list[RowError]) -> str:
    code = _DAGGER.sub("", text) if system == "icd10" else text
    if not code:
        errors.append(RowError(number, "code", _("The code is missing.")))
    elif not re.fullmatch(SYSTEMS[system].pattern, code):
        lost = any(re.fullmatch(SYSTEMS[system].pattern, code.zfill(length)) for length in range(2, 7))
        reasons = {
            True: _("“%s” has lost its leading zeros: format the column as text."),
            False: _("“%s” doesn't look like a code of this catalogue."),
        }
        message = reasons[code.isdigit() and lost]
        errors.append(RowError(number, "code", message % code))
    return code


def _truth(number: int, flag: Flag, text: str, errors: list[RowError]) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        errors.append(
            RowError(number, flag.value, _("“%s” is neither yes (x, 1, có) nor no (empty, 0).") % text)
        )
    return word in _YES


def _day(number: int, name: str, texts: dict[str, str], errors: list[RowError]) -> dt.date | None:
    text = texts.get(name, "")
    if not text:
        return None
    for pattern in _DAYS:
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007 -- a day, not an instant
        except ValueError:
            continue
    errors.append(RowError(number, name, _("“%s” is not a day (dd/mm/yyyy).") % text))
    return None


def _from_fhir(system: str, path: Path) -> Catalogue:
    if path.stat().st_size > LARGEST_FILE:
        raise Unreadable(_("The file is larger than 64 MB."))
    try:
        resource = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Unreadable(_("This is not JSON: %s") % error) from error
    if not isinstance(resource, dict) or resource.get("resourceType") != "CodeSystem":
        raise Unreadable(_("This is not a FHIR CodeSystem."))
    catalogue = Catalogue(version=str(resource.get("version", "")))
    waiting = [(concept, "") for concept in resource.get("concept") or []]
    number = 0
    while waiting:
        number += 1
        concept, parent = waiting.pop(0)
        errors: list[RowError] = []
        texts = _fhir_texts(concept, parent) if isinstance(concept, dict) else {}
        row = _row(system, number, texts, errors)
        catalogue.errors += errors
        if not errors:
            catalogue.rows.append(row)
        below = concept.get("concept") or [] if isinstance(concept, dict) else []
        waiting = list(chain(((child, row.code) for child in below), waiting))
    return catalogue


def _fhir_texts(concept: dict[str, Any], parent: str) -> dict[str, str]:
    texts = {"code": str(concept.get("code", "")), "display": str(concept.get("display", ""))}
    for named in concept.get("designation") or []:
        language, value = str(named.get("language", "")), str(named.get("value", ""))
        if language.startswith("vi"):
            texts["display"] = value
        elif language.startswith("en"):
            texts["display_en"] = value
    if parent:
        texts["parent_code"] = parent
    for stated in concept.get("property") or []:
        name = str(stated.get("code", ""))
        value = next((stated[key] for key in stated if key.startswith("value")), "")
        name = {"parent": "parent_code", "effectiveDate": "valid_from", "retirementDate": "valid_to"}.get(
            name, name
        )
        if name in (*Flag.values, "parent_code", "valid_from", "valid_to", "aliases", "use_rank"):
            texts[name] = ("1" if value else "0") if isinstance(value, bool) else str(value)
    return texts
