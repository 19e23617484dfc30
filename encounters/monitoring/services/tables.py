"""The facility's score tables, taken in and given out as the tables of what may be ordered."""

from encounters.monitoring.models import ScoreBand, ScoreResponse
from encounters.monitoring.selectors.scoring import DATA
from encounters.orders.services.catalogue import Table

_DATES = ("valid_from", "valid_to")
SCORES = Table(
    "scores",
    ("code", "scale", "sign", "variant", "from_months", "to_months", "up_to", "points", "source", *_DATES),
    ScoreBand,
    numbers=("from_months", "to_months", "up_to", "points"),
    data=DATA,
)
RESPONSES = Table(
    "responses",
    (
        "code", "scale", "level", "from_score", "any_single", "every_minutes", "respond_minutes", "role", "words",
        "source", *_DATES,
    ),
    ScoreResponse,
    numbers=("from_score", "any_single", "every_minutes", "respond_minutes"),
    data=DATA,
)  # fmt: skip
