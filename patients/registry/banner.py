"""The two lines above every chart: who this is, and what must never be overlooked.

Higher rooms add their parts from `AppConfig.ready()`; a provider gets the patient and the encounter (or None) and
should need one query at most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from patients.registry import age, systems
from patients.registry.models import Patient
from patients.registry.selectors import dossier_of

Slot = Literal["identity", "allergy", "stay", "measure", "risk", "payer", "state"]


@dataclass(frozen=True, slots=True)
class Part:
    """One statement. `label` in grey before the text; `kind`: a badge's kind (danger, warning, …) or "" for plain text.

    For the slot allergy the kind is "allergy" (red), "allergy-none" (somebody recorded that there is none) or
    "allergy-unknown" (nobody has asked).
    """

    slot: Slot
    text: str
    label: str = ""
    kind: str = ""
    icon: str = ""
    title: str = ""


Provider = Callable[[Patient, Any], list[Part]]
_providers: dict[str, tuple[int, Provider]] = {}


def register_banner(name: str, provider: Provider, *, order: int = 50) -> None:
    """Add the room's parts to every banner; the same name again replaces them."""
    _providers[name] = (order, provider)


@dataclass(frozen=True, slots=True)
class Banner:
    """What `_banner.html` shows: parts by slot."""

    patient: Patient
    age: str
    birth: str
    parts: dict[str, list[Part]]
    is_masked: bool = False


def _identity(patient: Patient, _encounter: Any) -> list[Part]:
    numbers = [number for number in dossier_of(patient).numbers if number.is_active]
    own = [n for n in numbers if n.is_own and n.system.startswith(systems.MRN_PREFIX)]
    # The survivor's number stands first, the numbers of merged rows behind it.
    own.sort(key=lambda n: n.patient_id != patient.root_id)
    parts = []
    if own:
        others = ", ".join(n.value for n in own[1:])
        parts.append(
            Part(
                "identity",
                own[0].value,
                label=_("Patient no."),
                title=_("also %s") % others if others else "",
            )
        )
    citizen = next((n for n in numbers if n.system == systems.CITIZEN), None)
    if citizen is not None:
        parts.append(Part("identity", citizen.value, label=_("Personal no.")))
        if citizen.is_shared:
            parts.append(Part("state", _("Personal number shared"), kind="warning", icon="people"))
    if patient.is_temporary:
        parts.append(Part("state", _("Temporary code"), kind="warning", icon="question-circle"))
    if patient.deceased_at is not None:
        parts.append(
            Part("state", _("Deceased %s") % f"{localtime(patient.deceased_at):%d/%m/%Y}", kind="neutral")
        )
    if patient.is_restricted:
        parts.append(
            Part("state", str(patient.get_confidentiality_display()), kind="danger", icon="shield-lock")
        )
    if patient.is_merged:
        parts.append(Part("state", _("Merged"), kind="info", icon="link-45deg"))
    return parts


register_banner("registry", _identity, order=10)


# What the desk sees of a restricted patient: who this is and who pays, nothing of care.
_AT_THE_DESK = {"identity", "payer"}


def banner_for(patient: Patient, encounter: Any = None, *, is_masked: bool = False) -> Banner:
    """The banner of this patient, with the encounter's parts when there is one; masked, without anything clinical."""
    parts: dict[str, list[Part]] = {}
    for _order, provider in sorted(_providers.values(), key=lambda entry: entry[0]):
        for part in provider(patient, encounter):
            if not is_masked or part.slot in _AT_THE_DESK or provider is _identity:
                parts.setdefault(part.slot, []).append(part)
    return Banner(patient, str(age.age_of(patient) or ""), age.birth_text(patient), parts, is_masked)
