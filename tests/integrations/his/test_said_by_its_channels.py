"""A HIS by any name: its channels say that it is the HIS, and every room that asks reads that."""

from importlib import import_module

import pytest
from django.db import connection

from emr.accounts.models import Organization, User
from encounters.orders.models import MedicationRequest, OrderRefusal
from encounters.orders.services import add_service
from encounters.visits.models import Encounter
from integrations.hl7v2.parsing import parse
from integrations.lis.services.ordering import kinds_of
from integrations.lis.statuses import is_status
from integrations.reconciling.neighbours import neighbours_of
from integrations.transport.models import Channel, MessageState
from tests.emr.people import make_facility
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.integrations.conftest import Send, state
from tests.integrations.his.orders import bare, keep, medicine, ordering_his
from tests.integrations.his.test_orders_out import prescribe, refusing, work_off
from tests.integrations.his.test_stays_out import admitted, told
from tests.integrations.messages import adt
from tests.integrations.neighbour import Neighbour
from tests.integrations.strict import strict_neighbour
from tests.integrations.transport.test_sending import make_channel

pytestmark = pytest.mark.django_db
NAME = "VNPT"


def rename(name: str, performs: str = "his") -> Channel:
    """The HIS that sends calls itself otherwise."""
    channel = Channel.objects.get(sending_application="HIS", direction="in")
    channel.sending_application, channel.performs = name, performs
    channel.save()
    import_module("integrations.hl7v2.services").forget_channels()
    return channel


def to_vnpt(neighbour: Neighbour, *types: str, performs: str = "his") -> Channel:
    return make_channel(
        make_facility(),
        neighbour,
        name="VNPT (gửi)",
        receiving_application=NAME,
        message_types=list(types),
        performs=performs,
    )


def by_vnpt(raw: bytes) -> bytes:
    return raw.replace(b"|HIS|", b"|VNPT|", 1)


def place_both(world: tuple[User, Encounter]) -> MedicationRequest:
    """A medicine and a laboratory test."""
    an, stay = world
    entry = make_entry(stay, an)
    add_service(entry=entry, by=an, category="laboratory", code="", text="Công thức máu")
    confirm(entry, an)
    order = prescribe(world)
    work_off()
    return order


def test_it_gets_orders_and_its_refusal_is_read() -> None:
    world = make_world()
    with strict_neighbour() as his:
        channel = to_vnpt(his, "RDE", "ADT")
        his.behaviour = refusing("UA")  # type: ignore[assignment]
        order = place_both(world)
        assert [parse(raw).first("MSH")[9].text() for raw in his.received] == ["RDE"]
        assert kinds_of(channel) == set(), "nobody tells it laboratory orders as if it were a LIS"
    refusal = OrderRefusal.objects.get()
    assert (refusal.medication, refusal.code, refusal.text) == (order, "UA", "Hết thuốc trong kho")


def test_it_is_told_a_laboratory_order_once_as_the_his_alone() -> None:
    world = make_world()
    with strict_neighbour() as his, strict_neighbour() as lis:
        to_vnpt(his, "RDE", "OML")
        make_channel(
            make_facility(), lis, name="HIS-LAB", receiving_application="HIS-LAB", performs="laboratory"
        )
        place_both(world)
        assert [parse(raw).first("MSH")[9].text() for raw in his.received] == ["OML", "RDE"]
        assert [parse(raw).first("MSH")[9].text() for raw in lis.received] == ["OML"], "whatever it is called"


def test_it_is_told_of_stays(facility: Organization) -> None:
    an = make_world()[0]
    keep(facility, "emr", "movement")
    with strict_neighbour() as his:
        to_vnpt(his, "ADT")
        admitted(facility, an)
        assert "A01" in [message.first("MSH")[9].text(2) for message in told(his)]


def test_a_neighbour_that_is_not_the_his_is_told_nothing_of_that() -> None:
    world = make_world()
    with strict_neighbour() as other:
        to_vnpt(other, "RDE", "OML", "ADT", performs="monitors")
        place_both(world)
        assert other.received == []


def test_its_orders_and_its_words_about_them_are_taken(send: Send, facility: Organization) -> None:
    channel = rename(NAME)
    ordering_his(facility)
    send(by_vnpt(adt("A01", "A1")))
    assert state(send(by_vnpt(medicine()))) == "applied"
    order = MedicationRequest.objects.get()
    assert order.origin == NAME
    done = send(by_vnpt(bare("SC", "TH-1", 1, status="CM")))
    assert not is_status(done), "a word of the HIS's about its own order is none of a laboratory's"
    order.refresh_from_db()
    assert (state(done), order.status) == ("applied", "completed")
    (neighbour,) = [one for one in neighbours_of(facility.pk) if channel in one.channels]
    assert neighbour.is_his


def test_orders_of_anybody_else_need_a_person(send: Send, facility: Organization) -> None:
    rename("HIS-LAB", "laboratory")
    ordering_his(facility)
    refused = send(medicine().replace(b"|HIS|", b"|HIS-LAB|", 1))
    letter = refused.dead_letters.get()
    assert (letter.reason, letter.detail) == ("not_of_the_his", {"sender": "HIS"})
    assert MessageState.objects.get(message=refused).state == "dead"


@pytest.mark.parametrize(
    ("name", "direction", "performs", "types", "after"),
    [
        ("HIS", "in", "both", ["ADT"], "his"),
        ("BV-HIS2", "out", "both", ["RDE"], "his"),
        ("HIS", "out", "laboratory", ["OML"], "his"),
        ("VNPT", "in", "both", ["ADT^A01", "ORM"], "his"),
        ("VNPT", "out", "both", ["OML"], "both"),
        ("LIS", "in", "laboratory", ["ORU"], "laboratory"),
        ("LISADT", "in", "both", ["ADT"], "both"),
        ("ROCHE", "in", "both", ["ORU"], "both"),
        ("THISTLE", "in", "monitors", ["ORU"], "monitors"),
    ],
)
def test_what_the_letters_said_is_kept(
    name: str, direction: str, performs: str, types: list[str], after: str
) -> None:
    channel = make_channel(
        make_facility(),
        Neighbour(port=9),
        direction=direction,
        performs=performs,
        message_types=types,
        **{"receiving_application" if direction == "out" else "sending_application": name},
    )
    migration = import_module("integrations.transport.migrations.0012_the_his_by_a_setting")
    with connection.cursor() as cursor:
        for _twice in range(2):
            cursor.execute(migration.BY_NAME)
    channel.refresh_from_db()
    assert channel.performs == after
