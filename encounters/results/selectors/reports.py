"""Questions about reports: what holds, what it says, what it said before, what waits to be seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Max, Prefetch, Q, QuerySet
from django_stubs_ext import StrOrPromise

from emr.common.vietnamese import tidy
from encounters.results.flags import CRITICAL, WORDS
from encounters.results.models import DiagnosticReport, Finding, ReportReading, ReportReview
from encounters.visits.models import Encounter
from patients.registry.access import same_person
from patients.registry.models import Patient


def _holding(
    found: QuerySet[DiagnosticReport], category: str, only: str, text: str
) -> QuerySet[DiagnosticReport]:
    """Versions that hold, newest first; those taken back left out. The page's rows cost one query more."""
    found = found.filter(replaced_by=None).exclude(status=DiagnosticReport.Status.ENTERED_IN_ERROR)
    if category in DiagnosticReport.Category.values:
        found = found.filter(category=category)
    if only == "abnormal":
        found = found.filter(is_abnormal=True)
    if text := tidy(text):
        found = found.filter(title__icontains=text)
    notable = Finding.objects.filter(is_abnormal=True).order_by("position")
    return (
        found.select_related("encounter__department")
        .defer("narrative", "note")
        .prefetch_related(Prefetch("findings", notable, to_attr="notable"))
        .order_by("-effective_at", "-pk")
    )


def reports_of_stay(
    encounter: Encounter, category: str = "", only: str = "", text: str = ""
) -> QuerySet[DiagnosticReport]:
    """The stay's reports; `only` may be "abnormal", `text` a part of the title."""
    return _holding(DiagnosticReport.objects.filter(encounter=encounter), category, only, text)


def reports_of_patient(
    patient: Patient, category: str = "", only: str = "", text: str = ""
) -> QuerySet[DiagnosticReport]:
    """Everything that was ever reported of the person, rows that were merged included."""
    found = DiagnosticReport.objects.filter(patient__in=same_person(patient))
    return _holding(found, category, only, text)


@dataclass(frozen=True, slots=True)
class ListState:
    """What a list of reports holds: `key` is another as soon as one comes, is replaced or taken back."""

    key: str
    newest: int


def state_of(reports: QuerySet[DiagnosticReport]) -> ListState:
    """One query. The newest alone wouldn't do: of two that are filed at once the older row may be committed last."""
    found = reports.order_by().aggregate(newest=Max("pk"), count=Count("pk"))
    newest = found["newest"] or 0
    return ListState(f"{found['count']}-{newest}", newest)


def state_of_person(patient: Patient, listed: Q) -> ListState:
    """The same for all that was ever reported of the person. One query.

    Versions that replace, that cancel and that take back are rows too: each makes another key.
    """
    return state_of(DiagnosticReport.objects.filter(listed, patient__in=same_person(patient)))


def number_text(number: Decimal) -> str:
    """Without idle zeros, with the Vietnamese comma."""
    return f"{number.normalize():f}".replace(".", ",")


def range_text(finding: Finding) -> str:
    if finding.reference:
        return finding.reference
    low, high = finding.low, finding.high
    if low is not None and high is not None:
        return f"{number_text(low)} – {number_text(high)}"
    if low is not None:
        return f"≥ {number_text(low)}"
    return f"≤ {number_text(high)}" if high is not None else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as a page shows it; `before` is what the version before said, where it said something else."""

    finding: Finding
    depth: int
    value: str
    range: str
    sign: str
    word: StrOrPromise
    level: str
    before: str = ""
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report's findings in order, and what is no longer among them."""

    lines: list[Line]
    gone: list[Line]


def value_text(finding: Finding) -> str:
    """The value as it reads, without its unit; why there is none."""
    if finding.absent:
        return finding.absent
    words = [finding.text or finding.value_code]
    if finding.number is not None:
        words.insert(0, f"{finding.comparator}{number_text(finding.number)}")
    return " ".join(word for word in words if word)


def _lines(findings: Iterable[Finding]) -> list[Line]:
    """The findings, which are in the order of the report."""
    depths: dict[int, int] = {}
    lines = []
    for finding in findings:
        depth = depths[finding.parent_id] + 1 if finding.parent_id else 0
        depths[finding.pk] = depth
        sign, word = WORDS.get(finding.flag, ("", finding.flag))
        level = "critical" if finding.is_critical else "abnormal" if finding.is_abnormal else ""
        if finding.is_critical and finding.flag not in CRITICAL:
            sign += "!"
        lines.append(Line(finding, depth, value_text(finding), range_text(finding), sign, word, level))
    return lines


