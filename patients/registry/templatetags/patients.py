"""Tags of patient pages: the banner, ages, births."""

import datetime as dt
from typing import Any

from django import template

from patients.registry import age, banner
from patients.registry.models import Patient

register = template.Library()


@register.simple_tag
def patient_banner(patient: Patient, encounter: Any = None) -> banner.Banner:
    """The parts of the banner: every page with a chart's layout has one, so the layout asks and not each view."""
    return banner.banner_for(patient, encounter or None)


@register.filter
def age_text(person: Any, on: dt.date | None = None) -> str:
    """The age in days, months or years as clinicians say it; "" when nothing is known of the birth."""
    return str(age.age_of(person, on) or "")


@register.filter
def birth_text(person: Any) -> str:
    """The birth as far as it is known."""
    return age.birth_text(person)


@register.filter
def may(user: Any, right: str) -> bool:
    """Whether the person holds the right anywhere: for buttons; the door itself is on the view."""
    return bool(user.is_authenticated and user.has_right(right))
