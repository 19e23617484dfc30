"""A channel that reads a view, set up in the browser; and that a neighbour which stays away is told of."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from emr.accounts.models import Organization
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.health import readiness
from emr.notices.models import Notice
from emr.watching import pulses
from integrations.transport import health, watching
from integrations.transport.models import Channel, Intake, SqlSource
from integrations.transport.services import channel_account
from tests.emr.people import make_user
from tests.integrations.conftest import facility
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "integrator"]
pytestmark = pytest.mark.django_db
GOOD = {
    "name": "HIS đợt điều trị", "sending_application": "HIS", "sending_facility": "99999", "address": "10.1.2.3",
    "port": "5432", "credential": "his", "poll_seconds": "30", "connect_seconds": "5", "retry_seconds": "300",
    "driver": "postgresql",
    "database": "his", "username": "emr_viewer", "view": "emr.v_stays", "kind": "stay",
    "columns": "number = SO_DT\nmrn\nbegan=ngay_vao\ndepartment", "key_column": "id",
    "changed_column": "updated_at",
    "overlap": "600", "statement_seconds": "20",
}  # fmt: skip


@pytest.fixture(autouse=True)
def peers(settings: Any, tmp_path: Path) -> Path:
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "his.password").write_text("secret", encoding="utf-8")
    return tmp_path / "peers"


def test_a_view_is_set_up_and_mistakes_are_named(desk: Client) -> None:
    for wrong in (
        {"view": "v_stays; DROP TABLE x"}, {"view": "a.b.c"}, {"view": '"x"'}, {"view": ""}, {"key_column": "id)--"},
        {"key_column": ""}, {"changed_column": "a b"}, {"columns": "number=so_dt\nmrn\nbegan"}, {"columns": "number = x y"},
        {"columns": f"{GOOD['columns']}\ncost"}, {"columns": f"{GOOD['columns']}\nmrn = other"}, {"kind": "order"},
        {"columns": f"{GOOD['columns']}\nbed = pg_sleep(9)"}, {"address": "10.1.2.3/x"}, {"port": ""},
        {"credential": "../x"},
        {"credential": ""}, {"statement_seconds": "600"}, {"database": ""},
    ):  # fmt: skip
        answer = desk.post(url("add_source"), GOOD | wrong)
        assert answer.status_code == 422, wrong
        assert "HIS đợt điều trị" in answer.content.decode(), "what was typed stays"
    assert not Channel.objects.filter(protocol="sql").exists()
    assert desk.post(url("add_source"), GOOD).status_code == 302
    channel = Channel.objects.get(protocol="sql")
    assert (channel.direction, channel.account.is_active, channel.source.view) == ("in", False, "emr.v_stays")
    assert channel.source.columns == {
        "number": "SO_DT", "mrn": "mrn", "began": "ngay_vao", "department": "department",
    }  # fmt: skip
    assert desk.post(url("add_source"), GOOD).status_code == 422, "the name is taken"
    # A second view of the same neighbour is welcome.
    assert desk.post(url("add_source"), GOOD | {"name": "HIS người bệnh"}).status_code == 302
    page = desk.get(url("channel", channel.uuid)).content.decode()
    assert "number = SO_DT" in page
    assert "secret" not in page
    assert "emr.v_stays" in desk.get(url("channels")).content.decode()


def test_another_view_is_read_from_its_beginning(desk: Client) -> None:
    desk.post(url("add_source"), GOOD)
    channel = Channel.objects.get(protocol="sql")
    place = {"key": "7", "changed": "2026-11-28 07:00:00"}
    Intake.objects.create(facility=channel.facility, channel=channel, position=place, looked_at=now())
    assert desk.post(url("channel", channel.uuid), GOOD | {"poll_seconds": "60"}).status_code == 302
    assert Intake.objects.get().position == place, "nothing of what is read has changed"
    assert desk.post(url("look_at_channel", channel.uuid)).status_code == 302
    assert (Intake.objects.get().position, Intake.objects.get().looked_at) == (place, None)
    assert desk.post(url("channel", channel.uuid), GOOD | {"view": "emr.v_stays2"}).status_code == 302
    assert Intake.objects.get().position == {}
    Intake.objects.update(position=place)
    desk.post(url("look_at_channel", channel.uuid), {"from_start": "1"})
    assert Intake.objects.get().position == {}
    assert AuditEvent.objects.filter(action="channel.look", agent_name="tichhop").count() == 2


def test_who_may_not_manage_channels_sets_up_none(
    client: Client, desk: Client, facility: Organization
) -> None:
    desk.post(url("add_source"), GOOD)
    channel = Channel.objects.get(protocol="sql")
    client.force_login(
        make_user("bs", "Bác Sĩ", "doctor", facility), backend="emr.accounts.backends.StaffBackend"
    )
    assert client.get(url("add_source")).status_code == 403
    assert client.post(url("add_source"), GOOD).status_code == 403
    assert client.post(url("look_at_channel", channel.uuid)).status_code == 403
    his = Channel.objects.get(name="HIS")
    client.force_login(
        make_user("it2", "Lê Hai", "integration", facility), backend="emr.accounts.backends.StaffBackend"
    )
    client.post(url("look_at_channel", his.uuid))
    assert not AuditEvent.objects.filter(action="channel.look").exists(), "it is called, it doesn't call"


def test_the_database_keeps_no_source_of_another_facility(desk: Client, facility: Organization) -> None:
    desk.post(url("add_source"), GOOD)
    other = Organization.objects.create(kind="facility", code="88888", name="Khác")
    channel = Channel.objects.get(protocol="sql")
    SqlSource.objects.filter(channel=channel).delete()
    with pytest.raises(Exception, match="facility of transport_channel differs"):
        SqlSource.objects.create(
            facility=other, channel=channel, database="x", username="x", view="x", key_column="x"
        )


def test_a_folder_that_stays_away_is_told_and_seen_with_since_when(facility: Organization) -> None:
    make_user("tichhop", "Lê Tích Hợp", "integration", facility)
    channel = Channel.objects.create(
        facility=facility, name="HIS tệp", protocol="folder", folder="his", sending_application="HISF",
        sending_facility="99999", allowed_addresses=[], message_types=["ADT"], processing_ids=["P"],
        account=channel_account(facility, "HISF", "HIS tệp"),
    )  # fmt: skip
    intake = Intake.objects.create(
        facility=facility, channel=channel, problem="no_folder", detail={"folder": "his"}, looked_at=now(),
        stuck_since=now() - dt.timedelta(minutes=5),
    )  # fmt: skip
    told = Notice.objects.filter(kind=watching.UNFETCHED, facility=facility, cause_gone_at=None)
    watching.look()
    assert not told.exists(), "five minutes: a server is started anew"
    assert isinstance(health.intake_trouble(), health.Caution)
    pulses.beat("mllp")
    pulses.beat("worklist")
    assert health.channel_trouble() == ""
    intake.stuck_since = now() - dt.timedelta(minutes=20)
    intake.save()
    watching.look()
    assert told.count() == 1
    said = health.intake_trouble()
    assert "HIS tệp" in said
    assert not isinstance(said, health.Caution)
    public = readiness()[1]["channels"]
    assert not public["ok"]
    assert "1 channel" in str(public["reason"])
    assert "HIS" not in str(public["reason"]), "strangers read no name"
    channel.is_enabled = False
    channel.save()
    watching.look()
    assert not told.exists(), "shut on purpose"
    assert health.intake_trouble() == health.channel_trouble() == ""
