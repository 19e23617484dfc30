"""What stands on the form of a culture: the isolates told so far, the antibiotics that are tried on each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from encounters.orders.selectors.catalogue import in_force
from encounters.performing.models import Organism, TriedAntibiotic
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.selectors.reports import number_text

MOST = 5
_ZONE_BESIDE = re.compile(r"([<>=]*[\d.,]+) mm")


@dataclass(frozen=True, slots=True)
class Line:
    """One antibiotic of the form with what is held of it; `code` "_" is the line for one that isn't listed."""

    code: str
    title: str
    mic: str = ""
    zone: str = ""
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Plate:
    """One isolate of the form."""

    number: int
    organism: str
    quantity: str
    note: str
    lines: list[Line]

    @property
    def number_text(self) -> str:
        """The number, for the names of the form's fields."""
        return str(self.number)


def organisms(facility_id: int) -> list[Organism]:
    """The microorganisms in force, by name. One query."""
    return list(in_force(Organism.objects.filter(facility=facility_id)).order_by("title"))


def antibiotics(facility_id: int) -> list[TriedAntibiotic]:
    """The antibiotics in force, in the order of their panels. One query."""
    found = in_force(TriedAntibiotic.objects.filter(facility=facility_id))
    return list(found.order_by("panel", "position", "title"))


def panel_for(organism: Organism | None, rows: Sequence[TriedAntibiotic]) -> list[tuple[str, str]]:
    """(code, title) of what is tried on it; on a microorganism of no table everything, each once."""
    fitting = [row for row in rows if organism is None or row.panel == organism.panel]
    return list({row.antibiotic: (row.antibiotic, row.title) for row in fitting}.values())


def held_isolates(held: DiagnosticReport | None, analyte: str) -> list[tuple[Finding, list[Finding]]]:
    """(isolate, its antibiogram) of the report that is held, in its order. One query."""
    if held is None:
        return []
    findings = list(held.findings.order_by("position"))
    heads = [one for one in findings if one.parent_id is None and one.code == analyte and one.flag == "POS"]
    return [(head, [one for one in findings if one.parent_id == head.pk]) for head in heads]


def told_of(finding: Finding) -> tuple[str, str, str]:
    """(mic, zone, judged) as they were typed."""
    number = f"{finding.comparator}{number_text(finding.number)}" if finding.number is not None else ""
    beside = _ZONE_BESIDE.fullmatch(finding.note)
    if finding.unit == "mm":
        return "", number, finding.flag
    return number, beside[1] if beside else "", finding.flag


def posted_of(held: Sequence[tuple[Finding, list[Finding]]], listed: Sequence[str]) -> Mapping[str, str]:
    """What is held as the form would post it; an antibiotic that isn't among the listed ones goes by its name."""
    told: dict[str, str] = {}
    for number, (head, tried) in enumerate(held, 1):
        quantity, _line, note = head.note.partition("\n")
        told |= {f"i{number}-organism": head.text, f"i{number}-quantity": quantity, f"i{number}-note": note}
        for finding in tried:
            code = finding.code if finding.code in listed else "_"
            parts = dict(zip(("mic", "zone", "judged"), told_of(finding), strict=True))
            told |= {f"i{number}-{code}-{part}": value for part, value in parts.items()}
            told[f"i{number}-{code}-title"] = finding.title
    return told
