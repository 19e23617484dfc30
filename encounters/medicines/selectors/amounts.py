"""How much really went in: of an infusion that was ended before its bottle was empty, the millilitres that were read off."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.orders.wording import number_text

_MILLILITRE = "mL"


def part_ml(row: MedicationAdministration) -> Decimal | None:
    """The millilitres of an infusion of which not all went in; None of what went in as its amount says."""
    return row.volume_ml if row.dose.outcome == DueDose.Outcome.PARTIAL else None


def went_in(row: MedicationAdministration, unit: str) -> str:
    """1 viên; of an infusion in part 300 ml of 1 chai; "" where nothing was given. `unit`: its name; `row` with its dose."""
    if row.amount is None:
        return ""
    amount = f"{number_text(row.amount)} {unit}"
    part = part_ml(row)
    if part is None:
        return amount
    return _("%(volume)s ml of %(amount)s") % {"volume": number_text(part), "amount": amount}


def sum_text(rows: Iterable[MedicationAdministration]) -> str:
    """What went in by rows of one unit: 2; with infusions in part, whose share of a bottle nobody measures: 2 + 300 ml.

    Millilitres are added to an amount that is ordered in them, undiluted. The rows come with their dose and order.
    """
    whole, parts = Decimal(0), Decimal(0)
    for row in rows:
        part = part_ml(row)
        if part is None:
            whole += row.amount or Decimal(0)
        elif row.dose.unit == _MILLILITRE and not row.dose.order.diluent:
            whole += part
        else:
            parts += part
    said = [number_text(whole)] if whole or not parts else []
    said += [f"{number_text(parts)} ml"] if parts else []
    return " + ".join(said)
