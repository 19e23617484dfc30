"""The facility's tables of what may be ordered: read from CSV, checked row by row, taken in whole or not at all."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.terminology.text import search_text
from encounters.orders.models import (
    DatedRow,
    KnowledgeRule,
    OrderableService,
    OrderSet,
    PrescriptionLimit,
    ReuseWindow,
)
from encounters.orders.oneline import parse_line
from encounters.orders.services.sets import SetContent, put_set

DATA = Path(__file__).parent.parent / "data"
LARGEST = 2 * 2**20
_DATES = ("valid_from", "valid_to")
_NUMBERS = ("price", "hours", "days", "most_per_dose", "most_per_day")


@dataclass(frozen=True)
class Table:
    """One of the tables: its columns in the CSV, and its model where a row is one meaning of a code."""

    name: str
    columns: tuple[str, ...]
    model: type[DatedRow] | None = None
    # Columns that hold numbers, beside the usual ones; the folder of the sample.
    numbers: tuple[str, ...] = ()
    data: Path = DATA


_COLUMNS = {
    "services": "code name name_en category group specimen body_site loinc national_code price aliases",
    "windows": "code hours basis",
    "prescription_limits": "code days source note",
    "rules": "code kind subject other level population unit most_per_dose most_per_day text advice source",
}


def _dated(name: str, model: type[DatedRow]) -> Table:
    return Table(name, (*_COLUMNS[name].split(), *_DATES), model)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _dated("services", OrderableService),
        Table("sets", ("set", "name", "kind", "department", "diagnosis", "category", "code", "text")),
        _dated("windows", ReuseWindow),
        _dated("prescription_limits", PrescriptionLimit),
        _dated("rules", KnowledgeRule),
    )
}


def register_table(table: Table) -> None:
    """Take a table of a room above in, kept and imported like the others; the same name again replaces it."""
    TABLES[table.name] = table


class BadRows(DomainError):
    """The file isn't taken in: `problems` says of each row what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems[:5]), code="bad_rows", field="file")


def _day(text: str) -> dt.date:
    day, month, year = (int(part) for part in text.split("/")) if "/" in text else (0, 0, 0)
    return dt.date(year, month, day) if year else dt.date.fromisoformat(text)


def _values(row: dict[str, str], table: Table) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    for name in _DATES:
        if name in row:
            values[name] = _day(row[name]) if row[name] else None
    for name in (*_NUMBERS, *table.numbers):
        if name in row:
            values[name] = Decimal(row[name].replace(",", ".")) if row[name] else None
    return values


