"""Fields of the stay itself."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrOrPromise

from encounters.completeness.checks.found import Found, owed_since, page_of
from encounters.completeness.facts import Facts
from encounters.completeness.rules import Rule
from encounters.visits import codes
from encounters.visits.models import Encounter

STAY_FIELDS: dict[str, tuple[StrOrPromise, str, str, Callable[[Encounter, Facts], bool]]] = {
    "record_type": (
        gettext_lazy("type of record"), "visits:details", "id_record_type", lambda stay, _facts: bool(stay.record_type),
    ),
    "outcome": (
        pgettext_lazy("completeness", "outcome"), "visits:detail", "diagnoses", lambda stay, _facts: bool(stay.outcome),
    ),
    "disposition": (
        gettext_lazy("how the patient left"), "visits:detail", "diagnoses",
        lambda stay, _facts: bool(stay.disposition),
    ),
    "main_diagnosis": (
        gettext_lazy("main diagnosis at discharge"), "visits:detail", "diagnoses",
        lambda stay, facts: facts.has_diagnosis(stay, codes.DiagnosisRole.DISCHARGE_MAIN),
    ),
    "main_code": (
        gettext_lazy("ICD-10 code of the main diagnosis"), "visits:detail", "diagnoses",
        lambda stay, facts: not facts.has_diagnosis(stay, codes.DiagnosisRole.DISCHARGE_MAIN)
        or facts.has_diagnosis(stay, codes.DiagnosisRole.DISCHARGE_MAIN, coded=True),
    ),
    "death": (
        gettext_lazy("time of death"), "visits:detail", "diagnoses", lambda stay, facts: stay.pk in facts.deaths,
    ),
    "death_cause": (
        gettext_lazy("main cause of death with its ICD-10 code"), "visits:detail", "diagnoses",
        lambda stay, facts: facts.has_diagnosis(stay, codes.DiagnosisRole.CAUSE_OF_DEATH, coded=True),
    ),
}  # fmt: skip


def stay_fields(rule: Rule, stay: Encounter, facts: Facts) -> Iterator[Found]:
    """Fields of the stay itself that are empty."""
    for name in rule.parameters["fields"]:
        title, page, anchor, is_there = STAY_FIELDS[name]
        if not is_there(stay, facts):
            yield Found(
                name, page_of(page, stay) + f"#{anchor}", owed_since(rule, stay), {"what": str(title)}
            )
