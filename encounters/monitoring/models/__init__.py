"""Tables of this room."""

from encounters.monitoring.models.charts import VitalSheet
from encounters.monitoring.models.fluids import FluidEntry
from encounters.monitoring.models.tables import RANKS, Level, Scale, ScoreBand, ScoreResponse
from encounters.monitoring.models.warnings import EarlyWarning, ScaleChoice, WarningResponse

__all__ = [
    "RANKS",
    "EarlyWarning",
    "FluidEntry",
    "Level",
    "Scale",
    "ScaleChoice",
    "ScoreBand",
    "ScoreResponse",
    "VitalSheet",
    "WarningResponse",
]
