"""The banner's most important statement: allergies in red, none as a recorded fact, or that nobody has asked."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from patients.history.models import AllergyIntolerance
from patients.history.selectors import summary_of
from patients.registry.banner import Part
from patients.registry.models import Patient

_SHOWN = 3


def allergy_parts(patient: Patient, _encounter: Any) -> list[Part]:
    """One part for the slot allergy, and a risk for what no magnet may come near."""
    summary = summary_of(patient)
    parts = []
    if summary.allergies:
        names = [
            f"{a.substance} ({a.source}?)" if a.is_unconfirmed else a.substance for a in summary.allergies
        ]
        text = ", ".join(names[:_SHOWN]) + (f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else "")
        full = "; ".join(_in_full(allergy) for allergy in summary.allergies)
        parts.append(Part("allergy", _("Allergy: %s") % text, kind="allergy", title=full))
    elif summary.none_known:
        parts.append(Part("allergy", _("No known allergy"), kind="allergy-none"))
    elif summary.told_none:
        told = _("Allergies: none, says the %(source)s; ask") % {"source": summary.told_none.source}
        parts.append(Part("allergy", told, kind="allergy-unknown"))
    else:
        parts.append(Part("allergy", _("Allergies: none recorded, ask"), kind="allergy-unknown"))
    parts += [
        Part("risk", _("No MRI: %s") % device.kind, kind="danger", icon="magnet")
        for device in summary.devices
        if device.is_mri_unsafe
    ]
    return parts


def _in_full(allergy: AllergyIntolerance) -> str:
    said = f"{allergy.substance} ({allergy.reaction})" if allergy.reaction else allergy.substance
    if allergy.is_unconfirmed:
        said += ", " + _("from the %(source)s, not confirmed") % {"source": allergy.source}
    return said


def panel_facts(patient: Patient, _user: User) -> dict[str, Any]:
    """What the chart's panel shows."""
    return {"summary": summary_of(patient)}
