"""Verbs of performing: taken on, entered, released, corrected, refused."""

from encounters.performing.services.cultures import Isolate, Tried, known_organism
from encounters.performing.services.entering import (
    ImageReport,
    Questions,
    enter_image_report,
    enter_values,
    growth_field,
    refuse_order,
    release,
    take_on,
)
from encounters.performing.services.reflexes import add_reflex

__all__ = [
    "ImageReport",
    "Isolate",
    "Questions",
    "Tried",
    "add_reflex",
    "enter_image_report",
    "enter_values",
    "growth_field",
    "known_organism",
    "refuse_order",
    "release",
    "take_on",
]
