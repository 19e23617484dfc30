"""The banner's most important statement: allergies in red, none as a recorded fact, or that nobody has asked."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from patients.history.selectors import summary_of
from patients.registry.banner import Part
from patients.registry.models import Patient

_SHOWN = 3


def allergy_parts(patient: Patient, _encounter: Any) -> list[Part]:
    """One part for the slot allergy, and a risk for what no magnet may come near."""
    summary = summary_of(patient)
    parts = []
    if summary.allergies:
        names = [allergy.substance for allergy in summary.allergies]
        text = ", ".join(names[:_SHOWN]) + (f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else "")
        full = "; ".join(
            f"{a.substance} ({a.reaction})" if a.reaction else a.substance for a in summary.allergies
        )
        parts.append(Part("allergy", _("Allergy: %s") % text, kind="allergy", title=full))
    elif summary.none_known:
        parts.append(Part("allergy", _("No known allergy"), kind="allergy-none"))
    else:
        parts.append(Part("allergy", _("Allergies: none recorded, ask"), kind="allergy-unknown"))
    parts += [
        Part("risk", _("No MRI: %s") % device.kind, kind="danger", icon="magnet")
        for device in summary.devices
        if device.is_mri_unsafe
    ]
    return parts


def panel_facts(patient: Patient, _user: User) -> dict[str, Any]:
    """What the chart's panel shows."""
    return {"summary": summary_of(patient)}
