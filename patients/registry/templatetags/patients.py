"""Tags of patient pages: the banner, ages, births."""

import datetime as dt
from typing import Any

from django import template

from emr.ui import navigation
from patients.registry import age, banner
from patients.registry.access import emergency_until, is_masked, reaches
from patients.registry.models import Patient

register = template.Library()


@register.simple_tag(takes_context=True)
def patient_banner(context: dict[str, Any], patient: Patient, encounter: Any = None) -> banner.Banner:
    """The parts of the banner: every page with a chart's layout has one, so the layout asks and not each view."""
    user = context.get("user")
    masked = patient.is_restricted and (user is None or is_masked(user, patient))
    return banner.banner_for(patient, encounter or None, is_masked=masked)


def _emergency(context: dict[str, Any], patient: object) -> dt.datetime | None:
    """Asked once a page; a sample of the style guide is nobody's chart."""
    if not isinstance(patient, Patient):
        return None
    kept = context["request"].__dict__.setdefault("_emergencies", {})
    if patient.root_id not in kept:
        kept[patient.root_id] = emergency_until(context["user"], patient)
    found: dt.datetime | None = kept[patient.root_id]
    return found


@register.simple_tag(takes_context=True)
def emergency_access(context: dict[str, Any], patient: Patient) -> dt.datetime | None:
    """When this person's emergency access to the chart ends; None on the charts that they simply reach."""
    return _emergency(context, patient)


@register.simple_tag(takes_context=True)
def patient_sections(
    context: dict[str, Any], patient: Patient | None = None, encounter: Any = None
) -> list[Any]:
    """The rail of a chart: of a restricted one, or in an emergency, only what would open."""
    found = navigation.sections(
        context["request"],
        patient=getattr(patient, "uuid", None),
        encounter=getattr(encounter, "uuid", None),
    )
    if not isinstance(patient, Patient) or not (patient.is_restricted or _emergency(context, patient)):
        return found
    rights = {section.right for section, *_rest in found}
    opens = {right: reaches(context["user"], patient, right, with_emergency=True) for right in rights}
    return [row for row in found if opens[row[0].right]]


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
