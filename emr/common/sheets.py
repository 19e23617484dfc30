"""Lists to take away: CSV and XLSX whose cells stay text whatever they begin with (S-28)."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence

Cell = str | int | dt.date | None
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What makes a spreadsheet program run a cell.
_RUNS = ("=", "+", "-", "@", "\t", "\r")


def defused(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet program would take it for a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark that spreadsheet programs look for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in (heads, *rows):
        writer.writerow([defused(_text(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A sheet whose texts are typed as texts: a name that begins with "=" is a name."""
    import openpyxl  # noqa: PLC0415 -- half a second, and only exports need it
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, row in enumerate((heads, *rows)):
        line = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value if isinstance(value, int) else _text(value))
            if not isinstance(value, int):
                cell.data_type, cell.number_format = "s", "@"
            if number == 0:
                cell.font = Font(bold=True)
            line.append(cell)
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else str(value)
