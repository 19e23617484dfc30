"""A tube that was collected is told to the laboratory: when, which label; a strict reader takes it; nobody else is told."""

import pytest

from emr.accounts.models import User
from emr.outbox.models import OutboxEvent
from encounters.orders.services import load_shipped
from encounters.specimens import services
from encounters.specimens.models import Specimen
from encounters.visits.models import Encounter
from integrations.hl7v2.timestamps import read_timestamp
from tests.emr.people import make_facility
from tests.encounters.results.reports import order
from tests.encounters.specimens.tubes import CREATININE, UREA, label
from tests.integrations.lis.test_ordering import an, lis, ris, sent_to, stay, work_off  # noqa: F401  fixtures
from tests.integrations.neighbour import Neighbour

pytestmark = pytest.mark.django_db


def _collect(stay: Encounter, by: User) -> Specimen:  # noqa: F811
    [tube] = label(stay, by)
    return services.collect_by_scan(specimen=tube, encounter=stay, by=by)


def test_the_collected_time_and_the_label_go_out_for_each_test_once(
    lis: Neighbour,  # noqa: F811
    stay: Encounter,  # noqa: F811
    an: User,  # noqa: F811
) -> None:
    load_shipped(facility=make_facility())
    numbers = {order(stay, an, code, text=code).placer_number for code in (UREA, CREATININE)}
    work_off()
    tube = _collect(stay, an)
    work_off()
    OutboxEvent.objects.filter(topic="specimen.collected").update(done_at=None, lease_until=None)
    work_off()
    told = sent_to(lis)[2:]
    assert {message.first("ORC")[2].text() for message in told} == numbers
    assert len(told) == 2
    for message in told:
        assert message.first("ORC")[1].text() == "SC"
        spm = message.first("SPM")
        assert spm[2].text() == tube.accession_number
        assert spm[4].text() == "SER"
        for field in (spm[17], message.first("OBR")[7]):
            at = read_timestamp(field.text())
            assert at is not None
            assert abs((at.at - tube.collected_at).total_seconds()) < 1


def test_a_laboratory_that_never_had_the_order_isnt_told(
    ris: Neighbour,  # noqa: F811
    stay: Encounter,  # noqa: F811
    an: User,  # noqa: F811
) -> None:
    load_shipped(facility=make_facility())
    order(stay, an, UREA)
    _collect(stay, an)
    work_off()
    assert ris.received == []
