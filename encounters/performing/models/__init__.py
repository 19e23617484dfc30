"""Nouns of performing: what a test measures, phrases that reports are made of, what cultures grow."""

from encounters.performing.models.catalogue import AnalyteRange, ReportPhrase
from encounters.performing.models.microbiology import Organism, TriedAntibiotic
from encounters.performing.models.reflexes import ReflexRule

__all__ = ["AnalyteRange", "Organism", "ReflexRule", "ReportPhrase", "TriedAntibiotic"]
