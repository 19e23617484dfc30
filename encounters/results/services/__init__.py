"""Verbs of measurements and results."""

from encounters.results.services.filing import Filed, file_report, take_back
from encounters.results.services.measuring import Unusual, correct_observation, record_vital_signs
from encounters.results.services.reviewing import acknowledge, acknowledge_many, mark_seen

__all__ = [
    "Filed",
    "Unusual",
    "acknowledge",
    "acknowledge_many",
    "correct_observation",
    "file_report",
    "mark_seen",
    "record_vital_signs",
    "take_back",
]
