"""Nouns of a stay, and what PostgreSQL itself refuses about them."""

from encounters.visits.models.clinical import Condition, Procedure, ProcedurePerformer
from encounters.visits.models.death import CauseOfDeath, Death
from encounters.visits.models.encounter import Encounter
from encounters.visits.models.numbers import AdmissionEntry, NumberSeries
from encounters.visits.models.places import EncounterLocation, EncounterParticipant

__all__ = [
    "AdmissionEntry",
    "CauseOfDeath",
    "Condition",
    "Death",
    "Encounter",
    "EncounterLocation",
    "EncounterParticipant",
    "NumberSeries",
    "Procedure",
    "ProcedurePerformer",
]
