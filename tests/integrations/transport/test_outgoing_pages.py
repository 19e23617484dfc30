"""Channels to neighbours set up in the browser; what goes out is seen, sent again, set aside."""

from typing import Any

import pytest
from django.test import Client

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.notices.models import Notice
from integrations.transport import health, watching
from integrations.transport.models import Channel, DeadLetter, Message, MessageState
from tests.emr.people import make_user
from tests.integrations.neighbour import Neighbour, listening_neighbour
from tests.integrations.transport.test_pages import url
from tests.integrations.transport.test_sending import channel, facility, neighbour, order, state, work_off

__all__ = ["channel", "facility", "neighbour"]
pytestmark = pytest.mark.django_db
GOOD = {
    "name": "LIS (gửi)", "receiving_application": "LIS", "receiving_facility": "99999", "sending_application": "EMR",
    "sending_facility": "99999", "address": "10.1.2.3", "port": "2576", "message_types": "OML^O21\nADT",
    "processing_ids": "P", "acknowledgement": "commit", "uses_tls": "on", "tls_name": "lis.benhvien.local", "lanes": "2",
    "connect_seconds": "5", "answer_seconds": "15", "retry_seconds": "300", "authority": "", "client_certificate": "",
}  # fmt: skip


@pytest.fixture
def integrator(facility: Organization) -> User:
    return make_user("tichhop", "Lê Tích Hợp", "integration", facility)


@pytest.fixture
def desk(client: Client, integrator: User) -> Client:
    client.force_login(integrator, backend="emr.accounts.backends.StaffBackend")
    return client


def test_an_outgoing_channel_is_added_and_mistakes_are_named(
    desk: Client, settings: Any, tmp_path: Any
) -> None:
    settings.EMR_HOME = tmp_path
    for wrong in (
        {"address": "lis; rm"}, {"port": "70000"}, {"port": ""}, {"message_types": "oml21"}, {"answer_seconds": "600"},
        {"lanes": "0"}, {"client_certificate": "../../etc/passwd"}, {"receiving_application": ""},
    ):  # fmt: skip
        answer = desk.post(url("add_outgoing_channel"), GOOD | wrong)
        assert answer.status_code == 422, wrong
        assert "lis.benhvien.local" in answer.content.decode(), "what was typed stays"
    assert desk.post(url("add_outgoing_channel"), GOOD).status_code == 302
    added = Channel.objects.get(direction="out")
    assert (added.address, added.port, added.message_types) == ("10.1.2.3", 2576, ["OML^O21", "ADT"])
    assert (added.processing_ids, added.neighbour, added.account.is_active) == (
        ["P"],
        ("LIS", "99999"),
        False,
    )
    assert desk.post(url("add_outgoing_channel"), GOOD).status_code == 422, "the name is taken"
    assert not added.is_his
    his = GOOD | {"name": "VNPT", "receiving_application": "VNPT", "performs": "his"}
    assert desk.post(url("add_outgoing_channel"), his).status_code == 302
    assert Channel.objects.get(name="VNPT").is_his
    assert desk.post(url("channel", added.uuid), GOOD | {"port": "2577"}).status_code == 302
    added.refresh_from_db()
    assert added.port == 2577
    assert "10.1.2.3:2577" in desk.get(url("channels")).content.decode()


def test_who_may_not_manage_channels_adds_none(
    client: Client, facility: Organization, channel: Channel
) -> None:
    client.force_login(
        make_user("bs", "Bác Sĩ", "doctor", facility), backend="emr.accounts.backends.StaffBackend"
    )
    assert client.post(url("add_outgoing_channel"), GOOD).status_code == 403
    assert client.post(url("pause_channel", channel.uuid)).status_code == 403
    sent = order(channel, "O1")
    assert sent is not None
    assert client.post(url("set_aside", sent.uuid), {"note": "x"}).status_code == 403
    assert client.post(url("resend", sent.uuid)).status_code == 403


def test_lanes_do_not_change_while_messages_wait(
    desk: Client, channel: Channel, neighbour: Neighbour
) -> None:
    neighbour.stop()
    order(channel, "O1")
    changed = GOOD | {"port": str(channel.port), "address": "127.0.0.1", "uses_tls": ""}
    assert desk.post(url("channel", channel.uuid), changed | {"lanes": "2"}).status_code == 422
    assert desk.post(url("channel", channel.uuid), changed | {"lanes": "1"}).status_code == 302


