"""The demo hospital: loaded without its papers, which the workers make and sign as they come."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from encounters.attestations.models import Attestation
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from integrations.demo.services import load_demo
from integrations.loading.models import FirstLoad, PastStay
from integrations.mdm.models import ReceivedDocument
from integrations.reconciling.days import Day
from integrations.reconciling.models import SignOff
from integrations.reconciling.selectors import board_of
from integrations.transport.models import Channel, NeighbourCode
from integrations.transport.sending import QUEUED
from patients.coverage.models import Coverage
from patients.registry.models import Patient
from signatures.signing.models import Signature
from tests.encounters.chart import deliver_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.EMR_HOME = tmp_path


def test_loaded_in_a_moment_then_rendered_and_signed_by_the_workers() -> None:
    counts = load_demo(patients=60, inpatients=4, signed=1)
    assert counts["patients"] == Patient.objects.count() == 60
    # One more than asked for: of those whom the morning briefing tells of, one has only moved.
    assert Encounter.objects.filter(status="in-progress", encounter_class="IMP").count() == 4 + 1
    assert Coverage.objects.exclude(insurance_number="").exists()
    card = Coverage.objects.select_related("patient").latest("pk")
    assert card.patient.identifiers.filter(value=card.insurance_number).exists()
    assert not Signature.objects.exists(), "signing waits for the worker"
    today = Day(local_today())
    signed = SignOff.objects.get()
    assert signed.day == today.on - dt.timedelta(days=1)
    assert set(signed.findings.values_list("kind", flat=True)) >= {"stay-not-here"}
    assert {finding.kind for finding in board_of(signed.facility, today).findings} == {
        "dead-letter",
        "stay-not-here",
        "stay-not-told",
    }
    assert set(Channel.objects.filter(direction="in").values_list("protocol", flat=True)) == set(
        Channel.Protocol.values
    )
    assert NeighbourCode.objects.filter(mapped_to="").count() == 5
    assert FirstLoad.objects.get().status == "done"
    assert PastStay.objects.count() == 7
    assert set(PastStay.objects.values_list("patient", flat=True)) <= set(
        Encounter.objects.filter(status="in-progress", encounter_class="IMP").values_list(
            "patient", flat=True
        )
    )
    document = ReceivedDocument.objects.get()
    assert "minh họa" in str(NeighbourCode.objects.filter(mapped_to="").earliest("pk").words)
    _work()
    assert ReceivedDocument.objects.get() == document
    states = set(Document.objects.values_list("status", flat=True))
    assert states == {"draft", "final", "signed"}
    assert Attestation.objects.filter(status="issued").count() == 2
    assert Signature.objects.count() == 5, "one entry; doctor and seal on two appointments"
    assert load_demo(patients=60, inpatients=4, signed=1)["patients"] == 0
    assert Patient.objects.count() == 60


def _work() -> None:
    """Deliver everything, the pauses after "not yet" left out."""
    for _ in range(4):
        deliver_all()
        OutboxEvent.objects.filter(done_at=None).update(available_at="2020-01-01T00:00Z")
    # Orders wait for the simulators, which don't run here.
    assert set(OutboxEvent.objects.filter(done_at=None).values_list("topic", flat=True)) <= {QUEUED}


def test_refused_outside_demo_settings(settings: Any) -> None:
    """S-59."""
    settings.EMR_DEMO = False
    with pytest.raises(DomainError):
        load_demo()
    assert not Patient.objects.exists()
