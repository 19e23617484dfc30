"""Whole rounds for tests, good and bad."""

import uuid
from decimal import Decimal
from typing import Any

from emr.accounts.models import User
from encounters.monitoring import services
from encounters.visits.models import Encounter

WELL = {
    "respiration": Decimal(16),
    "oxygen": Decimal(97),
    "oxygen_flow": Decimal(0),
    "systolic": Decimal(120),
    "diastolic": Decimal(75),
    "pulse": Decimal(78),
    "consciousness": Decimal(0),
    "temperature": Decimal("36.8"),
}
# NEWS2: breathing 3, SpO2 3, oxygen 2, pressure 2, pulse 2, temperature 1 = 13.
ILL = WELL | {
    "respiration": Decimal(26),
    "oxygen": Decimal(90),
    "oxygen_flow": Decimal(3),
    "systolic": Decimal(98),
    "pulse": Decimal(122),
    "temperature": Decimal("38.6"),
}
# 1 + 1 + 1 + 2 = 5.
UNWELL = WELL | {
    "respiration": Decimal(21),
    "oxygen": Decimal(95),
    "pulse": Decimal(105),
    "temperature": Decimal("38.5"),
}


def take(stay: Encounter, by: User, values: dict[str, Decimal] = WELL, **told: Any) -> services.Recorded:
    """One round, confirmed."""
    told = {"key": uuid.uuid4(), "confirmed": True} | told
    return services.record_round(encounter=stay, values=values, by=by, **told)