def test_queue_and_age_stand_on_the_channels_page_and_it_is_paused_there(
    desk: Client, channel: Channel
) -> None:
    assert desk.post(url("pause_channel", channel.uuid)).status_code == 302
    sent = order(channel, "O1")
    work_off()
    assert state(sent) == "queued"
    page = desk.get(url("channels"))
    row = next(one for one in page.context["channels"] if one.pk == channel.pk)
    assert (row.queued_count, row.oldest_queued_at) == (1, MessageState.objects.get(message=sent).changed_at)
    assert desk.post(url("pause_channel", channel.uuid)).status_code == 302
    work_off()
    assert state(sent) == "delivered"
    actions = AuditEvent.objects.filter(agent_name="tichhop").values_list("action", flat=True)
    assert {"channel.paused", "channel.resumed"} <= set(actions)


def test_what_went_out_is_found_shown_without_the_patient_and_sent_again(
    desk: Client, channel: Channel, neighbour: Neighbour
) -> None:
    sent = order(channel, "O1", patient="BN777777")
    assert sent is not None
    work_off()
    found = desk.post(url("messages"), {"direction": "out", "patient_number": "BN777777"})
    assert [one.pk for one in found.context["page"]] == [sent.pk]
    assert not desk.post(url("messages"), {"direction": "in"}).context["page"].object_list
    page = desk.get(url("message", sent.uuid)).content.decode()
    assert "Trả lời: AA" in page
    assert "BN777777" not in page
    assert desk.post(url("resend", sent.uuid)).status_code == 302
    assert state(sent) == "queued"
    work_off()
    assert neighbour.control_ids == ["O1", "O1"]


def test_a_waiting_message_is_set_aside_with_a_reason(
    desk: Client, channel: Channel, neighbour: Neighbour
) -> None:
    neighbour.stop()
    sent = order(channel, "O1")
    assert sent is not None
    work_off()
    assert "127.0.0.1" in desk.get(url("message", sent.uuid)).content.decode(), "why the last try failed"
    assert desk.post(url("set_aside", sent.uuid), {"note": " "}).status_code == 422
    assert state(sent) == "queued"
    assert desk.post(url("set_aside", sent.uuid), {"note": "Đã gọi điện"}).status_code == 302
    assert state(sent) == "set-aside"
    letter = DeadLetter.objects.get()
    assert (letter.resolution, letter.note) == ("dismissed", "Đã gọi điện")
    neighbour.start()
    work_off()
    assert neighbour.received == []
    desk.post(url("resend", sent.uuid))
    work_off()
    assert state(sent) == "delivered"


def test_a_refused_message_is_not_edited_at_the_desk(desk: Client, facility: Organization) -> None:
    from tests.integrations.neighbour import answer  # noqa: PLC0415
    from tests.integrations.transport.test_sending import make_channel  # noqa: PLC0415

    with listening_neighbour(lambda name: answer("AE", name, text="Thiếu mã")) as neighbour:
        order(make_channel(facility, neighbour), "O1")
        work_off()
    letter = DeadLetter.objects.get()
    page = desk.get(url("dead_letter", letter.uuid)).content.decode()
    assert "Thiếu mã" in page
    assert url("replay_edited", letter.uuid) not in page
    assert desk.post(url("replay_edited", letter.uuid), {"text": "MSH|^~\\&|X"}).status_code == 422
    assert Message.objects.count() == 1


def test_the_integration_staff_is_told_of_an_old_queue(
    integrator: User, channel: Channel, neighbour: Neighbour, facility: Organization
) -> None:
    neighbour.stop()
    sent = order(channel, "O1")
    work_off()
    watching.look()
    assert not Notice.objects.filter(kind=watching.UNSENT).exists()
    row = MessageState.objects.get(message=sent)
    MessageState.objects.update(changed_at=row.changed_at - watching.UNSENT_AFTER * 2)
    watching.look()
    assert Notice.objects.filter(kind=watching.UNSENT, facility=facility).count() == 1
    assert "1 kênh" in health.channel_trouble()
    neighbour.start()
    work_off()
    assert "kênh" not in health.channel_trouble()
    watching.look()
    assert not Notice.objects.filter(kind=watching.UNSENT, cause_gone_at=None).exists()
