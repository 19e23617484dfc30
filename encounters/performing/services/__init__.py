"""Verbs of performing: taken on, entered, released, corrected, refused."""

from encounters.performing.services.entering import (
    ImageReport,
    Questions,
    enter_image_report,
    enter_values,
    refuse_order,
    release,
    take_on,
)

__all__ = [
    "ImageReport",
    "Questions",
    "enter_image_report",
    "enter_values",
    "refuse_order",
    "release",
    "take_on",
]
