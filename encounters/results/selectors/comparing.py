"""Two times, or two reports of one kind, side by side: what was, what is, what is different."""

import datetime as dt
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import VOID
from encounters.results.selectors.reports import number_text
from encounters.results.selectors.through_time import Asked, Rows, Value, findings_of, light, valued
from patients.registry.access import same_person
from patients.registry.models import Patient

_MINUTE = dt.timedelta(minutes=1)
_OFFERED = 30
# Beyond, telling word by word what is new takes longer than reading it.
_MOST_WORDS = 4000
Piece = tuple[str, str]  # "same", "gone" or "new", and the words


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the reports of a minute, or one report."""

    key: str
    at: dt.datetime
    reports: list[DiagnosticReport]

    @property
    def title(self) -> str:
        """What the reports are, each once."""
        return "; ".join(dict.fromkeys(report.title for report in self.reports))


@dataclass(frozen=True, slots=True)
class Pair:
    """One test on both sides; `difference` in words, `is_changed` where they don't say the same."""

    title: str
    unit: str
    old: Value | None
    new: Value | None
    difference: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A text of both sides in pieces: those gone stand on the old side, the new ones on the other."""

    old: list[Piece]
    new: list[Piece]
    is_changed: bool


def held_reports(patient: Patient, listed: Q) -> QuerySet[DiagnosticReport]:
    """The person's reports that hold and say something; `listed` keeps them to those that the reader may see."""
    found = DiagnosticReport.objects.filter(listed, patient__in=same_person(patient), replaced_by=None)
    return found.exclude(status__in=VOID)


def side_of(patient: Patient, key: str, listed: Q) -> Side | None:
    """The side named by a report's uuid or a minute (2026-11-28T06:30+0000); None where there is no such thing."""
    held = held_reports(patient, listed)
    try:
        reports = list(held.filter(uuid=UUID(key)))
    except ValueError:
        try:
            minute = dt.datetime.strptime(key, "%Y-%m-%dT%H:%M%z")
            within = held.filter(effective_at__gte=minute, effective_at__lt=minute + _MINUTE)
            reports = list(within.order_by("category", "title", "pk"))
        except (ValueError, OverflowError):
            return None
    return Side(key, reports[0].effective_at, reports) if reports else None


def earlier_of_kind(report: DiagnosticReport, patient: Patient, listed: Q) -> list[DiagnosticReport]:
    """Earlier reports of the same examination, newest first: same code of the catalogue, LOINC or title."""
    alike = Q(title__iexact=report.title)
    if report.code:
        alike |= Q(code=report.code)
    if report.loinc:
        alike |= Q(loinc=report.loinc)
    found = held_reports(patient, listed).filter(
        alike, category=report.category, effective_at__lt=report.effective_at
    )
    return list(found.exclude(pk=report.pk).order_by("-effective_at", "-pk")[:_OFFERED])


def pairs_of(patient: Patient, old: Side, new: Side, listed: Q) -> list[Pair]:
    """Every test of either side, in the order of the reports; two numbers in one unit are subtracted. One query."""
    wanted = {report.pk for side in (old, new) for report in side.reports}
    found = list(light(findings_of(patient, Asked(), listed).filter(report__in=sorted(wanted))))
    rows = Rows(found)
    sides: list[dict[tuple[str, str], Value]] = [{}, {}]
    for finding in sorted(found, key=lambda one: (one.effective_at, one.pk)):
        key = rows.key(finding)
        for side, values in zip((old, new), sides, strict=True):
            if finding.report_id in {report.pk for report in side.reports}:
                values[key] = valued(finding, rows.found[key])
    ordered = sorted(rows.found.items(), key=lambda item: item[1].order)
    return [_pair(row.title, row.unit, sides[0].get(key), sides[1].get(key)) for key, row in ordered]


def _pair(title: str, unit: str, old: Value | None, new: Value | None) -> Pair:
    if old is None or new is None:
        return Pair(title, unit, old, new, "", is_changed=True)
    difference = ""
    if old.number is not None and new.number is not None and not (old.comparator or new.comparator):
        step = new.number - old.number
        difference = f"{'+' if step > 0 else '−' if step < 0 else ''}{number_text(abs(step))}"
        if old.number > 0 and step:
            share = (abs(step) / old.number * 100).quantize(Decimal(1))
            difference += f" ({'+' if step > 0 else '−'}{share} %)"
    return Pair(title, unit, old, new, difference, is_changed=(old.text, old.level) != (new.text, new.level))


def words_of(old: str, new: str) -> Words:
    """Where two texts differ, word by word; texts of a book's length stand beside each other unmarked."""
    before, after = (re.findall(r"\s+|[^\s]+", text) for text in (old.strip(), new.strip()))
    if before == after or max(len(before), len(after)) > _MOST_WORDS:
        return Words([("same", old)], [("same", new)], is_changed=before != after)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            left.append(("same", "".join(before[i:j])))
            right.append(("same", "".join(after[k:m])))
            continue
        if i < j:
            left.append(("gone", "".join(before[i:j])))
        if k < m:
            right.append(("new", "".join(after[k:m])))
    return Words(left, right, is_changed=True)


def texts_of(old: Sequence[DiagnosticReport], new: Sequence[DiagnosticReport]) -> dict[str, Words]:
    """Narrative and conclusion of both sides, where either has one."""
    found = {}
    for name in ("narrative", "conclusion"):
        told = ["\n\n".join(filter(None, (getattr(one, name) for one in side))) for side in (old, new)]
        if any(text.strip() for text in told):
            found[name] = words_of(*told)
    return found
