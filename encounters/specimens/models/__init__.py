"""Nouns of specimens: the tube, the tests that it is for, what became of each request on its way."""

from encounters.specimens.models.events import RequestEvent
from encounters.specimens.models.specimens import Specimen, SpecimenRequest

__all__ = ["RequestEvent", "Specimen", "SpecimenRequest"]
