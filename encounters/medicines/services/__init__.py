"""Verbs of medicines at the bed: plan, give, withhold, take back, infuse, settle."""

from encounters.medicines.services.conflicts import settle_conflict
from encounters.medicines.services.events import tell_event
from encounters.medicines.services.giving import (
    give_dose,
    not_given,
    postpone,
    take_back,
)
from encounters.medicines.services.infusing import note_step
from encounters.medicines.services.needed import give_needed
from encounters.medicines.services.planning import look_ahead, plan_order, plan_stay, plan_with_earlier
from encounters.medicines.services.told import AlreadyAnswered, Given, Kept, NeedsWitness, Told, WrongPatient
from encounters.medicines.services.urgent import note_urgent_dose

__all__ = [
    "AlreadyAnswered",
    "Given",
    "Kept",
    "NeedsWitness",
    "Told",
    "WrongPatient",
    "give_dose",
    "give_needed",
    "look_ahead",
    "not_given",
    "note_step",
    "note_urgent_dose",
    "plan_order",
    "plan_stay",
    "plan_with_earlier",
    "postpone",
    "settle_conflict",
    "take_back",
    "tell_event",
]
