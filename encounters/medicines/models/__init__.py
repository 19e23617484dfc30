"""Nouns of medicines at the bed: what is due, what was done with it, trays, the facility's tables."""

from encounters.medicines.models.doses import DueDose
from encounters.medicines.models.events import AwaitedEvent
from encounters.medicines.models.giving import GivingConflict, InfusionStep, MedicationAdministration
from encounters.medicines.models.reactions import ReactionTest
from encounters.medicines.models.replay import DeviceEvent
from encounters.medicines.models.sheets import ShiftSheet
from encounters.medicines.models.tables import GivingRule, GivingTimes, MedicinePackage
from encounters.medicines.models.tray import TrayReturn, WardTray

__all__ = [
    "AwaitedEvent",
    "DeviceEvent",
    "DueDose",
    "GivingConflict",
    "GivingRule",
    "GivingTimes",
    "InfusionStep",
    "MedicationAdministration",
    "MedicinePackage",
    "ReactionTest",
    "ShiftSheet",
    "TrayReturn",
    "WardTray",
]
