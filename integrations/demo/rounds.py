"""What the demo's nurses measured: a round a day, the last one at every level of its score, and a day's fluids."""

import datetime as dt
import random
import uuid
from decimal import Decimal

from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from encounters.monitoring import services
from encounters.visits.models import Encounter

LATE = "Dữ liệu minh họa"
_CHILD_YEARS = 12
# What the last round adds to a usual one, one after the other: nothing, low, medium and high of NEWS2.
_LAST: tuple[dict[str, str], ...] = (
    {},
    {"respiration": "21", "oxygen": "95"},
    {"respiration": "22", "oxygen": "94", "pulse": "112", "temperature": "38.4"},
    {"respiration": "27", "oxygen": "90", "oxygen_flow": "4", "pulse": "118", "systolic": "98"},
)
_FLUIDS = (
    ("in-infusion", 500),
    ("in-drink", 200),
    ("out-urine", 350),
    ("in-infusion", 250),
    ("out-drain-1", 40),
)


def _key(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128))


def _usual(encounter: Encounter, fever: float, chance: random.Random) -> dict[str, Decimal]:
    """Nothing to worry about, for the person's age."""
    values = {
        "pulse": chance.randrange(66, 90),
        "temperature": round(36.5 + fever + chance.random() * 0.5, 1),
        "systolic": chance.randrange(112, 148),
        "diastolic": chance.randrange(62, 88),
        "respiration": chance.randrange(14, 20),
        "oxygen": chance.randrange(96, 100),
        "oxygen_flow": 0,
        "consciousness": 0,
    }
    age = timezone.localdate().year - (encounter.patient.birth_year or 0)
    if age < _CHILD_YEARS:
        values |= {"pulse": 100, "systolic": 102, "respiration": 26, "refill": 2, "effort": 0}
    return {name: Decimal(str(value)) for name, value in values.items()}


def build_rounds(
    encounter: Encounter, days: int, index: int, people: dict[str, User], chance: random.Random
) -> None:
    """The rounds of a stay of `days` days; `index` counts the patients, so that a ward has every level."""
    nurse = people["dieuduong"]
    if encounter.department is not None and encounter.department.code == "K27":
        services.choose_scale(
            encounter=encounter,
            scale="MEOWS",
            oxygen_scale=1,
            reason="Thai phụ, sản phụ",
            by=people["bacsi"],
            key=_key(chance),
        )
    for day in range(days, -1, -1):
        at = now() - dt.timedelta(days=day, minutes=chance.randrange(5, 14))
        if at < encounter.started_at:
            continue
        values = _usual(encounter, max(0, day - 1) * 0.6, chance)
        if day == 0:
            # Every department has several cases: a step of five goes through all levels in each.
            values |= {name: Decimal(value) for name, value in _LAST[index // 5 % len(_LAST)].items()}
        services.record_round(
            encounter=encounter,
            values=values,
            by=nurse,
            key=_key(chance),
            effective_at=at,
            confirmed=True,
            late_reason=LATE if day else "",
        )
    if encounter.department is not None and encounter.department.code == "K19":
        for hours, (kind, volume) in enumerate(_FLUIDS, start=1):
            at = now() - dt.timedelta(hours=hours)
            if at > encounter.started_at:
                services.record_fluid(
                    encounter=encounter, kind=kind, volume=volume, by=nurse, key=_key(chance), happened_at=at
                )
