"""Is this person a patient already? Candidates by number, name and birth, each with a score and the reasons.

The score is a sum a clerk can follow, not a probability: name up to 50, birth up to 40, sex 5, numbers and phone on top;
what contradicts is taken off. From `LIKELY` on, a person has to decide.
"""

import datetime as dt
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.vietnamese import fold
from patients.registry import systems
from patients.registry.cards import Card
from patients.registry.models import Identifier, Patient
from patients.registry.phones import phone_digits

LIKELY = 70
_SHOWN = 5
_CANDIDATES = 200
_ALIKE = 0.82
_CARD_SYSTEMS = {systems.CITIZEN, systems.INSURANCE}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who stands at the desk: what is known before they are a patient."""

    full_name: str
    sex: str = Patient.Sex.UNKNOWN
    birth_date: dt.date | None = None
    birth_year: int | None = None
    phone: str = ""
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Match:
    """A patient who may be that person; `reasons` for and `doubts` against, in the user's words."""

    patient: Patient
    score: int = 0
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    shares_number: bool = False

    def add(self, points: int, text: str) -> None:
        """Count a reason (or, below zero, a doubt)."""
        self.score += points
        (self.reasons if points > 0 else self.doubts).append(text)


def _names(match: Match, person: Person) -> bool:
    """Whether the names are alike enough to go on."""
    known, shown = match.patient.search_name, fold(person.full_name)
    if match.patient.full_name.lower() == person.full_name.lower():
        match.add(50, _("same name"))
    elif known == shown:
        match.add(45, _("same name but for accents"))
    elif sorted(known.split()) == sorted(shown.split()):
        match.add(40, _("same name in another order"))
    elif SequenceMatcher(None, known, shown, autojunk=False).ratio() >= _ALIKE:
        match.add(30, _("similar name"))
    else:
        match.add(-20, _("different name"))
        return False
    return True


def _births(match: Match, person: Person) -> None:
    known, shown = match.patient.birth_date, person.birth_date
    same_year = match.patient.birth_year is not None and match.patient.birth_year == person.birth_year
    if known is not None and known == shown:
        match.add(40, _("same birth date"))
    elif same_year and (known is None or shown is None):
        match.add(25, _("same year of birth"))
    elif known and shown and same_year and (known.day, known.month) == (shown.month, shown.day):
        match.add(30, _("day and month of birth are swapped"))
    elif match.patient.birth_year is not None and person.birth_year is not None:
        match.add(-30, _("different birth date"))


def _all_numbers(patient: Patient) -> list[Identifier]:
    """The person's active numbers, those of rows merged into this one too."""
    rows = [patient, *patient.merged.all()]
    return [number for row in rows for number in row.identifiers.all() if number.is_active]


def _numbers(match: Match, person: Person) -> None:
    held = {(i.system, i.value) for i in _all_numbers(match.patient)}
    cores = {systems.insurance_core(value) for system, value in held if system == systems.INSURANCE}
    for system, value in person.numbers:
        if system == systems.CITIZEN and (system, value) in held:
            match.shares_number = True
            match.add(70, _("same personal number"))
        elif system == systems.CITIZEN and any(other == system for other, _value in held):
            match.add(-60, _("different personal number"))
        elif system == systems.INSURANCE and systems.insurance_core(value) in cores:
            match.add(60, _("same insurance number"))
        elif system != systems.INSURANCE and (system, value) in held:
            match.add(60, _("same number %(number)s") % {"number": value})


def score(patient: Patient, person: Person) -> Match:
    """Compare the two; the patient's identifiers should be prefetched."""
    match = Match(patient)
    _names(match, person)
    _births(match, person)
    if person.sex in (Patient.Sex.MALE, Patient.Sex.FEMALE) and patient.sex in (
        Patient.Sex.MALE,
        Patient.Sex.FEMALE,
    ):
        if patient.sex == person.sex:
            match.score += 5
        else:
            match.add(-15, _("different sex"))
    _numbers(match, person)
    digits = phone_digits(person.phone)
    if digits and digits == patient.phone_digits:
        match.add(20, _("same phone number"))
    match.score = max(0, min(match.score, 100))
    return match


def possible_duplicates(facility: Organization, person: Person) -> list[Match]:
    """Patients of the facility who are likely this person, best first, at most five; a fixed number of queries."""
    wanted = Q(search_name=fold(person.full_name))
    if person.birth_date:
        wanted |= Q(birth_date=person.birth_date)
    if digits := phone_digits(person.phone):
        wanted |= Q(phone_digits=digits)
    values = {value for _system, value in person.numbers}
    values |= {
        systems.insurance_core(value) for system, value in person.numbers if system == systems.INSURANCE
    }
    alike = Patient.objects.filter(wanted, facility=facility, is_temporary=False, merged_into=None)
    if person.birth_year is not None:
        # Another year of birth can't reach the mark by name alone; without this, "Nguyễn Văn Hùng" brings thousands.
        alike = alike.filter(Q(birth_year=person.birth_year) | Q(birth_year=None))
    found = {p.pk: p for p in alike.prefetch_related("identifiers", "merged__identifiers")[:_CANDIDATES]}
    if values:
        holders = Identifier.objects.filter(facility=facility, value__in=values, is_active=True)
        people = holders.annotate(person=Coalesce("patient__merged_into_id", "patient_id")).values("person")
        numbered = Patient.objects.filter(pk__in=people)
        found |= {
            p.pk: p for p in numbered.prefetch_related("identifiers", "merged__identifiers")[:_CANDIDATES]
        }
    matches = [score(patient, person) for patient in found.values()]
    shown = [m for m in matches if m.score >= LIKELY or m.shares_number]
    return sorted(shown, key=lambda m: -m.score)[:_SHOWN]


@dataclass(frozen=True, slots=True)
class CardMatch:
    """What a scanned card means here.

    "known": the card's number and name are one patient's, `patient`; "possible": somebody is much like it, `matches`; "new".
    """

    kind: Literal["new", "known", "possible"]
    patient: Patient | None = None
    matches: tuple[Match, ...] = ()


def person_on(card: Card) -> Person:
    """The person a card speaks of."""
    numbers = [
        (systems.CITIZEN, card.citizen_number),
        (systems.OLD_CITIZEN, card.old_citizen_number),
        (systems.INSURANCE, card.insurance_number),
    ]
    return Person(
        full_name=card.full_name,
        sex=card.sex,
        birth_date=card.birth_date,
        birth_year=card.birth_year,
        numbers=tuple((system, value) for system, value in numbers if value),
    )


def match_card(facility: Organization, card: Card) -> CardMatch:
    """Whether the facility knows the person on the card."""
    person = person_on(card)
    matches = possible_duplicates(facility, person)
    number = card.citizen_number or systems.insurance_core(card.insurance_number)
    sure = [
        match
        for match in matches
        if number
        and any(
            i.system in _CARD_SYSTEMS and systems.insurance_core(i.value) == number
            for i in _all_numbers(match.patient)
        )
    ]
    if len(sure) == 1 and sure[0].score >= LIKELY:
        return CardMatch("known", patient=sure[0].patient)
    if matches:
        return CardMatch("possible", matches=tuple(matches))
    return CardMatch("new")