def _named(lines: Iterable[Line]) -> dict[tuple[object, ...], Line]:
    """{what tells a line from the report's others: the line}, in their order.

    What stands under a heading goes by the heading and what it says: amikacin of one isolate isn't amikacin of another.
    Two that are told apart by nothing go by their place.
    """
    found: dict[tuple[object, ...], Line] = {}
    headings: dict[int, tuple[object, ...]] = {}
    for line in lines:
        above = headings.get(line.finding.parent_id or 0, ())
        name: tuple[object, ...] = (*above, line.finding.series, line.finding.title, line.depth)
        headings[line.finding.pk] = (*name, line.value)
        place = 0
        while (*name, place) in found:
            place += 1
        found[*name, place] = line
    return found


def sheet_of(report: DiagnosticReport) -> Sheet:
    """What the report says, beside what the version said that it replaces; two queries at most."""
    lines = _lines(report.findings.order_by("position"))
    if report.replaces is None:
        return Sheet(lines, [])
    return _beside(lines, _lines(report.replaces.findings.order_by("position")))


def _beside(lines: list[Line], earlier: list[Line]) -> Sheet:
    old = _named(earlier)
    shown = []
    for name, line in _named(lines).items():
        before = old.pop(name, None)
        said = f"{before.value} {before.finding.unit}".strip() if before else ""
        is_changed = before is None or (before.value, before.finding.unit, before.finding.flag) != (
            line.value,
            line.finding.unit,
            line.finding.flag,
        )
        shown.append(
            Line(
                line.finding,
                line.depth,
                line.value,
                line.range,
                line.sign,
                line.word,
                line.level,
                before=said if is_changed else "",
                is_changed=is_changed,
            )
        )
    return Sheet(shown, list(old.values()))


def versions_of(report: DiagnosticReport) -> QuerySet[DiagnosticReport]:
    """Every version under the producer's number for this row of the patient, newest first."""
    return DiagnosticReport.objects.filter(
        facility_id=report.facility_id,
        source=report.source,
        filler_number=report.filler_number,
        patient__in=same_person(report.patient),
    ).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a report, what it said otherwise than the one before, who has seen it."""

    report: DiagnosticReport
    changed: list[Line]
    gone: list[Line]
    readings: list[ReportReading]


_VERSIONS_SHOWN = 20


def history_of(report: DiagnosticReport) -> list[Version]:
    """What replaced what under the producer's number, newest first, the last twenty; three queries."""
    rows = list(versions_of(report).select_related("author", "replaces")[: _VERSIONS_SHOWN + 1])
    ids = [row.pk for row in rows]
    lines: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(report__in=ids).order_by("report", "position"):
        lines.setdefault(finding.report_id, []).append(finding)
    readings: dict[int, list[ReportReading]] = {}
    for reading in ReportReading.objects.filter(report__in=ids).select_related("reader").order_by("pk"):
        readings.setdefault(reading.report_id, []).append(reading)
    found = []
    for row in rows[:_VERSIONS_SHOWN]:
        said = _lines(lines.get(row.pk, []))
        before = _lines(lines.get(row.replaces_id, [])) if row.replaces_id else None
        sheet = _beside(said, before) if before is not None else Sheet(said, [])
        changed = [line for line in sheet.lines if line.is_changed] if before is not None else []
        found.append(Version(row, changed, sheet.gone, readings.get(row.pk, [])))
    return found


def by_number(reports: QuerySet[DiagnosticReport], number: str) -> QuerySet[DiagnosticReport]:
    """Those that hold under the producer's number, ours, the specimen's or the examination's, newest first."""
    asked = (
        Q(filler_number=number)
        | Q(filler_number__startswith=f"{number}|")
        | Q(placer_number=number)
        | Q(specimen_number=number)
        | Q(accession_number=number)
    )
    return (
        reports.filter(asked, replaced_by=None)
        .select_related("patient", "encounter__department")
        .defer("narrative", "conclusion", "note")
        .order_by("-issued_at", "-pk")
    )


def inbox(reviews: QuerySet[ReportReview]) -> QuerySet[ReportReview]:
    """Critical first, then what changed, then abnormal, then normal; within each the newest first."""
    notable = Finding.objects.filter(is_abnormal=True).order_by("position")
    return (
        reviews.select_related(
            "report__encounter", "patient", "encounter__department", "department", "requester"
        )
        .prefetch_related(Prefetch("report__findings", notable, to_attr="notable"))
        .order_by("urgency", F("is_correction").desc(), "-opened_at", "-pk")
    )
