"""Nouns of performing: what a test measures, and phrases that reports are made of."""

from encounters.performing.models.catalogue import AnalyteRange, ReportPhrase

__all__ = ["AnalyteRange", "ReportPhrase"]
