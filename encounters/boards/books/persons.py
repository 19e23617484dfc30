"""What several books write of a person and a stay, for many stays at once: the queries don't grow with them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from emr.terminology.selectors import displays
from encounters.visits.codes import DiagnosisRole
from encounters.visits.models import Condition, Encounter
from patients.coverage.models import Coverage
from patients.registry.age import age_of
from patients.registry.models import Patient

# What a line needs of its stay, for select_related.
OF_STAY = ("patient__merged_into", "department")
_CODED = ("occupation", "commune", "province")


def whose(stay: Encounter) -> Patient:
    """The person as the chart shows them now: the survivor of merged rows."""
    return stay.patient.merged_into or stay.patient


def number_of(stay: Encounter) -> str:
    """Số vào viện; of a visit the code of the course of treatment."""
    return stay.admission_number or stay.identifier


def who(stay: Encounter, at: dt.datetime) -> list[str]:
    """Name, age on that day, sex."""
    patient = whose(stay)
    return [
        patient.full_name.upper(),
        str(age_of(patient, timezone.localdate(at)) or ""),
        str(patient.get_sex_display()),
    ]


def place_of(row: Any) -> str:
    """The department's name of a row or of its stay."""
    department = getattr(row, "department", None) or row.encounter.department
    return department.name if department else ""


@dataclass(frozen=True, slots=True)
class Particulars:
    """Occupations and addresses of the people of some stays; one query for all."""

    names: dict[tuple[str, str], str]

    def occupation(self, stay: Encounter) -> str:
        """In words; "" where none is known."""
        code = whose(stay).occupation
        return self.names.get(("occupation", code), code)

    def address(self, stay: Encounter) -> str:
        """House, commune, province; as on the card where those aren't known."""
        patient = whose(stay)
        places = [self.names.get((level, getattr(patient, level)), "") for level in ("commune", "province")]
        return ", ".join(part for part in (patient.address_line, *places) if part) or patient.address_text


def particulars_of(stays: Iterable[Encounter]) -> Particulars:
    """The words of these people's codes."""
    wanted = {
        (system, getattr(whose(stay), system))
        for stay in stays
        for system in _CODED
        if getattr(whose(stay), system)
    }
    return Particulars(displays(sorted(wanted)) if wanted else {})


def cards_of(stays: Sequence[Encounter]) -> dict[int, str]:
    """{stay: number of the insurance card that was valid when it began}; one query."""
    people = {key for stay in stays for key in (stay.patient_id, stay.patient.merged_into_id) if key}
    cards: dict[int, list[Coverage]] = {}
    for card in Coverage.objects.filter(
        patient__in=people, is_active=True, payer=Coverage.Payer.INSURANCE
    ).order_by("-valid_from", "-pk"):
        cards.setdefault(card.patient_id, []).append(card)
    found = {}
    for stay in stays:
        on = timezone.localdate(stay.begins_at)
        mine = cards.get(stay.patient.merged_into_id or 0, []) + cards.get(stay.patient_id, [])
        valid = [card for card in mine if _is_valid(card, on)]
        found[stay.pk] = valid[0].card_number if valid else ""
    return found


def _is_valid(card: Coverage, on: dt.date) -> bool:
    return (card.valid_from is None or card.valid_from <= on) and (
        card.valid_until is None or card.valid_until >= on
    )


def diagnoses_of(stays: Iterable[Encounter], *roles: DiagnosisRole) -> dict[tuple[int, str], str]:
    """{(stay, role): what stands in that role, the newest where one holds at a time}; one query."""
    found: dict[tuple[int, str], str] = {}
    several = {DiagnosisRole.DISCHARGE_SECONDARY}
    rows = Condition.objects.filter(
        encounter__in=[stay.pk for stay in stays],
        role__in=roles,
        status=Condition.Status.CONFIRMED,
        replaced_by=None,
    )
    for row in rows.order_by("asserted_at", "pk"):
        key = (row.encounter_id, row.role)
        words = f"{row.text} ({row.code})" if row.code else row.text
        found[key] = f"{found[key]}; {words}" if row.role in several and key in found else words
    return found
