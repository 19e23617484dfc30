"""Bringing catalogues in: what changed ends and begins anew, nothing is overwritten (R-53)."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from emr.audit.services import record
from emr.common.clock import local_today
from emr.terminology.models import CodeSystem, Concept
from emr.terminology.rows import MEANING, Row, RowError, merged, same_meaning
from emr.terminology.selectors.lookup import valid_on
from emr.terminology.shipped import fingerprint, shipped_rows
from emr.terminology.systems import SYSTEMS

_COLUMNS = ("system_id", "code", *MEANING, "valid_from", "valid_to")
_ONE_DAY = dt.timedelta(days=1)


@dataclass
class Report:
    """What bringing rows in does (or, tried only, would do): counts of codes, and why it can't."""

    system: str
    added: int = 0
    changed: int = 0
    corrected: int = 0
    retired: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    kept: bool = False  # not touched: the hospital imported its own list
    applied: bool = False


@dataclass
class _Changes:
    new: list[Concept] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    corrected: list[Concept] = field(default_factory=list)
    present: set[str] = field(default_factory=set)


def load_shipped(systems: Iterable[str] = ()) -> list[Report]:
    """Bring the product's own catalogues in; the same again changes nothing, an imported list is left alone."""
    return [_load_one(name) for name in (systems or SYSTEMS)]


@transaction.atomic
def _load_one(name: str) -> Report:
    system = _locked(name)
    present = fingerprint(name)
    if system.origin == CodeSystem.Origin.IMPORTED or system.fingerprint == present:
        return Report(name, kept=system.origin == CodeSystem.Origin.IMPORTED)
    first = not system.concepts.exists()
    effective = SYSTEMS[name].valid_from if first else local_today()
    report = _bring_in(system, shipped_rows(name), effective=effective, complete=True)
    if report.errors:
        raise RuntimeError(f"{name}: {report.errors[0]}")
    system.version, system.fingerprint = SYSTEMS[name].version, present
    system.save(update_fields=["version", "fingerprint", "updated_at"])
    record("code_system.loaded", of=system, detail=_counts(report))
    return report


@transaction.atomic
def import_rows(
    *,
    system: str,
    rows: list[Row],
    effective: dt.date,
    complete: bool,
    version: str,
    file_sha256: str,
    apply: bool,
) -> Report:
    """Bring a file's rows in from `effective` on; all or nothing. Not `apply`: only say what would happen.

    `complete`: the file is the whole list, so that what it lacks ends the day before.
    """
    row = _locked(system)
    report = _bring_in(row, rows, effective=effective, complete=complete, dry=not apply)
    if report.applied:
        row.origin, row.version = CodeSystem.Origin.IMPORTED, version[:80]
        row.save(update_fields=["origin", "version", "updated_at"])
        detail = _counts(report) | {
            "version": row.version,
            "from": str(effective),
            "file_sha256": file_sha256,
        }
        record("code_system.imported", of=row, detail=detail)
    else:
        transaction.set_rollback(True)  # tried only: not even the system's own row stays
    return report


def _locked(name: str) -> CodeSystem:
    """The system's row, made when it is new, held until the transaction ends: two loads don't mix."""
    known = SYSTEMS[name]
    CodeSystem.objects.get_or_create(
        code=name,
        defaults={
            "url": known.address,
            "title": known.title,
            "title_en": known.title_en,
            "version": known.version,
            "valid_from": known.valid_from,
        },
    )
    return CodeSystem.objects.select_for_update().get(code=name)


def _counts(report: Report) -> dict[str, object]:
    return {
        name: getattr(report, name)
        for name in ("system", "added", "changed", "corrected", "retired", "unchanged")
    }


def _bring_in(
    system: CodeSystem, rows: Iterable[Row], *, effective: dt.date | None, complete: bool, dry: bool = False
) -> Report:
    report = Report(system.code)
    changes = _compare(system, rows, effective, report)
    retiring = (
        _missing(system, changes.present, effective) if complete and effective else Concept.objects.none()
    )
    report.retired = retiring.count() if complete and effective else 0
    if dry or report.errors:
        return report
    if effective:
        last = effective - _ONE_DAY
        Concept.objects.filter(pk__in=changes.ended).update(valid_to=last)
        # What began on the very day can't end before it: it keeps that one day.
        retiring.update(valid_to=Greatest(Value(last), F("valid_from")))
    Concept.objects.bulk_update(changes.corrected, [*MEANING, "valid_to"], batch_size=500)
    _copy_in(system, changes.new)
    report.applied = True
    return report


def _missing(system: CodeSystem, present: set[str], effective: dt.date) -> QuerySet[Concept]:
    return system.concepts.filter(valid_on(effective)).exclude(code__in=present)


def _compare(system: CodeSystem, rows: Iterable[Row], effective: dt.date | None, report: Report) -> _Changes:
    meanings: dict[str, list[Concept]] = {}
    for concept in system.concepts.order_by("code", F("valid_from").asc(nulls_first=True)):
        meanings.setdefault(concept.code, []).append(concept)
    changes = _Changes()
    for row in rows:
        begins = row.valid_from or effective
        if row.code in changes.present:
            report.errors.append(RowError(row.number, "code", _("%s stands in the file twice.") % row.code))
            continue
        changes.present.add(row.code)
        _place(row, begins, meanings.get(row.code, []), changes, report)
    return changes


def _place(
    row: Row, begins: dt.date | None, meanings: list[Concept], changes: _Changes, report: Report
) -> None:
    """Find what the row does to its code: nothing, a first meaning, a new meaning, or a correction of the same day's."""
    last = meanings[-1] if meanings else None
    wanted = merged(row, last)
    wanted.valid_from = begins
    if not wanted.display:
        report.errors.append(RowError(row.number, "display", _("The title is missing.")))
    elif begins is not None and wanted.valid_to is not None and wanted.valid_to < begins:
        report.errors.append(RowError(row.number, "valid_to", _("It would end before it begins.")))
    elif last is None or (begins is not None and last.valid_to is not None and last.valid_to < begins):
        changes.new.append(wanted)
        report.added += 1
    elif same_meaning(last, wanted) and last.valid_to == wanted.valid_to:
        report.unchanged += 1
    elif begins == last.valid_from or same_meaning(last, wanted):
        for name in (*MEANING, "valid_to"):
            setattr(last, name, getattr(wanted, name))
        changes.corrected.append(last)
        report.corrected += 1
    elif begins is None or (last.valid_from is not None and last.valid_from > begins):
        message = _("%(code)s has a later meaning already, from %(day)s.")
        day = f"{last.valid_from:%d/%m/%Y}" if last.valid_from else "…"
        report.errors.append(RowError(row.number, "valid_from", message % {"code": row.code, "day": day}))
    else:
        changes.ended.append(last.pk)
        changes.new.append(wanted)
        report.changed += 1


def _copy_in(system: CodeSystem, concepts: list[Concept]) -> None:
    """COPY: twenty thousand rows in a second or two."""
    with connection.cursor() as cursor:
        columns = ", ".join(_COLUMNS)
        with cursor.copy(f"COPY terminology_concept ({columns}) FROM STDIN") as copy:
            for values in _values(system, concepts):
                copy.write_row(values)


def _values(system: CodeSystem, concepts: list[Concept]) -> Iterator[tuple[object, ...]]:
    for concept in concepts:
        meaning = (
            json.dumps(concept.properties, ensure_ascii=False)
            if name == "properties"
            else getattr(concept, name)
            for name in MEANING
        )
        yield (system.pk, concept.code, *meaning, concept.valid_from, concept.valid_to)
