"""Files to lines: what each says, under our names for it."""

import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.vietnamese import fold, tidy
from emr.terminology.files.tables import Formula, Unreadable, read_lines
from integrations.loading.insurance import BadXml, read_cases
from integrations.loading.models import FirstLoad

# Heading of the template first, then what other systems write; compared without accents.
PATIENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "mrn": ("Mã người bệnh", "ma bn", "ma_bn", "pid", "mrn"),
    "full_name": ("Họ và tên", "ho ten", "ho_ten", "full name"),
    "birth": ("Ngày sinh", "ngay_sinh", "nam sinh", "birth"),
    "sex": ("Giới tính", "gioi_tinh", "sex"),
    "citizen": ("Số định danh", "so cccd", "so_cccd", "cccd"),
    "insurance": ("Số thẻ BHYT", "ma the bhyt", "ma_the_bhyt", "bhyt"),
    "phone": ("Điện thoại", "dien_thoai", "phone"),
    "address": ("Địa chỉ", "dia_chi", "address"),
}
STAY_COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("Mã điều trị", "ma dot dieu tri", "ma_lk", "ma luot kham", "visit"),
    "mrn": ("Mã người bệnh", "ma bn", "ma_bn", "pid", "mrn"),
    "kind": ("Loại", "loai", "class"),
    "began": ("Vào lúc", "ngay vao", "ngay_vao", "began"),
    "department": ("Mã khoa", "ma_khoa", "khoa", "department"),
    "bed": ("Giường", "ma giuong", "ma_giuong", "bed"),
    "doctor": ("Bác sĩ điều trị", "ma_bac_si", "bac si", "doctor"),
    "diagnosis_code": ("Mã bệnh", "ma_benh", "icd10", "icd"),
    "diagnosis": ("Chẩn đoán", "chan_doan", "diagnosis"),
}
COLUMNS = {FirstLoad.Kind.PATIENTS.value: PATIENT_COLUMNS, FirstLoad.Kind.STAYS.value: STAY_COLUMNS}
NEEDED = {
    FirstLoad.Kind.PATIENTS.value: {"mrn", "full_name"},
    FirstLoad.Kind.STAYS.value: {"number", "mrn", "began", "department"},
}
KEYS = {FirstLoad.Kind.PATIENTS.value: "mrn", FirstLoad.Kind.STAYS.value: "number"}
SEXES = {
    "1": "male", "nam": "male", "m": "male", "2": "female", "nu": "female", "f": "female", "3": "unknown",
    "chua xac dinh": "unknown", "": "unknown",
}  # fmt: skip
CLASSES = {
    "": "IMP", "noi tru": "IMP", "i": "IMP", "imp": "IMP", "03": "IMP", "ngoai tru": "AMB", "kham benh": "AMB",
    "o": "AMB", "amb": "AMB", "01": "AMB", "02": "AMB", "cap cuu": "EMER", "e": "EMER", "emer": "EMER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """One line as read: its number, the source's key, what it says; `problem` is a code of `words`."""

    line: int
    key: str
    values: dict[str, Any]
    problem: str = ""


def read(load: FirstLoad, data: bytes) -> Iterator[Read]:
    """The lines of the load's file. Raises Unreadable."""
    if load.kind == FirstLoad.Kind.HISTORY:
        return _cases(load, data)
    return _table(load.kind, data)


def _table(kind: str, data: bytes) -> Iterator[Read]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_bytes(data)
        heading, places = _find_columns(kind, path)
        for number, cells in read_lines(path):
            if number <= heading:
                continue
            values = dict.fromkeys(COLUMNS[kind], "") | {
                name: "=" if isinstance(cells[place], Formula) else tidy(str(cells[place]))
                for name, place in places.items()
                if place < len(cells)
            }
            key = values[KEYS[kind]].upper().replace(" ", "")
            yield Read(number, key[:100], values)


def _find_columns(kind: str, path: Path) -> tuple[int, dict[str, int]]:
    for number, cells in read_lines(path):
        names = [fold(cell.replace("_", " ")) if isinstance(cell, str) else "" for cell in cells]
        places = {
            name: names.index(fold(heading.replace("_", " ")))
            for name, headings in COLUMNS[kind].items()
            for heading in reversed(headings)
            if fold(heading.replace("_", " ")) in names
        }
        if NEEDED[kind] <= places.keys():
            return number, places
        if number > 10:
            break
    raise Unreadable(_("No line of headings names what is needed. Use the headings of the template."))


def _cases(load: FirstLoad, data: bytes) -> Iterator[Read]:
    number = 0
    try:
        for number, case in enumerate(read_cases(io.BytesIO(data)), 1):
            problem = case.problem
            if not problem and case.facility_code not in {"", load.facility.code}:
                problem = "other_facility"
            if not problem and case.summary.get("MA_CSKCB", load.facility.code) != load.facility.code:
                problem = "other_facility"
            content = {} if problem else case.content()
            yield Read(number, case.summary.get("MA_LK", "")[:100], {"content": content}, problem)
    except BadXml as error:
        raise Unreadable(
            _("The file is no insurance file that can be read (after case %(number)d).") % {"number": number}
        ) from error


def birth(text: str) -> dict[str, dt.date | int | None]:
    """The registry's birth fields of "17/05/1980", "05/1980", "1980", "198005170000"; zeros are what isn't known.

    Raises ValueError.
    """
    nothing: dict[str, dt.date | int | None] = {"birth_date": None, "birth_month": None, "birth_year": None}
    if not text:
        return {}
    parts = [int(part) for part in re.split(r"[/.-]", text)] if re.search(r"[/.-]", text) else []
    if not parts:
        if not (text.isascii() and text.isdigit() and len(text) in {4, 6, 8, 12, 14}):
            raise ValueError(text)
        parts = [int(text[6:8] or 0), int(text[4:6] or 0), int(text[:4])]
    elif len(str(parts[0])) == 4:
        parts.reverse()
    day, month, year = [0] * (3 - len(parts)) + parts
    if not 1880 <= year <= 2200 or not 0 <= month <= 12:
        raise ValueError(text)
    if day:
        on = dt.date(year, month, day)
        return nothing | {"birth_date": on, "birth_month": month, "birth_year": year}
    return nothing | {"birth_month": month or None, "birth_year": year}


def moment(text: str) -> dt.datetime:
    """An instant at the hospital: "28/11/2026 07:30", "2026-11-28 07:30", "202611280730". Raises ValueError."""
    for form in ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M"):
        try:
            found = dt.datetime.strptime(text.strip().replace("T", " "), form)  # noqa: DTZ007  made aware next
        except ValueError:
            continue
        return timezone.make_aware(found)
    raise ValueError(text)


def moment_of_day(text: str) -> dt.datetime:
    """NGAY_VAO, with its hour or without. Raises ValueError."""
    return moment(text if len(text) > 8 else f"{text}0000")


def day_or_moment(text: str) -> dt.datetime | None:
    """NGAY_RA; None for an empty one. Raises ValueError."""
    return moment_of_day(text) if text else None


def person_of(values: Mapping[str, str]) -> dict[str, Any]:
    """A line's person as the registry's fields, empty ones left out. Raises ValueError with the field's name."""
    try:
        found = birth(values.get("birth", ""))
    except ValueError as error:
        raise ValueError("birth") from error
    sex = SEXES.get(fold(values.get("sex", "")))
    if sex is None:
        raise ValueError("sex")
    known: dict[str, Any] = {"full_name": values.get("full_name", ""), **found}
    if sex != "unknown":
        known["sex"] = sex
    if phone := values.get("phone", ""):
        known["phone"] = phone[:30]
    if address := values.get("address", ""):
        known |= {"address_line": address[:200], "address_text": address[:400]}
    return known
