"""Tables of text out of CSV and .xlsx files."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

LARGEST_FILE = 64 * 2**20
# The ministry's largest list takes a tenth of each. A sheet of 1 MB can claim a thousand million empty cells (S-35).
_LARGEST_UNPACKED = 128 * 2**20
MOST_LINES, MOST_COLUMNS = 200_000, 200
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unreadable(Exception):
    """The file as a whole can't be used; the message is translated, for the person who chose it."""


@dataclass(frozen=True)
class Formula:
    """A cell that holds a formula: what it stands for isn't known without evaluating it, which we don't."""

    text: str


Cell = str | Formula
Line = tuple[int, list[Cell]]  # its number as the spreadsheet shows it, from 1


def read_lines(path: Path, sheet: str = "") -> Iterator[Line]:
    """The lines of a .csv or .xlsx file, empty ones left out. Raises Unreadable."""
    data = path.read_bytes()
    if len(data) > LARGEST_FILE:
        raise Unreadable(_("The file is larger than 64 MB."))
    if data.startswith(b"PK"):
        yield from _sheet_lines(data, sheet)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is the old .xls format: save the file as .xlsx and try again."))
    else:
        yield from _csv_lines(data)


def _csv_lines(data: bytes) -> Iterator[Line]:
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(_("The file is not UTF-8: save it as “CSV UTF-8” and try again.")) from error
    first = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)d can't be read: %(why)s") % {"line": reader.line_num, "why": error}
        ) from error


def _sheet_lines(data: bytes, sheet: str) -> Iterator[Line]:
    import openpyxl  # noqa: PLC0415 -- half a second, and only imports need it

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _LARGEST_UNPACKED:
                raise Unreadable(_("The spreadsheet is too large when unpacked."))
        # data_only=False: a formula comes as its text, so that it can be refused; nothing is ever evaluated.
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unreadable(_("This is not a spreadsheet that can be read (.xlsx).")) from error
    if sheet and sheet not in book.sheetnames:
        names = ", ".join(book.sheetnames)
        raise Unreadable(
            _("There is no sheet “%(name)s”; there are: %(all)s.") % {"name": sheet, "all": names}
        )
    page = book[sheet] if sheet else book.worksheets[0]
    blank = None  # openpyxl fills a gap between lines with one and the same empty line
    for number, cells in enumerate(page.iter_rows(max_col=MOST_COLUMNS), start=1):
        if number > MOST_LINES:
            raise Unreadable(_("The sheet has more than %(count)d lines.") % {"count": MOST_LINES})
        if cells is blank:
            continue
        line = [_cell(cell) for cell in cells]
        if any(line):
            yield number, line
        else:
            blank = cells
    book.close()


def _cell(cell: Any) -> Cell:
    """The cell as the person sees it: 1 shown as "00001" is "00001", a whole number has no ".0"."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Formula(str(value))
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (dt.datetime, dt.date)):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, (int, float)):
        whole = int(value) == value
        shown = str(int(value)) if whole else repr(value)
        pattern = str(cell.number_format or "")
        return shown.zfill(len(pattern)) if whole and pattern.strip("0") == "" else shown
    return str(value).strip()
