"""What is missing or unsigned in the nurses' part of charts, each with its place; as many queries for forty as for one."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emr.common.clock import now
from encounters.bedside.models import CareColumn, ChartRemark
from encounters.bedside.selectors.care import level_at, level_orders, sheet_for, sheets_of
from encounters.bedside.selectors.loose import (
    Act,
    MadeSheet,
    given_acts,
    is_tested_on,
    loose_acts,
    sheets_made,
    step_acts,
)
from encounters.documents.models import Document
from encounters.documents.signed import signatures_of
from encounters.medicines.models import DueDose, MedicationAdministration, ReactionTest
from encounters.medicines.official import CARRIED_OUT, INFUSIONS, SHEETS, TESTED
from encounters.monitoring.models import FluidEntry
from encounters.monitoring.official import CHART
from encounters.monitoring.selectors.chart import chart_sheets_of, sheet_count
from encounters.orders.models import Order, ServiceRequest
from encounters.results.models import Observation
from encounters.results.vital_signs import VITAL_SIGNS
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift, shifts_around

# Shorter times in a ward owe no column: who comes at half past one is the next shift's.
_OWES = dt.timedelta(hours=2)
_HOUR = dt.timedelta(hours=1)
NURSES_CODES = ("37/BV2", "38/BV2", "44/BV2", CHART.code, *SHEETS)
_SIGNS = (VITAL_SIGNS["pulse"].loinc, VITAL_SIGNS["temperature"].loinc)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right: what kind, in words, where (an address), and whose it is (a nurse's public id and name)."""

    kind: str
    words: str
    address: str
    nurse: UUID | None = None
    nurse_name: str = ""


@dataclass(slots=True)
class _Known:
    """Everything that the rules look at, read at once for all stays: {stay: rows}."""

    orders: dict[int, list[ServiceRequest]]
    columns: dict[int, list[CareColumn]]
    sheets: list[Any]
    signed: dict[int, Any]
    documents: dict[int, list[Document]]
    open_doses: dict[int, int]
    running: dict[int, int]
    given: dict[int, list[Act]]
    steps: dict[int, list[Act]]
    shift_sheets: dict[int, list[MadeSheet]]
    tests: dict[int, list[ReactionTest]]
    measured: dict[int, set[dt.date]]
    fluids: dict[int, set[dt.date]]
    charts: dict[int, set[int]]


