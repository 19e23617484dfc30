"""A channel's course: what came and went hour by hour, what the neighbour said, who changed what."""

import datetime as dt
import itertools
from collections.abc import Callable

import pytest
from django.test import Client

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common import wall
from emr.common.clock import local_today, now
from integrations.hl7v2 import services as hl7v2
from integrations.transport import history, services, tokens
from integrations.transport.demo import load_simulated
from integrations.transport.listener import Frame
from integrations.transport.models import Acknowledgement, Channel, DeadLetter, Message, MessageState
from tests.emr.people import make_department, make_user
from tests.integrations.conftest import facility
from tests.integrations.messages import adt
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "integrator"]
pytestmark = pytest.mark.django_db
Put = Callable[..., Message]
_ids = itertools.count(1)


def the_channel(name: str = "HIS") -> Channel:
    return Channel.objects.get(name=name)


@pytest.fixture
def put(facility: Organization) -> Put:
    """A message of a channel at a time, in a state."""

    def act(channel: Channel, at: dt.datetime, state: str) -> Message:
        name = f"H{next(_ids)}"
        message = Message.objects.create(
            facility=facility, channel=channel, received_at=at, peer_address="127.0.0.1", raw=b"MSH|", sha256="a" * 64,
            size=4, control_id=name, message_type="ADT^A01", duplicate_key=name, reply=b"",
        )  # fmt: skip
        MessageState.objects.create(message=message, state=state, changed_at=now())
        return message

    return act


def today_at(hour: int, minute: int = 0, *, days_before: int = 0) -> dt.datetime:
    day = local_today() - dt.timedelta(days=days_before)
    return dt.datetime.combine(day, dt.time(hour, minute), history.ZONE)


def test_days_and_hours_are_the_hospital_s_and_count_what_became_of_it(desk: Client, put: Put) -> None:
    his = the_channel()
    put(his, today_at(0, 10, days_before=1), "applied")  # 17:10 of the day before in Greenwich
    put(his, today_at(0, 50, days_before=1), "superseded")
    waits = put(his, today_at(9, days_before=1), "waiting")
    put(his, today_at(9, 30, days_before=1), "dead")
    put(his, today_at(9, days_before=2), "set-aside")
    put(his, today_at(9, days_before=40), "applied")
    page = desk.get(url("channel_history", his.uuid)).context["page"]
    told = [(r.total, r.done, r.waiting, r.dead, r.set_aside, r.refused) for r in page.object_list]
    assert told == [(4, 2, 1, 1, 0, 0), (1, 0, 0, 0, 1, 0)]
    assert page.object_list[0].oldest_waiting_at == waits.received_at
    yesterday = local_today() - dt.timedelta(days=1)
    asked = {"by": "hour", "first": f"{yesterday:%Y-%m-%d}", "last": f"{yesterday:%Y-%m-%d}"}
    answer = desk.get(url("channel_history", his.uuid), asked)
    assert [(r.at.hour, r.total) for r in answer.context["page"].object_list] == [(9, 2), (0, 2)]
    assert answer.context["oldest_waiting_at"] == waits.received_at


def test_who_is_refused_at_the_door_is_counted_for_its_channel(desk: Client) -> None:
    hl7v2.forget_channels()
    with wall.nowhere():
        reply = hl7v2.receive([Frame(adt("A01", "R1").replace(b"ADT^A01", b"ORU^R01"), "127.0.0.1")])[0]
    assert b"|AR|" in reply.wire
    rows = desk.get(url("channel_history", the_channel().uuid)).context["page"].object_list
    assert [(row.total, row.refused) for row in rows] == [(0, 1)]


