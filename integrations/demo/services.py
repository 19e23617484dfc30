"""The demo hospital as a whole: made once, in one transaction, relative to today."""

import random

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.errors import DomainError
from integrations.demo import hospital, names, stays
from integrations.transport.demo import load as load_channels
from patients.registry import systems
from patients.registry.models import Patient
from patients.registry.services import NewNumber, register_patient
from signatures.providers.services import issue_demo_key, issue_demo_seal

SEED = 20261122
PATIENTS, INPATIENTS, SIGNED = 300, 32, 6
DEMO_PIN = "123456"


def load_demo(
    *, patients: int = PATIENTS, inpatients: int = INPATIENTS, signed: int = SIGNED
) -> dict[str, int]:
    """Build what is missing of the demo hospital; a second call changes nothing. Returns counts.

    Raises DomainError outside demo settings: a real hospital never meets these people (S-59).
    """
    if not getattr(settings, "EMR_DEMO", False):
        raise DomainError("The demo hospital is refused outside demo settings.", code="not_a_demo")
    call_command("load_terminology", verbosity=0)
    call_command("load_questionnaires", verbosity=0)
    with override("vi"), transaction.atomic():
        facility = hospital.build_facility()
        people = hospital.build_people(facility)
        load_channels(facility)
        for user in people.values():
            issue_demo_key(owner=user, pin=DEMO_PIN)
        issue_demo_seal(facility=facility)
        if Patient.objects.filter(facility=facility).exists():
            return {"patients": 0, "visits": 0, "inpatients": 0, "entries": 0}
        record("demo.load", by=None, of=facility)
        registered = _register(facility, patients)
        departments = {d.code: d for d in Organization.objects.filter(parent=facility)}
        chance = random.Random(SEED)  # noqa: S311  believable, not secret
        stays.build_facts(registered, people, chance)
        past = stays.build_history(registered, departments, chance)
        entries = stays.build_inpatients(registered, inpatients, departments, people, chance)
    with override("vi"):
        signatures = stays.sign_some(entries, DEMO_PIN, signed)
    return {
        "patients": len(registered),
        "visits": past,
        "inpatients": inpatients,
        "entries": len(entries),
        "signed": signatures,
    }


def _register(facility: Organization, count: int) -> list[Patient]:
    chance, today = random.Random(SEED), timezone.localdate()  # noqa: S311
    found = []
    for _ in range(count):
        person = names.person(chance, today)
        numbers = [NewNumber(systems.CITIZEN, person.citizen_number)] if person.citizen_number else []
        known = {"birth_date": person.birth_date} if person.birth_date else {"birth_year": person.birth_year}
        found.append(
            register_patient(
                facility=facility,
                by=None,
                full_name=person.full_name,
                sex=person.sex,
                numbers=numbers,
                another_person=True,
                ethnic_group="01",
                address_line=person.address_line,
                phone=person.phone,
                **known,
            )
        )
    return found
