"""The part of the laboratory's page on which it is told what a culture grew."""

from collections.abc import Mapping, Sequence
from typing import Any

from emr.common.http import StaffRequest
from encounters.orders.models import ServiceRequest
from encounters.performing import forms, services
from encounters.performing.models import TriedAntibiotic
from encounters.performing.selectors.analytes import Field
from encounters.performing.selectors.cultures import (
    MOST,
    Line,
    Plate,
    antibiotics,
    held_isolates,
    organisms,
    panel_for,
    posted_of,
)
from encounters.results.models import DiagnosticReport

JUDGEMENTS = ("S", "I", "R")


def _titles(rows: Sequence[TriedAntibiotic]) -> dict[str, str]:
    return {row.antibiotic: row.title for row in rows}


def isolates_in(order: ServiceRequest, told: Mapping[str, str]) -> list[services.Isolate]:
    """What was posted of a culture; nothing is read where no isolate was told of."""
    if not any(name.startswith("i") and name.partition("-")[0][1:].isdigit() for name in told):
        return []
    return forms.read_isolates(told, _titles(antibiotics(order.facility_id)), MOST)


def context_of(
    request: StaffRequest,
    order: ServiceRequest,
    fields: Sequence[Field],
    held: DiagnosticReport | None,
) -> dict[str, Any]:
    """`plates` and what their lists offer; nothing of a test that is no culture. What was typed goes before what is held."""
    field = services.growth_field(fields)
    if field is None:
        return {}
    rows, known = antibiotics(order.facility_id), organisms(order.facility_id)
    titles = _titles(rows)
    is_sent = "i1-organism" in request.POST
    told: Mapping[str, str] = (
        request.POST if is_sent else posted_of(held_isolates(held, field.row.analyte), list(titles))
    )
    asked_for_more = request.POST.get("action") == "isolate"
    isolates = forms.shown_isolates(forms.read_isolates(told, titles, MOST), one_more=asked_for_more)
    plates = []
    for isolate in isolates:
        organism = services.known_organism(isolate.organism, known) if isolate.organism else None
        offered = panel_for(organism, rows) if isolate.organism else []
        typed = {one.code or forms.UNLISTED: one for one in isolate.tried}
        # What was typed stays on the page, also when the microorganism changed and its panel with it.
        kept = {one.code for one in isolate.tried if one.code and not one.is_empty}
        codes = [code for code, _title in offered]
        codes += [code for code in titles if code in kept and code not in codes]
        lines = [
            Line(code, titles[code], typed[code].mic, typed[code].zone, typed[code].judged) for code in codes
        ]
        free = typed[forms.UNLISTED]
        if isolate.organism:
            lines.append(Line(forms.UNLISTED, free.title, free.mic, free.zone, free.judged))
        plates.append(Plate(isolate.number, isolate.organism, isolate.quantity, isolate.note, lines))
    is_critical = "is_critical" in request.POST if is_sent else bool(held is not None and held.is_critical)
    return {
        "plates": plates,
        "organisms": known,
        "judgements": JUDGEMENTS,
        "may_add_isolate": len(plates) < MOST,
        "is_critical": is_critical,
    }
