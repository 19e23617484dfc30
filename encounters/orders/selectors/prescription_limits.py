"""For how many days what a patient takes home may be prescribed: the facility's dated table, else the shipped rows.

The numbers are data (`encounters/orders/data/prescription_limits.csv`, table *Days of prescriptions*), because circulars
change them and a facility's council may be stricter.
"""

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from encounters.orders.models import PrescriptionLimit
from encounters.orders.selectors.catalogue import in_force

ORDINARY = "thuong"
_SHIPPED = Path(__file__).parent.parent / "data" / "prescription_limits.csv"


@dataclass(frozen=True, slots=True)
class Limit:
    """Whole days, and the rule that says so."""

    days: int
    source: str


def limit_of(facility_id: int, control: str, on: dt.date) -> Limit:
    """What holds on that day for a kind: "N", "H", or "" for what isn't controlled. One query."""
    code = control or ORDINARY
    row = in_force(PrescriptionLimit.objects.filter(facility_id=facility_id, code=code), on).first()
    return Limit(row.days, row.source) if row is not None else shipped_limits()[code]


@cache
def shipped_limits() -> dict[str, Limit]:
    """The sample, for a facility that has no row of the kind for the day."""
    with _SHIPPED.open(encoding="utf-8", newline="") as file:
        return {row["code"]: Limit(int(row["days"]), row["source"]) for row in csv.DictReader(file)}