def shifts_between(facility_id: int, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The whole shifts that touch this time, oldest first; one query however long it is."""
    around = shifts_around(facility_id, start)
    day = timezone.localdate(start)
    pattern = [
        (shift.name, timezone.localtime(shift.start).time())
        for shift in around
        if timezone.localdate(shift.start) == day
    ]
    starts: list[tuple[dt.datetime, str]] = []
    each = day - dt.timedelta(days=1)
    while each <= timezone.localdate(end) + dt.timedelta(days=1):
        starts += [(timezone.make_aware(dt.datetime.combine(each, hour)), name) for name, hour in pattern]
        each += dt.timedelta(days=1)
    shifts = [Shift(name, begin, starts[number + 1][0]) for number, (begin, name) in enumerate(starts[:-1])]
    return [shift for shift in shifts if shift.end > start and shift.start < end]


def _grouped(rows: Any, key: str = "encounter_id") -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, key), []).append(row)
    return found


def _days(rows: Any, moment: str) -> dict[int, set[dt.date]]:
    found: dict[int, set[dt.date]] = {}
    days = rows.order_by().annotate(day=TruncDate(moment)).values_list("encounter_id", "day").distinct()
    for stay_id, day in days:
        found.setdefault(stay_id, set()).add(day)
    return found


def _read(ids: Collection[int]) -> _Known:
    sheets = sheets_of(ids)
    documents = list(
        Document.objects.filter(encounter__in=ids, code__in=NURSES_CODES)
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("author")
        .order_by("happened_at", "pk")
    )
    versions = [row.current_version_id for row in documents if row.current_version_id is not None]
    doses = DueDose.objects.filter(encounter__in=ids, outcome="", ended="", due_at__lt=now()).exclude(
        order__status=Order.Status.ON_HOLD
    )
    given = MedicationAdministration.objects.filter(encounter__in=ids).exclude(
        status=MedicationAdministration.Status.ENTERED_IN_ERROR
    )
    charts: dict[int, set[int]] = {}
    for row in chart_sheets_of(ids):
        charts.setdefault(row.encounter_id, set()).add(row.number)
    return _Known(
        orders=level_orders(ids),
        columns=_grouped(
            CareColumn.objects.filter(
                encounter__in=ids, replaced_by=None, status=CareColumn.Status.FINAL
            ).select_related("author")
        ),
        sheets=sheets,
        signed=signatures_of(versions),
        documents=_grouped(documents),
        open_doses=Counter(doses.order_by().values_list("encounter_id", flat=True)),
        running=Counter(
            given.filter(status=MedicationAdministration.Status.IN_PROGRESS)
            .order_by()
            .values_list("encounter_id", flat=True)
        ),
        given=_grouped(given_acts(given), "stay_id"),
        steps=_grouped(step_acts(given), "stay_id"),
        shift_sheets=_grouped(sheets_made(ids), "stay_id"),
        tests=_grouped(
            ReactionTest.objects.filter(encounter__in=ids).select_related("performer", "reader", "order")
        ),
        measured=_days(
            Observation.objects.filter(encounter__in=ids, replaced_by=None, code__in=_SIGNS).exclude(
                status=Observation.Status.ENTERED_IN_ERROR
            ),
            "effective_at",
        ),
        fluids=_days(
            FluidEntry.objects.filter(encounter__in=ids, replaced_by=None, volume__gt=0), "happened_at"
        ),
        charts=charts,
    )


def findings_of(stays: Sequence[Encounter]) -> dict[int, list[Finding]]:
    """{stay: what is missing or unsigned}, the columns first; of one facility's stays. About fifteen queries in all."""
    if not stays:
        return {}
    known = _read([stay.pk for stay in stays])
    first = min(stay.begins_at for stay in stays)
    shifts = shifts_between(stays[0].facility_id, first, now())
    return {
        stay.pk: [
            *_columns(stay, shifts, known),
            *_unsigned_columns(stay, known),
            *_medicines(stay, known),
            *_tests(stay, known),
            *_measured(stay, known),
            *_documents(stay, known),
        ]
        for stay in stays
    }


def _bounds(stay: Encounter) -> tuple[dt.datetime, dt.datetime]:
    return stay.begins_at, stay.ended_at or now()


def _page(name: str, stay: Encounter, query: str = "") -> str:
    return reverse(f"encounters:{name}", args=[stay.uuid]) + query


def _day(day: dt.date) -> str:
    return f"{day:%d/%m}"


def _columns(stay: Encounter, shifts: Sequence[Shift], known: _Known) -> list[Finding]:
    """Shifts that ended without the columns that the level of care asks for, a line a day."""
    orders = known.orders.get(stay.pk, [])
    if not orders:
        return [
            Finding("level", _("No level of care was ordered."), _page("bedside:care", stay)),
        ]
    begin, end = _bounds(stay)
    moments = [column.happened_at for column in known.columns.get(stay.pk, [])]
    missing: dict[dt.date, list[str]] = {}
    for shift in shifts:
        came, left = max(shift.start, begin), min(shift.end, end)
        if left - came < _OWES or (stay.is_open and shift.end > end):
            continue
        held = sum(shift.start <= moment < shift.end for moment in moments)
        asked = _asked(orders, came, left)
        if held < asked:
            day = timezone.localdate(shift.start)
            missing.setdefault(day, []).append(f"{shift.name} {held}/{asked}")
    return [
        Finding(
            "column",
            _("%(day)s: care columns missing: %(shifts)s") % {"day": _day(day), "shifts": ", ".join(words)},
            _page("bedside:care", stay, f"?day={day.isoformat()}"),
        )
        for day, words in missing.items()
    ]


def _asked(orders: Sequence[ServiceRequest], came: dt.datetime, left: dt.datetime) -> int:
    """How many columns the time from `came` to `left` asks for: each hour of level 1 one, else one; none before an order."""
    hours, levels = 0, set()
    moment = came
    while moment + _HOUR <= left:
        level = level_at(orders, moment)
        levels.add(level)
        hours += level == "1"
        moment += _HOUR
    return max(hours, int(bool(levels - {""})))


def _unsigned_columns(stay: Encounter, known: _Known) -> list[Finding]:
    """Columns on no sheet, or not as they stand now, a line a nurse and day; sheets themselves are documents."""
    loose: dict[tuple[dt.date, int], list[CareColumn]] = {}
    for column in known.columns.get(stay.pk, []):
        found = sheet_for(column, known.sheets)
        if found is None or str(column.uuid) not in found[1]:
            day = timezone.localdate(column.happened_at)
            loose.setdefault((day, column.author_id), []).append(column)
    return [
        Finding(
            "column_unsigned",
            ngettext(
                "%(day)s: %(count)d care column on no sheet to sign",
                "%(day)s: %(count)d care columns on no sheet to sign",
                len(columns),
            )
            % {"day": _day(day), "count": len(columns)},
            _page("bedside:care", stay, f"?day={day.isoformat()}"),
            columns[0].author.uuid,
            columns[0].author.full_name,
        )
        for (day, _nurse), columns in loose.items()
    ]


def _medicines(stay: Encounter, known: _Known) -> list[Finding]:
    found = []
    page = _page("medicines:patient", stay)
    if count := known.open_doses.get(stay.pk, 0):
        words = ngettext("%(count)d dose that nobody answered", "%(count)d doses that nobody answered", count)
        found.append(Finding("dose", words % {"count": count}, page))
    if count := known.running.get(stay.pk, 0):
        words = ngettext("%(count)d infusion without an end", "%(count)d infusions without an end", count)
        found.append(Finding("infusion", words % {"count": count}, page))
    sheets = known.shift_sheets.get(stay.pk, [])
    for act, count in loose_acts(known.given.get(stay.pk, []), sheets, CARRIED_OUT.code):
        words = ngettext(
            "%(day)s: %(count)d dose on no sheet to sign",
            "%(day)s: %(count)d doses on no sheet to sign",
            count,
        )
        said = {"day": _day(timezone.localdate(act.at)), "count": count}
        found.append(Finding("dose_unsigned", words % said, page, act.nurse, act.name))
    for act, count in loose_acts(known.steps.get(stay.pk, []), sheets, INFUSIONS.code):
        words = ngettext(
            "%(day)s: %(count)d infusion on no sheet 07/BV2 to sign",
            "%(day)s: %(count)d infusions on no sheet 07/BV2 to sign",
            count,
        )
        said = {"day": _day(timezone.localdate(act.at)), "count": count}
        found.append(Finding("infusion_unsigned", words % said, page, act.nurse, act.name))
    return found


def _tests(stay: Encounter, known: _Known) -> list[Finding]:
    found = []
    page = _page("medicines:patient", stay)
    sheets = [sheet for sheet in known.shift_sheets.get(stay.pk, []) if sheet.code == TESTED.code]
    for test in known.tests.get(stay.pk, []):
        said = {"what": test.order.text}
        if not test.result:
            whose = (test.performer.uuid, test.performer.full_name)
            found.append(Finding("test", _("Reaction test not read: %(what)s") % said, page, *whose))
            continue
        found += [
            Finding(
                "test_unsigned",
                _("Reaction test on no sheet to sign: %(what)s") % said,
                page,
                nurse.uuid,
                nurse.full_name,
            )
            for nurse in dict.fromkeys((test.performer, test.reader))
            if nurse is not None and not is_tested_on(sheets, test, nurse)
        ]
    return found


def _measured(stay: Encounter, known: _Known) -> list[Finding]:
    """Days without pulse or temperature, days of level 1 without fluids, sheets of the chart that nobody made."""
    begin, end = _bounds(stay)
    first, last = timezone.localdate(begin), timezone.localdate(end)
    # The day that runs is not over yet.
    count = (last - first).days + (0 if stay.is_open else 1)
    days = [first + dt.timedelta(days=number) for number in range(max(count, 0))]
    found = []
    unmeasured = [day for day in days if day not in known.measured.get(stay.pk, set())]
    if unmeasured:
        words = _("No vital signs on: %(days)s") % {"days": ", ".join(_day(day) for day in unmeasured)}
        found.append(Finding("vitals", words, _page("monitoring:patient", stay)))
    orders = known.orders.get(stay.pk, [])
    without = [
        day
        for day in days
        if day not in known.fluids.get(stay.pk, set()) and level_at(orders, _noon(day)) == "1"
    ]
    if without:
        words = _("Level 1 without a fluid balance on: %(days)s") % {
            "days": ", ".join(_day(day) for day in without)
        }
        place = _page("monitoring:fluids", stay, f"?day={without[0].isoformat()}")
        found.append(Finding("fluids", words, place))
    if not stay.is_open and known.measured.get(stay.pk):
        numbers = set(range(1, sheet_count(stay) + 1)) - known.charts.get(stay.pk, set())
        for number in sorted(numbers):
            words = _("Vital-sign chart, sheet %(number)d: not made to sign") % {"number": number}
            found.append(Finding("chart", words, _page("monitoring:chart", stay, f"?sheet={number}")))
    return found


def _noon(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def _documents(stay: Encounter, known: _Known) -> list[Finding]:
    """The nurses' documents that wait to be finished or signed."""
    found = []
    for document in known.documents.get(stay.pk, []):
        if document.current_version_id in known.signed:
            continue
        is_draft = document.current_version_id is None
        words = (
            _("%(code)s of %(time)s isn't finished") if is_draft else _("%(code)s of %(time)s isn't signed")
        )
        said = {"code": document.code, "time": f"{timezone.localtime(document.happened_at):%H:%M %d/%m}"}
        found.append(
            Finding(
                "document",
                words % said,
                reverse("encounters:documents:document", args=[document.uuid]),
                document.author.uuid,
                document.author.full_name,
            )
        )
    return found


def open_remarks(stay_ids: Collection[int]) -> Counter[int]:
    """{stay: remarks that wait}; one query."""
    return Counter(
        ChartRemark.objects.filter(encounter__in=stay_ids, done_at=None)
        .order_by()
        .values_list("encounter_id", flat=True)
    )
