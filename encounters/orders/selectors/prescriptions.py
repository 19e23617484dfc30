"""Prescriptions of a stay: their lines in words, what the checks say of them."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.terminology.selectors import displays
from encounters.documents.models import Document
from encounters.documents.selectors import with_state
from encounters.orders.models import MedicationRequest, PrescriptionLine
from encounters.orders.wording import number_text
from encounters.orders.words import quantity_in_digits, quantity_in_words
from encounters.visits.models import Encounter

Control = PrescriptionLine.Control
FORMS = {Control.NONE: "DON-THUOC", Control.NARCOTIC: "DON-THUOC-N", Control.PSYCHOTROPIC: "DON-THUOC-H"}
CONTROL_OF = {code: control for control, code in FORMS.items()}
# Units that are handed out as they are taken: their number follows from dose, times and days.
PIECES = frozenset({"vien", "ong", "lo", "goi", "chai", "tui", "tuyp", "but", "mieng"})
# Substances of the lists of narcotics, and of psychotropics and precursors (TT 20/2017/TT-BYT), by the beginning of the
# name, plain; where the catalogue has a property `control`, that counts instead. Not complete: the line can be changed.
_NARCOTIC = (
    "morphin",
    "fentanyl",
    "pethidin",
    "oxycodon",
    "methadon",
    "sufentanil",
    "remifentanil",
    "hydromorphon",
)
_PSYCHOTROPIC = (
    "diazepam", "phenobarbital", "midazolam", "ketamin", "clonazepam", "lorazepam", "alprazolam", "bromazepam",
    "clorazepat", "zolpidem", "nitrazepam", "ephedrin", "pseudoephedrin", "ergometrin",
)  # fmt: skip


def control_of(ingredient: str, properties: dict[str, Any]) -> str:
    """N, H or "" for a medicine."""
    said = str(properties.get("control", ""))
    if "control" in properties and said in Control.values:
        return said
    plain = ingredient.strip().lower()
    if plain.startswith(_NARCOTIC):
        return Control.NARCOTIC
    return Control.PSYCHOTROPIC if plain.startswith(_PSYCHOTROPIC) else Control.NONE


def quantity_for(dose: Decimal, times_per_day: int | None, days: int, unit: str) -> Decimal | None:
    """What is handed out, whole pieces; None where the unit is no piece or nobody said how often."""
    if unit not in PIECES or not times_per_day:
        return None
    return (dose * times_per_day * days).to_integral_value(ROUND_CEILING)


def lines_of(document: Document) -> list[PrescriptionLine]:
    """The lines in their order. One query."""
    return list(document.prescription_lines.order_by("position", "pk"))


def lines_in_words(lines: list[PrescriptionLine]) -> list[dict[str, Any]]:
    """Each line as it is shown and printed; codes are named by one query."""
    wanted = {("medicine-route", line.route) for line in lines}
    wanted |= {("dose-unit", unit) for line in lines for unit in (line.dose_unit, line.quantity_unit)}
    names = displays(sorted(wanted)) if wanted else {}
    return [_in_words(line, names) for line in lines]


def _in_words(line: PrescriptionLine, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    unit = names.get(("dose-unit", line.dose_unit), line.dose_unit)
    handed = names.get(("dose-unit", line.quantity_unit), line.quantity_unit)
    dose = f"{number_text(line.dose)} {unit}"
    route = names.get(("medicine-route", line.route), line.route)
    if line.as_needed:
        how = _("%(dose)s when needed: %(reason)s") % {"dose": dose, "reason": line.as_needed_for}
        if line.times_per_day:
            how += ", " + _("at most %(count)d times a day") % {"count": line.times_per_day}
    else:
        how = _("%(dose)s × %(count)d times a day") % {"dose": dose, "count": line.times_per_day or 0}
    parts = [route, how, ", ".join(line.times), str(line.get_meal_display()) if line.meal else ""]
    parts.append(_("for %(days)d days") % {"days": line.days})
    is_narcotic = line.control == Control.NARCOTIC
    amount = quantity_in_words(line.quantity) if is_narcotic else quantity_in_digits(line.quantity)
    return {
        "uuid": str(line.uuid),
        "text": line.text,
        "quantity": f"{amount} {handed}",
        "how": "; ".join([*(part for part in parts if part), *([line.note] if line.note else [])]),
    }


def as_orders(lines: list[PrescriptionLine]) -> list[MedicationRequest]:
    """The lines as unsaved orders, for the checks: same public id."""
    return [
        MedicationRequest(
            uuid=line.uuid,
            code=line.code,
            text=line.text,
            ingredient=line.ingredient,
            dose=line.dose,
            dose_unit=line.dose_unit,
            times_per_day=line.times_per_day,
            route=line.route,
        )
        for line in lines
    ]


def beside(document: Document) -> list[PrescriptionLine]:
    """What the patient takes home by the stay's other prescriptions of the same day. One query."""
    return list(
        PrescriptionLine.objects.filter(
            encounter=document.encounter_id,
            document__happened_at__date=timezone.localdate(document.happened_at),
        )
        .exclude(Q(document=document) | Q(document__status=Document.Status.ENTERED_IN_ERROR))
        .order_by("pk")
    )


def prescriptions_of(encounter: Encounter, *, finished_alone: bool = False) -> QuerySet[Document]:
    """The stay's prescriptions, newest first."""
    found = with_state(Document.objects.filter(encounter=encounter, code__in=FORMS.values()))
    if finished_alone:
        found = found.filter(current_version__isnull=False)
    return found.prefetch_related("prescription_lines").order_by("-happened_at", "-pk")
