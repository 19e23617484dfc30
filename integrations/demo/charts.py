"""The demo's patients with their cards and the facts of their charts, written straight into the tables.

Nobody did this, so there is no audit line a patient; "demo.load" stands for all of it.
"""

import random
from collections.abc import Iterator

from django.utils import timezone

from emr.accounts.models import Organization, User
from integrations.demo import names
from patients.coverage.models import Coverage
from patients.history.models import AllergyIntolerance
from patients.history.services import record_allergy, record_problem
from patients.registry import systems
from patients.registry.models import Identifier, Patient
from patients.registry.services.numbers import next_mrn

_ELDERLY = 55


def build_patients(facility: Organization, count: int, chance: random.Random) -> list[Patient]:
    """So many people with this facility's number and, where they have one, the citizen's number."""
    today = timezone.localdate()
    patients: list[Patient] = []
    numbers: list[Identifier] = []
    for _ in range(count):
        person = names.person(chance, today)
        patient = Patient(
            facility=facility,
            full_name=person.full_name,
            sex=person.sex,
            birth_date=person.birth_date,
            birth_year=person.birth_year,
            ethnic_group="01",
            address_line=person.address_line,
            phone=person.phone,
        )
        patient.save()
        patients.append(patient)
        numbers.append(_number(patient, systems.mrn(facility), next_mrn(facility)))
        if person.citizen_number:
            numbers.append(_number(patient, systems.CITIZEN, person.citizen_number))
    Identifier.objects.bulk_create(numbers)
    return patients


def _number(patient: Patient, system: str, value: str) -> Identifier:
    return Identifier(
        facility_id=patient.facility_id,
        patient=patient,
        system=system,
        value=value,
        is_own=systems.is_own(system),
    )


def build_facts(patients: list[Patient], people: dict[str, User], chance: random.Random) -> None:
    """Insurance cards, allergies and long-lasting diseases of some."""
    clerk, doctor = people["tiepdon"], people["bacsi"]
    cards = list(_cards(patients, clerk, chance))
    for card in cards:
        card.save()
    Identifier.objects.bulk_create(
        _number(card.patient, systems.INSURANCE, card.insurance_number) for card in cards
    )
    asked: list[Patient] = []
    for patient in patients:
        if chance.random() < 0.12:
            substance = chance.choice(("Penicillin", "Tôm", "Diclofenac", "Cefotaxim"))
            record_allergy(patient=patient, substance=substance, by=doctor)
        elif chance.random() < 0.5:
            asked.append(patient)
        age = timezone.localdate().year - (patient.birth_year or timezone.localdate().year)
        if age > _ELDERLY and chance.random() < 0.5:
            record_problem(patient=patient, text="Tăng huyết áp vô căn (nguyên phát)", code="I10", by=doctor)
    AllergyIntolerance.objects.bulk_create(
        AllergyIntolerance(
            facility_id=patient.facility_id, patient=patient, is_none_known=True, recorded_by=doctor
        )
        for patient in asked
    )


def _cards(patients: list[Patient], clerk: User, chance: random.Random) -> Iterator[Coverage]:
    this_year = timezone.localdate().replace(month=1, day=1)
    for number, patient in enumerate(patients):
        if chance.random() < 0.8:
            yield Coverage(
                facility_id=patient.facility_id,
                patient=patient,
                payer=Coverage.Payer.INSURANCE,
                card_number=f"GD4{chance.randrange(10, 97)}{number:010d}",
                valid_from=this_year,
                valid_until=this_year.replace(month=12, day=31),
                registered_facility="99999",
                recorded_by=clerk,
            )
