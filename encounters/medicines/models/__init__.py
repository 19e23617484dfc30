"""Nouns of medicines at the bed: what is due, what was done with it, trays, the facility's tables."""

from encounters.medicines.models.doses import DueDose
from encounters.medicines.models.giving import GivingConflict, InfusionStep, MedicationAdministration
from encounters.medicines.models.reactions import ReactionTest
from encounters.medicines.models.sheets import ShiftSheet
from encounters.medicines.models.tables import GivingRule, GivingTimes
from encounters.medicines.models.tray import TrayReturn, WardTray

__all__ = [
    "DueDose",
    "GivingConflict",
    "GivingRule",
    "GivingTimes",
    "InfusionStep",
    "MedicationAdministration",
    "ReactionTest",
    "ShiftSheet",
    "TrayReturn",
    "WardTray",
]
