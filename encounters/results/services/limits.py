"""The facility's critical limits, taken in and given out as the tables of what may be ordered."""

from pathlib import Path

from encounters.orders.services.catalogue import Table
from encounters.results.models import CriticalLimit

LIMITS = Table(
    "limits",
    (
        "code", "test", "title", "unit", "ucum", "sex", "from_age", "to_age", "age_unit", "low", "high", "source",
        "valid_from", "valid_to",
    ),
    CriticalLimit,
    numbers=("from_age", "to_age", "low", "high"),
    data=Path(__file__).parent.parent / "data",
)  # fmt: skip