def test_what_an_outgoing_neighbour_said_last(desk: Client, put: Put, facility: Organization) -> None:
    load_simulated(facility)
    lis = Channel.objects.filter(direction="out").earliest("pk")
    for state, code in (("delivered", "AA"), ("dead", "AE")):
        sent = put(lis, now(), state)
        Acknowledgement.objects.create(facility=facility, message=sent, code=code, raw=b"MSA|")
    DeadLetter.objects.create(
        message=Message.objects.latest("pk"),
        reason="neighbour_error",
        detail={"text": "Không rõ xét nghiệm", "code": "AE"},
    )
    answer = desk.get(url("channel_history", lis.uuid))
    (row,) = answer.context["page"].object_list
    assert (row.total, row.done, row.dead, row.refused) == (2, 1, 1, 1)
    assert [said.code for said in answer.context["answers"]] == ["AE", "AA"]
    assert "Không rõ xét nghiệm" in answer.content.decode()


def test_who_changed_what(desk: Client, integrator: User) -> None:
    his = the_channel()
    services.switch_channel(his, enabled=False, by=integrator)
    his.message_types = ["ADT^A01"]
    services.save_channel(his, by=integrator)
    tokens.make_token(his, by=integrator)
    found = history.changes_of(his)
    assert {change.by for change in found} == {"tichhop"}
    assert {change.action for change in found} == {"disabled", "change", "token"}
    text = desk.get(url("channel_history", his.uuid)).content.decode()
    assert "ADT^A01" in text
    assert his.token_hash not in text


def test_changes_of_several_requests_are_told_apart(integrator: User, transactional_db: None) -> None:
    his = the_channel()
    services.switch_channel(his, enabled=False, by=integrator)
    services.switch_channel(his, enabled=True, by=integrator)
    his.name = "HIS mới"
    services.save_channel(his, by=integrator)
    told = [(change.action, change.settings) for change in history.changes_of(his)]
    assert told == [
        ("change", {"name": ("HIS", "HIS mới")}),
        ("enabled", {"is_enabled": (False, True)}),
        ("disabled", {"is_enabled": (True, False)}),
    ]


def test_without_the_right_to_read_messages_none_is_named(
    client: Client, put: Put, facility: Organization
) -> None:
    other = make_user("quantri", "Bùi Quản Trị", "admin", make_department(facility))
    DeadLetter.objects.create(message=put(the_channel(), now(), "dead"), reason="internal")
    client.force_login(other, backend="emr.accounts.backends.StaffBackend")
    answer = client.get(url("channel_history", the_channel().uuid))
    assert (answer.status_code, answer.context["may_read"], answer.context["letters"]) == (200, False, [])


def test_nonsense_is_the_usual_and_another_hospital_s_isn_t_there(desk: Client) -> None:
    answer = desk.get(url("channel_history", the_channel().uuid), {"by": "year", "first": "x", "page": "9"})
    assert (answer.status_code, answer.context["by"]) == (200, "day")
    elsewhere = Organization.objects.create(kind="facility", code="88888", name="Bệnh viện khác")
    foreign = services.save_channel(
        Channel(name="K", sending_application="X", sending_facility="Y", allowed_addresses=[], message_types=["ADT"]),
        by=make_user("la", "Lý Lạ", "integration", elsewhere),
    )  # fmt: skip
    assert desk.get(url("channel_history", foreign.uuid)).status_code == 404


def test_the_number_of_queries_is_the_same_however_much_there_is(
    desk: Client, put: Put, django_assert_num_queries: Callable[..., object], integrator: User
) -> None:
    his = the_channel()
    address = url("channel_history", his.uuid)

    def fill(number: int) -> None:
        for hour in range(number):
            message = put(his, today_at(0, hour, days_before=1 + hour % 9), "dead")
            DeadLetter.objects.create(message=message, reason="internal")
        services.switch_channel(his, enabled=False, by=integrator)

    fill(1)
    desk.get(address)
    with django_assert_num_queries(QUERIES):
        desk.get(address)
    fill(20)
    with django_assert_num_queries(QUERIES):
        desk.get(address)
    assert AuditEvent.objects.filter(action="channel.read", entity_id=his.pk).count() == 3


QUERIES = 15