def _rows(table: Table, content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > LARGEST:
        raise BadRows([_("The file is larger than 2 MB.")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRows([_("The file is not UTF-8: save it as “CSV UTF-8” and try again.")]) from error
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(";\t,", key=first.count))
    missing = [name for name in table.columns if name not in (reader.fieldnames or [])]
    if missing:
        raise BadRows([_("The file has no column %(names)s.") % {"names": ", ".join(missing)}])
    try:
        return [
            (reader.line_num, {name: (cells[name] or "").strip() for name in table.columns})
            for cells in reader
            if any((cells[name] or "").strip() for name in table.columns)
        ]
    except csv.Error as error:
        raise BadRows([str(error)]) from error


@transaction.atomic
def import_table(*, facility: Organization, name: str, content: bytes, by: User | None) -> int:
    """Take a CSV in: all of it or, with BadRows, nothing. The same file again changes nothing. Returns rows changed."""
    table = TABLES[name]
    rows = _rows(table, content)
    problems: list[str] = []
    if table.model is None:
        changed = _take_sets(facility=facility, rows=rows, problems=problems, by=by)
    else:
        changed = _take_dated(facility=facility, table=table, model=table.model, rows=rows, problems=problems)
    if problems:
        raise BadRows(problems)
    record("order_table.import", by=by, detail={"table": name, "rows": len(rows), "changed": changed})
    return changed


def shipped(name: str) -> bytes:
    """The sample that comes with the product."""
    return (TABLES[name].data / f"{name}.csv").read_bytes()


def load_shipped(*names: str, facility: Organization, by: User | None = None) -> int:
    """The samples of these tables, or all; rows that the facility has changed since are not touched where the code is there
    already.
    """
    return sum(
        import_table(facility=facility, name=name, content=shipped(name), by=by) for name in names or TABLES
    )


def _say(number: int, what: object) -> str:
    return _("Line %(line)d: %(what)s") % {"line": number, "what": what}


def _take_dated(
    *,
    facility: Organization,
    table: Table,
    model: type[DatedRow],
    rows: list[tuple[int, dict[str, str]]],
    problems: list[str],
) -> int:
    changed, today = 0, local_today()
    known: dict[str, list[DatedRow]] = {}
    new: list[DatedRow] = []
    for row in model._default_manager.filter(facility=facility):
        known.setdefault(row.code, []).append(row)
    for number, cells in rows:
        try:
            values = _values(cells, table)
            made = model(facility=facility, **{k: v for k, v in values.items() if v is not None})
            if isinstance(made, OrderableService):
                made.search_text = search_text(made.code, made.name, made.name_en, made.aliases)
            # What is there already is known from above: a question a row would be most of the work.
            made.full_clean(exclude=["facility"], validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            field, messages = next(iter(error.message_dict.items()))
            problems.append(_say(number, f"{field}: {' '.join(messages)}"))
            continue
        except (ValueError, InvalidOperation) as error:
            problems.append(_say(number, error))
            continue
        before = known.setdefault(made.code, [])
        is_changed = _put(made, before, table, today, number, problems)
        changed += is_changed
        if is_changed and before[-1] is made:
            new.append(made)
    if not problems:
        model._default_manager.bulk_create(new)
    return changed


def _put(  # noqa: PLR0917  one row, where it goes
    made: DatedRow, before: list[DatedRow], table: Table, today: dt.date, number: int, problems: list[str]
) -> int:
    """1 where something changes: rows that are kept already here, a new one once all are known to be right."""
    begins = made.valid_from
    current = next(
        (
            row
            for row in before
            if (row.valid_to is None or row.valid_to >= (begins or today))
            and (row.valid_from is None or begins is None or row.valid_from <= begins)
        ),
        None,
    )
    content = [name for name in table.columns if name not in _DATES]
    if current is not None:
        same = all(getattr(current, name) == getattr(made, name) for name in content)
        if same and current.valid_to == made.valid_to:
            return 0
        starts = begins or today
        if current.valid_from is not None and current.valid_from >= starts:
            for name in [*content, "valid_to"]:
                setattr(current, name, getattr(made, name))
            if isinstance(current, OrderableService) and isinstance(made, OrderableService):
                current.search_text = made.search_text
            _keep(current)
            return 1
        if same:  # only its end is new
            current.valid_to = made.valid_to
            _keep(current)
            return 1
        current.valid_to = starts - dt.timedelta(days=1)
        _keep(current)
        made.valid_from = starts
    if made.valid_to and made.valid_from and made.valid_to < made.valid_from:
        problems.append(_say(number, _("The last day lies before the first.")))
        return 0
    before.append(made)
    return 1


def _keep(row: DatedRow) -> None:
    """Write a row that is there already; one of this very file is written with the new ones."""
    if row.pk is not None:
        row.save()


def _take_sets(
    *, facility: Organization, rows: list[tuple[int, dict[str, str]]], problems: list[str], by: User | None
) -> int:
    grouped: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, cells in rows:
        if not cells["set"] or not cells["name"] or not cells["text"]:
            problems.append(_say(number, _("A set has a code, a name and lines.")))
        elif cells["kind"] not in OrderSet.Kind.values:
            problems.append(_say(number, _("The kind is panel or set.")))
        elif cells["category"] == "medication" and (found := parse_line(cells["text"]).problems):
            problems.append(_say(number, " ".join(found)))
        else:
            grouped.setdefault(cells["set"], []).append((number, cells))
    if problems:
        return 0
    return sum(_put_set(facility, code, [cells for _number, cells in of], by) for code, of in grouped.items())


def _put_set(facility: Organization, code: str, rows: list[dict[str, str]], by: User | None) -> int:
    first = rows[0]
    lines = [(row["category"], row["code"], row["text"]) for row in rows]
    content = SetContent(
        first["name"], first["kind"], first["department"], first["diagnosis"], is_active=True, lines=lines
    )
    return int(put_set(facility=facility, code=code, content=content, by=by))
