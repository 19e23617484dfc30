"""The room's tables, taken in and listed beside those of what may be ordered; samples come with the product."""

from pathlib import Path

from encounters.medicines.models import GivingRule, GivingTimes, MedicinePackage
from encounters.orders.services.catalogue import Table

DATA = Path(__file__).parent.parent / "data"
_DATES = ("valid_from", "valid_to")
TIMES = Table(
    "giving_times",
    ("code", "department", "times_per_day", "times", *_DATES),
    GivingTimes,
    numbers=("times_per_day",),
    data=DATA,
)
PACKAGES = Table("packages", ("code", "medicine", "name", "source", *_DATES), MedicinePackage, data=DATA)
RULES = Table(
    "giving_rules",
    (
        "code", "ingredient", "second_nurse", "vital_sign", "within_minutes", "low", "high", "test_minutes",
        "source", *_DATES,
    ),
    GivingRule,
    numbers=("within_minutes", "low", "high", "test_minutes"),
    data=DATA,
)  # fmt: skip
