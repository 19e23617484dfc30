"""A test that the laboratory added is told to the HIS as a child of its order, where the facility says so."""

from collections.abc import Iterator

import pytest

from emr.accounts.models import User
from emr.accounts.services import keep_setting
from encounters.orders.models import ServiceRequest
from encounters.orders.services import load_shipped, place_reflex, stop_order
from integrations.hl7v2.parsing import parse
from tests.emr.people import make_an, make_facility
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.integrations.his.test_orders_out import outgoing, work_off
from tests.integrations.neighbour import Neighbour
from tests.integrations.strict import strict_neighbour

pytestmark = pytest.mark.django_db


@pytest.fixture
def his() -> Iterator[Neighbour]:
    make_facility()
    with strict_neighbour() as neighbour:
        outgoing(neighbour, "OML")
        yield neighbour


@pytest.fixture
def an(his: Neighbour) -> User:
    chart.load_forms()
    load_shipped(facility=make_facility())
    return make_an()


def add(crp: ServiceRequest, an: User) -> ServiceRequest:
    return place_reflex(of=crp, system="LIS", number="F77|XN0042", code="XN0042", text="Procalcitonin", by=an)


def test_it_is_told_with_the_laboratory_s_number_and_its_parent_s_or_not_at_all(
    his: Neighbour, an: User
) -> None:
    crp = order(admit(), an, "XN0041", text="Định lượng CRP")
    work_off()
    before = len(his.received)
    add(crp, an)
    work_off()
    assert len(his.received) == before, "nobody said that the HIS shall hear of it"
    keep_setting(facility=make_facility(), name="his_told_of_reflexes", value=True, by=None)
    second = place_reflex(
        of=crp, system="LIS", number="F78|XN0001", code="XN0001", text="Công thức máu", by=an
    )
    work_off()
    [told] = [parse(raw) for raw in his.received[before:]]
    orc, obr = told.first("ORC"), told.first("OBR")
    assert (orc[1].text(), orc[2].text(), orc[3].text(), orc[8].text()) == (
        "CH",
        second.placer_number,
        "F78",
        crp.placer_number,
    )
    assert (obr[3].text(), obr[3].text(2), obr[11].text(), obr[29].text()) == (
        "F78",
        "LIS",
        "G",
        crp.placer_number,
    )
    stop_order(order=second, by=an, reason="Không cần nữa")
    work_off()
    assert parse(his.received[-1]).first("ORC")[1].text() == "CA"
