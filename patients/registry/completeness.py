"""What the record's administrative part still lacks, and why somebody will ask for it (regulation §3.3 I)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from patients.registry import systems
from patients.registry.age import age_of
from patients.registry.models import Identifier, Patient, RelatedPerson

_MINOR = 18


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to complete: the form's field, its name, and the reason."""

    field: str
    label: str
    reason: str


def _needs_guardian(patient: Patient) -> bool:
    age = age_of(patient)
    return age is not None and (age.unit != "year" or age.count < _MINOR)


def missing_facts(
    patient: Patient, numbers: Iterable[Identifier] = (), people: Iterable[RelatedPerson] = ()
) -> list[Missing]:
    """What is to be completed, in the order of the form; an empty list: nothing. No query."""
    held = {number.system for number in numbers if number.is_active}
    people = list(people)
    wanted = [
        (patient.birth_year is None, "birth", _("Birth"), _("doses and forms depend on the age")),
        (patient.sex == Patient.Sex.UNKNOWN, "sex", _("Sex"), _("every form asks for it")),
        (
            not patient.is_temporary and systems.CITIZEN not in held and patient.nationality == "VN",
            "citizen_number",
            _("Personal number"),
            _("it links the patient's records between hospitals"),
        ),
        (not patient.ethnic_group, "ethnic_group", _("Ethnic group"), _("the card doesn't say it")),
        (not patient.occupation, "occupation", _("Occupation"), _("the card doesn't say it")),
        (
            not patient.commune or not patient.province,
            "commune",
            _("Commune and province"),
            _("cards show the address before July 2025: choose today's units"),
        ),
        (not patient.phone, "phone", _("Phone"), _("to reach the patient with results")),
        (not people, "people", _("Person to notify"), _("the record names somebody to call")),
        (
            _needs_guardian(patient) and not any(p.is_representative for p in people),
            "representative",
            _("Representative"),
            _("somebody must sign for a minor"),
        ),
    ]
    return [Missing(field, label, reason) for lacks, field, label, reason in wanted if lacks]
