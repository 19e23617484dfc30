"""A person's results over the years: tests × times, newest first. Bounded pages, whatever the years have brought.

A row is one test in one unit: what `series` has in common, in units of one scale (see units.py); every other unit has a row
of its own. A column is a minute. Only versions that hold are in it: none that was replaced, cancelled or taken back.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Prefetch, Q, QuerySet, Window
from django.db.models import Value as Given
from django.db.models.functions import RowNumber, TruncMinute
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from emr.common.vietnamese import fold, tidy
from encounters.results.flags import CRITICAL, WORDS
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.models.reports import PROVISIONAL, VOID
from encounters.results.selectors.reports import number_text, range_text, value_text
from encounters.results.units import factor, plain_unit, row_of
from encounters.visits.models import Encounter
from patients.registry.access import same_person
from patients.registry.models import Patient

COLUMNS, ROWS, POINTS = 12, 100, 24
# A person has some hundred tests in life; what goes beyond is asked for by kind, name or period.
_MOST_TESTS = 600
_CHANGED = {"corrected", "amended"}
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks for: `category` of report, `only` "abnormal", `text` a part of a test's name, since and until."""

    category: str = ""
    only: str = ""
    text: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    stay: Encounter | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One finding in the unit of its row. `number` is None for words; `sent` says what was sent where it was converted."""

    finding_id: int
    report_id: int
    report_uuid: Any
    at: dt.datetime
    text: str
    number: Decimal | None
    comparator: str
    low: Decimal | None
    high: Decimal | None
    range: str
    sign: str
    word: StrOrPromise
    level: str
    status: str
    sent: str = ""

    @property
    def is_provisional(self) -> bool:
        """Whether nobody has released it as final."""
        return self.status in PROVISIONAL

    @property
    def is_changed(self) -> bool:
        """Whether it replaces what was released before."""
        return self.status in _CHANGED


@dataclass(slots=True)
class Row:
    """One test: `key` names it in addresses, `values` are newest first, `course` is oldest first and has numbers alone."""

    key: str
    series: str
    title: str
    unit: str
    ucum: str
    group: str
    order: tuple[Any, ...]
    latest: Value
    course: list[Value] = field(default_factory=list)
    cells: list[list[Value]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A page of the table. `groups` are (name, rows); `older`, `newer` the instants to turn the page with, or None."""

    columns: list[dt.datetime]
    groups: list[tuple[str, list[Row]]]
    older: dt.datetime | None
    newer: dt.datetime | None
    page: int
    pages: int
    tests: int
    is_cut: bool


def _one_of(field: str, ids: list[int]) -> Q:
    """Whether the field is one of the ids, however many: PostgreSQL has them first, as one array."""
    given = Given(ids, output_field=ArrayField(BigIntegerField()))
    return Q(
        Func(
            F(field), given, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField()
        )
    )


def _held(patient: Patient, asked: Asked, listed: Q) -> list[tuple[int, int, str]]:
    """(id, patient's id, category) of the reports that hold and are asked for. One query, two for readers by mandate.

    What is replaced is told apart here: joined with itself and with the findings by PostgreSQL, a person of many years
    took minutes where its estimate was wrong.
    """
    own = DiagnosticReport.objects.filter(patient__in=same_person(patient)).order_by()
    rows = list(own.values_list("pk", "patient_id", "category", "status", "encounter_id", "replaces_id"))
    replaced = {row[5] for row in rows}
    readable = set(own.filter(listed).values_list("pk", flat=True)) if listed else None
    return [
        (pk, patient_id, category)
        for pk, patient_id, category, status, stay_id, _replaces in rows
        if pk not in replaced
        and status not in VOID
        and (readable is None or pk in readable)
        and (asked.stay is None or stay_id == asked.stay.pk)
        and (asked.category not in DiagnosticReport.Category.values or category == asked.category)
    ]


def findings_of(patient: Patient, asked: Asked, listed: Q) -> QuerySet[Finding]:
    """The findings that hold and that are asked for. `listed` keeps reports to those that the person may read.

    What stands under a heading of a culture (the antibiogram of one isolate) means nothing without it and is left out.
    """
    held = _held(patient, asked, listed)
    cultures = [pk for pk, _patient, category in held if category == DiagnosticReport.Category.MICROBIOLOGY]
    found = Finding.objects.filter(
        _one_of("patient_id", sorted({row[1] for row in held})),
        _one_of("report_id", [row[0] for row in held]),
    )
    found = found.exclude(status__in=["cancelled", "entered-in-error"])
    if cultures:
        found = found.filter(Q(parent=None) | ~_one_of("report_id", cultures))
    # A heading alone ("Công thức bạch cầu") has nothing to show in a column.
    found = found.exclude(number=None, text="", value_code="", absent="")
    if asked.since is not None:
        found = found.filter(effective_at__gte=asked.since)
    if asked.until is not None:
        found = found.filter(effective_at__lt=asked.until)
    if text := tidy(asked.text):
        found = found.filter(Q(title__icontains=text) | Q(series__icontains=fold(text)))
    if asked.only == "abnormal":
        # Asked first: three queries follow that would each ask it again, and it is a short list.
        abnormal = found.filter(is_abnormal=True).order_by().values_list("series", flat=True).distinct()
        found = found.filter(series__in=list(abnormal[:_MOST_TESTS]))
    return found


