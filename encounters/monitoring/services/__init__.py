"""Verbs of this room."""

from encounters.monitoring.services.charting import compose_chart
from encounters.monitoring.services.fluids import correct_fluid, record_fluid
from encounters.monitoring.services.scoring import (
    Recorded,
    assess,
    choose_scale,
    record_round,
    respond,
    score_now,
)
from encounters.monitoring.services.tables import RESPONSES, SCORES

__all__ = [
    "RESPONSES",
    "SCORES",
    "Recorded",
    "assess",
    "choose_scale",
    "compose_chart",
    "correct_fluid",
    "record_fluid",
    "record_round",
    "respond",
    "score_now",
]
