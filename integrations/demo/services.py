"""The demo hospital as a whole: made once, in one transaction, relative to today."""

import random

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.translation import override

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common import wall
from emr.common.errors import DomainError
from emr.outbox import Later, publish, publish_many
from emr.signin.services import keep_pin, uses_pin
from emr.terminology.models import Concept
from encounters.orders.services import load_shipped
from integrations.demo import (
    attesting,
    bedside,
    charts,
    consents,
    designing,
    door,
    doses,
    exchange,
    gaps,
    hospital,
    inspecting,
    laboratory,
    launching,
    leaving,
    lookups,
    medicines,
    monitors,
    morning,
    notices,
    papers,
    past_stays,
    phrases,
    records,
    signing,
    stays,
    switching,
    ward_forms,
)
from integrations.transport.demo import load as load_channels
from integrations.transport.demo import load_simulated
from patients.registry.models import Patient
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_key, issue_demo_seal
from signatures.signing.models import SigningRequest
from signatures.signing.services import sign_requests

SEED = 20261122
PATIENTS, INPATIENTS, SIGNED = 300, 32, 6
DEMO_PIN = "123456"


def load_demo(
    *, patients: int = PATIENTS, inpatients: int = INPATIENTS, signed: int = SIGNED
) -> dict[str, int]:
    """Build what is missing of the demo hospital; a second call changes nothing. Returns counts.

    Rendering and the signatures of the oldest `signed` entries are the workers' work, as always. Raises DomainError
    outside demo settings: a real hospital never meets these people (S-59).
    """
    _refuse_outside_demo()
    if not Concept.objects.exists():
        call_command("load_terminology", verbosity=0)
    call_command("load_questionnaires", verbosity=0)
    call_command("load_result_forms", verbosity=0)
    call_command("load_bedside_forms", verbosity=0)
    call_command("load_medicine_sheets", verbosity=0)
    with override("vi"), transaction.atomic():
        facility = hospital.build_facility()
        with wall.within(facility.pk):
            return _fill(facility, patients, inpatients, signed)


def _fill(facility: Organization, patients: int, inpatients: int, signed: int) -> dict[str, int]:
    people = hospital.build_people(facility)
    load_channels(facility)
    load_simulated(facility)
    launching.build_key(people["quantri"])
    for user in people.values():
        issue_demo_key(owner=user, pin=DEMO_PIN)
        if not uses_pin(user):
            keep_pin(user=user, pin=DEMO_PIN)
    issue_demo_seal(facility=facility)
    if Patient.objects.filter(facility=facility).exists():
        return {"patients": 0, "visits": 0, "inpatients": 0, "entries": 0}
    record("demo.load", by=None, of=facility)
    load_shipped(facility=facility)
    notices.tell(facility, people)
    chance = random.Random(SEED)  # noqa: S311  believable, not secret
    registered = charts.build_patients(facility, patients, chance)
    departments = {d.code: d for d in Organization.objects.filter(parent=facility)}
    charts.build_facts(registered, people, chance)
    past = stays.build_history(registered, departments, chance)
    entries = stays.build_inpatients(registered, inpatients, departments, people, chance)
    door.build(people, departments)
    medicines.build(people)
    doses.build(people)
    laboratory.build(people)
    bedside.build(people)
    consents.build(people)
    papers.build(people)
    attesting.build(people)
    ward_forms.build(people)
    oldest = entries[:signed]
    lookups.build_lookups(facility, people)
    morning.build(facility, people)
    exchange.build(facility, people)
    past_stays.build(facility, people)
    monitors.build(facility, people)
    inspecting.build(facility, people)
    records.build(facility, people)
    leaving.build(facility, people)
    switching.build(facility, people, departments)
    gaps.build(people)
    signing.build(people)
    phrases.build(people)
    designing.build(people)
    publish_many("demo.signature_wanted", [("", {"document_id": entry.pk}) for entry in oldest])
    if oldest:
        publish("demo.record_file_wanted", encounter_id=oldest[0].encounter_id)
    return {
        "patients": len(registered),
        "visits": past,
        "inpatients": inpatients,
        "entries": len(entries),
        "signed": len(oldest),
    }


def sign_entry(*, document_id: int) -> None:
    """Sign as the entry's doctor would, once its pages are ready; asks to be called later before that (Later)."""
    _refuse_outside_demo()
    ready = SigningRequest.objects.select_related("signer").filter(version__document_id=document_id)
    request = ready.filter(status=SigningRequest.Status.READY).first()
    if request is None:
        raise Later
    sign_requests(shown={request.uuid: request.sha256}, pin=Pin(DEMO_PIN), by=request.signer)


def check_paper(*, encounter_id: int, verdict: str) -> None:
    """Check scanned paper as the head nurse would, once it is read; asks to be called later before that (Later)."""
    _refuse_outside_demo()
    if not papers.check(encounter_id=encounter_id, verdict=verdict, by=User.objects.get(username="ddtruong")):
        raise Later


def sign_paper(*, document_id: int) -> None:
    """Sign or seal a paper as its people would; asks to be called later before its pages are ready (Later)."""
    _refuse_outside_demo()
    attesting.sign_next(document_id=document_id, pin=DEMO_PIN)


def _refuse_outside_demo() -> None:
    if not getattr(settings, "EMR_DEMO", False):
        raise DomainError("The demo hospital is refused outside demo settings.", code="not_a_demo")