def light(found: QuerySet[Finding]) -> QuerySet[Finding]:
    """With what a cell needs and no more. Reports are fetched beside and not joined: see `_held`."""
    reports = DiagnosticReport.objects.only("uuid", "status", "category", "title")
    return found.prefetch_related(Prefetch("report", reports)).only(
        "series", "title", "unit", "ucum", "number", "comparator", "text", "value_code", "absent", "low", "high",
        "reference", "flag", "is_abnormal", "is_critical", "effective_at", "position", "status", "report",
    )  # fmt: skip


def valued(finding: Finding, row: Row | None = None) -> Value:
    """The finding as a cell; in the unit of `row` where one is given and the unit is of its scale."""
    by = factor(finding.ucum, row.ucum) if row is not None and finding.number is not None else None
    number, low, high = finding.number, finding.low, finding.high
    text, shown_range, sent = value_text(finding), range_text(finding), ""
    if by is not None and by != 1 and number is not None:
        sent = f"{text} {finding.unit}"
        number = number * by
        low, high = (limit if limit is None else limit * by for limit in (low, high))
        text = f"{finding.comparator}{number_text(number)}"
        shown_range = range_text(Finding(low=low, high=high))
    sign, word = WORDS.get(finding.flag, ("", finding.flag))
    if finding.is_critical and finding.flag not in CRITICAL:
        sign += "!"
    level = "critical" if finding.is_critical else "abnormal" if finding.is_abnormal else ""
    return Value(
        finding_id=finding.pk,
        report_id=finding.report_id,
        report_uuid=finding.report.uuid,
        at=finding.effective_at,
        text=text,
        number=number,
        comparator=finding.comparator,
        low=low,
        high=high,
        range=shown_range,
        sign=sign,
        word=word,
        level=level,
        status=finding.report.status if finding.report.status in _CHANGED | PROVISIONAL else finding.status,
        sent=sent,
    )


class Rows:
    """Which row a finding belongs to, learned from one finding of each test, unit and code of unit, newest first."""

    def __init__(self, newest: Iterable[Finding]) -> None:
        self.found: dict[tuple[str, str], Row] = {}
        known = sorted(newest, key=lambda one: (one.effective_at, one.pk), reverse=True)
        # The same words for a unit mean the same unit, also where an older sender gave no code for it.
        self.codes = {(one.series, plain_unit(one.unit)): one.ucum for one in reversed(known) if one.ucum}
        for finding in known:
            key = self.key(finding)
            if key not in self.found:
                self.found[key] = self._row(finding, key)

    def coded(self, finding: Finding) -> Finding:
        """With the code of its unit, where it is known from another of the same words."""
        finding.ucum = finding.ucum or self.codes.get((finding.series, plain_unit(finding.unit)), "")
        return finding

    def key(self, finding: Finding) -> tuple[str, str]:
        """The row of the finding."""
        self.coded(finding)
        return finding.series, row_of(finding.unit, finding.ucum)

    def _row(self, finding: Finding, key: tuple[str, str]) -> Row:
        report = finding.report
        place = list(DiagnosticReport.Category.values).index(report.category)
        return Row(
            key="~".join(key),
            series=finding.series,
            title=finding.title,
            unit=finding.unit,
            ucum=finding.ucum,
            group=report.title,
            order=(place, fold(report.title), finding.position, fold(finding.title), key),
            latest=valued(finding),
        )


def rows_of(found: QuerySet[Finding]) -> dict[tuple[str, str], Row]:
    """Every test of these findings with its newest value, by (series, unit). One query."""
    return _rows(found).found


def _rows(found: QuerySet[Finding]) -> Rows:
    newest = (
        light(found)
        .order_by("series", "unit", "ucum", "-effective_at", "-pk")
        .distinct("series", "unit", "ucum")
    )
    return Rows(newest[: _MOST_TESTS + 1])


