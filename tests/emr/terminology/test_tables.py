"""A spreadsheet that is larger than it looks is refused before it takes the house's memory or time (S-35)."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from emr.terminology.files import tables
from emr.terminology.files.tables import MOST_COLUMNS, MOST_LINES, Unreadable, read_lines


def _sheet(path: Path, rows: bytes) -> Path:
    """An .xlsx whose only sheet has these rows as XML."""
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    opening = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    parts[sheet] = opening + rows + b"</sheetData></worksheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in parts.items():
            whole.writestr(name, content)
    return path


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every cell that was looked at: the cost of a sheet."""
    cells: list[Any] = []
    real = tables._cell

    def counted(cell: Any) -> tables.Cell:
        cells.append(cell)
        return real(cell)

    monkeypatch.setattr(tables, "_cell", counted)
    return cells


def _cell(place: str) -> bytes:
    return f'<c r="{place}" t="inlineStr"><is><t>x</t></is></c>'.encode()


def test_a_cell_at_the_far_corner_costs_no_million_empty_ones(tmp_path: Path, looked_at: list[Any]) -> None:
    """S-35: one cell in the last column of many rows is sixteen thousand a row for who fills the gaps."""
    rows = b"".join(
        b'<row r="%d">' % n + _cell(f"A{n}") + _cell(f"XFD{n}") + b"</row>" for n in range(1, 2001)
    )
    lines = list(read_lines(_sheet(tmp_path / "wide.xlsx", rows)))
    assert len(looked_at) == 2000 * MOST_COLUMNS
    assert len(lines) == 2000
    assert max(len(cells) for _number, cells in lines) <= MOST_COLUMNS


def test_a_sheet_of_a_million_lines_is_refused(tmp_path: Path, looked_at: list[Any]) -> None:
    """S-35: one cell in the last row is a million lines."""
    rows = b'<row r="1048576">' + _cell("A1048576") + b"</row>"
    with pytest.raises(Unreadable, match=str(MOST_LINES)):
        list(read_lines(_sheet(tmp_path / "long.xlsx", rows)))
    assert len(looked_at) <= MOST_COLUMNS, "the lines that aren't there are looked at"


def test_a_bomb_is_refused_by_what_it_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-35: a kilobyte that unpacks to more than any list of the ministry's; nothing is unpacked."""
    path = tmp_path / "bomb.xlsx"
    openpyxl.Workbook().save(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as whole,
        whole.open("xl/media/zeros.bin", "w") as out,
    ):
        for _ in range(200):
            out.write(b"\0" * 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(Unreadable):
        list(read_lines(path))


def test_entities_in_a_sheet_are_not_unfolded(tmp_path: Path) -> None:
    """S-41: ten thousand million laughs."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    path = _sheet(tmp_path / "laughs.xlsx", b"")
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&l10;</t></is></c></row>'
    whole_xml = parts[sheet].decode().replace("<sheetData></sheetData>", f"<sheetData>{row}</sheetData>")
    parts[sheet] = f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{laughs}]>{whole_xml}'.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in parts.items():
            whole.writestr(name, content)
    with pytest.raises(Unreadable):
        list(read_lines(path))