def _add_courses(rows: Rows, shown: Sequence[Row], found: QuerySet[Finding], most: int) -> None:
    """Give each row its newest numbers, oldest first. One query."""
    ranked = found.filter(series__in={row.series for row in shown}, number__isnull=False).annotate(
        rank=Window(
            RowNumber(),
            partition_by=[F("series"), F("unit"), F("ucum")],
            order_by=[F("effective_at").desc(), F("id").desc()],
        )
    )
    wanted = {id(row) for row in shown}
    for finding in light(ranked.filter(rank__lte=most)).order_by("-effective_at", "-pk"):
        row = rows.found.get(rows.key(finding))
        if row is not None and id(row) in wanted and len(row.course) < most:
            row.course.append(valued(finding, row))
    for row in shown:
        row.course.reverse()


def _columns(
    found: QuerySet[Finding], before: dt.datetime | None, after: dt.datetime | None, most: int = COLUMNS
) -> tuple[list[dt.datetime], dt.datetime | None, dt.datetime | None]:
    """(minutes newest first, turn to older with, turn to newer with). One query, two where the page was turned."""
    minutes: Any = found.order_by().annotate(minute=TruncMinute("effective_at", tzinfo=dt.UTC))
    minutes = minutes.values_list("minute", flat=True).distinct()
    if after is not None:
        later = minutes.filter(effective_at__gte=after + _MINUTE)
        shown = list(later.order_by("minute")[: most + 1])
        has_newer, shown = len(shown) > most, shown[:most][::-1]
        if not shown:
            return _columns(found, None, None, most)
        return shown, shown[-1], shown[0] if has_newer else None
    if before is not None:
        minutes = minutes.filter(effective_at__lt=before)
    shown = list(minutes.order_by("-minute")[: most + 1])
    has_older, shown = len(shown) > most, shown[:most]
    if not shown and before is not None:
        return _columns(found, None, None, most)
    newer = shown[0] if shown and before is not None else None
    return shown, shown[-1] if has_older else None, newer


def table_of(
    found: QuerySet[Finding],
    *,
    before: dt.datetime | None = None,
    after: dt.datetime | None = None,
    page: int = 1,
    times: int = COLUMNS,
    whole: bool = False,
) -> Table:
    """One page: so many times before or after an instant, a hundred tests. `whole`: all rows, for paper."""
    columns, older, newer = _columns(found, before, after, times)
    rows = _rows(found)
    ordered = _grouped(list(rows.found.values())[:_MOST_TESTS])
    pages = max(1, -(-len(ordered) // ROWS))
    page = min(max(page, 1), pages)
    shown = ordered if whole else ordered[(page - 1) * ROWS : page * ROWS]
    if shown:
        _add_courses(rows, shown, found, POINTS)
    _fill(rows, shown, found, columns)
    groups: list[tuple[str, list[Row]]] = []
    for row in shown:
        if not groups or groups[-1][0] != row.group:
            groups.append((row.group, []))
        groups[-1][1].append(row)
    return Table(columns, groups, older, newer, page, pages, len(ordered), len(rows.found) > _MOST_TESTS)


def _grouped(rows: list[Row]) -> list[Row]:
    """By kind and panel. A panel is the report that told the newest value; what came alone stands together."""
    held: dict[str, int] = {}
    for row in rows:
        held[row.group] = held.get(row.group, 0) + 1
    labels = [str(label) for label in DiagnosticReport.Category.labels]
    for row in rows:
        if held[row.group] == 1:
            row.group = _("%(kind)s: single tests") % {"kind": labels[row.order[0]]}
            row.order = (row.order[0], "~", *row.order[2:])
    return sorted(rows, key=lambda row: row.order)


def _fill(rows: Rows, shown: Sequence[Row], found: QuerySet[Finding], columns: Sequence[dt.datetime]) -> None:
    """Put the values of these times into the rows. One query."""
    places = {minute: place for place, minute in enumerate(columns)}
    for row in shown:
        row.cells = [[] for _column in columns]
    if not columns or not shown:
        return
    wanted = {id(row) for row in shown}
    cells = found.filter(
        series__in={row.series for row in shown},
        effective_at__gte=columns[-1],
        effective_at__lt=columns[0] + _MINUTE,
    )
    for finding in light(cells).order_by("-effective_at", "-pk"):
        holder = rows.found.get(rows.key(finding))
        place = places.get(finding.effective_at.replace(second=0, microsecond=0))
        if holder is not None and place is not None and id(holder) in wanted:
            holder.cells[place].append(valued(finding, holder))


def courses_of(found: QuerySet[Finding], keys: Sequence[str], most: int) -> list[Row]:
    """The tests of these keys (in their order), each with its newest `most` numbers, oldest first. Two queries."""
    wanted = [tuple(key.rsplit("~", 1)) for key in dict.fromkeys(keys) if "~" in key]
    rows = _rows(found.filter(series__in=[series for series, _unit in wanted]))
    chosen = [rows.found[key] for key in wanted if key in rows.found]
    if chosen:
        _add_courses(rows, chosen, found, most)
    return chosen
