"""Rows of a neighbour's view: each taken once, none skipped, by a session that can only read (F-13, F-16, S-61)."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from emr.accounts.models import Organization
from emr.common.clock import now
from encounters.visits.models import Condition, Encounter
from integrations.hl7v2 import fetching
from integrations.transport import databases, polling, services
from integrations.transport.client import Away
from integrations.transport.models import Channel, DeadLetter, Intake, Message, MessageState, SqlSource
from integrations.transport.services import channel_account
from tests.emr.signin.test_directory import certificate
from tests.integrations.conftest import facility, work_off
from tests.integrations.databases import PASSWORD, VIEWER, HisDatabase, his_mariadb, his_postgres
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "his_mariadb", "his_postgres", "integrator"]
pytestmark = pytest.mark.django_db
COLUMNS = {
    "number": "so_dt", "mrn": "mrn", "full_name": "ho_ten", "birth": "birth", "sex": "sex", "kind": "kind", "began": "began",
    "department": "department", "bed": "bed", "diagnosis_code": "diagnosis_code", "ended": "ended", "cancelled": "cancelled",
}  # fmt: skip


@pytest.fixture(params=["postgresql", "mariadb"])
def his(request: pytest.FixtureRequest) -> HisDatabase:
    name = {"postgresql": "his_postgres", "mariadb": "his_mariadb"}[request.param]
    found: HisDatabase = request.getfixturevalue(name)
    found.begin_anew()
    found.relay.stop()
    found.relay.start()
    return found


@pytest.fixture
def channel(facility: Organization, his: HisDatabase, settings: Any, tmp_path: Path) -> Channel:
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "his.password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    return make_channel(facility, his)


def make_channel(facility: Organization, his: HisDatabase, **source: Any) -> Channel:
    channel = Channel.objects.create(
        facility=facility, name="HIS bảng", protocol="sql", sending_application="HIS", sending_facility="99999",
        allowed_addresses=[], message_types=[], processing_ids=["P"], address="127.0.0.1", port=his.relay.port,
        credential="his", account=channel_account(facility, "HIS", "HIS"), poll_seconds=5, connect_seconds=2,
    )  # fmt: skip
    values = {
        "driver": his.driver, "database": his.tls["database"], "username": VIEWER, "view": "v_stays", "kind": "stay",
        "columns": COLUMNS, "key_column": "id", "changed_column": "changed", "overlap": 600, "statement_seconds": 2,
    } | source  # fmt: skip
    SqlSource.objects.create(facility=facility, channel=channel, **values)
    return channel


def look() -> int:
    Intake.objects.update(looked_at=None)
    return fetching.fetch_all()


_NOW = now().replace(microsecond=0)


def ago(minutes: float, *, since: dt.datetime = _NOW) -> str:
    """The database's text of a time in the hospital's clock, the same all through the run."""
    at = timezone.localtime(since).replace(tzinfo=None) - dt.timedelta(minutes=minutes)
    return at.isoformat(sep=" ")


def problem() -> str:
    return Intake.objects.get().problem


def the_state() -> str:
    return MessageState.objects.latest("pk").state


def test_a_stay_comes_moves_and_goes(channel: Channel, his: HisDatabase) -> None:
    his.put(1, changed=ago(300), diagnosis_code="J18.9", bed="G1")
    assert look() == 1, (problem(), Intake.objects.get().detail)
    work_off()
    assert the_state() == "applied", DeadLetter.objects.values("reason", "detail")
    stay = Encounter.objects.get()
    assert (stay.identifier, stay.patient.full_name, stay.patient.sex) == (
        "DT000001",
        "Nguyễn Văn Bình 1",
        "male",
    )
    assert (stay.department.code, stay.patient.birth_date) == ("K03", dt.date(1980, 5, 17))
    assert stay.begins_at == timezone.make_aware(dt.datetime.fromisoformat(ago(300)))
    assert look() == 0, "nothing has changed there"

    his.put(1, changed=ago(100), began=ago(300), diagnosis_code="J18.9", department="K19")
    assert look() == 1
    work_off()
    stay.refresh_from_db()
    assert (the_state(), stay.department.code) == ("applied", "K19")
    assert Condition.objects.filter(encounter=stay, status="confirmed").count() == 1

    his.put(1, changed=ago(50), began=ago(300), department="K19", ended=ago(55))
    look()
    work_off()
    stay.refresh_from_db()
    assert (the_state(), stay.is_open) == ("applied", False)
    his.put(1, changed=ago(40), began=ago(300), department="K19")
    look()
    work_off()
    stay.refresh_from_db()
    assert (the_state(), stay.is_open) == ("applied", True), "the discharge was a mistake"
    his.put(2, changed=ago(30))
    look()
    work_off()
    his.put(2, changed=ago(20), began=ago(30), cancelled=1)
    look()
    work_off()
    assert (the_state(), Encounter.objects.get(identifier="DT000002").status) == (
        "applied",
        "entered-in-error",
    )


LINES = ["page", "file", "keep", "note"]


@pytest.mark.parametrize("killed_at", LINES)
def test_killed_at_any_line_every_row_is_there_once(
    channel: Channel, his: HisDatabase, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    """In the second of three pages: before it is read, when its rows are filed, when all is kept, and at the very end."""
    monkeypatch.setattr(polling, "PAGE", 3)
    for number in range(1, 9):
        his.put(number, changed=ago(200 - number))

    class Killed(BaseException):
        pass

    calls = {"count": 0}

    def dying(real: Callable[..., Any], at: int) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            calls["count"] += 1
            result = real(*arguments, **named)
            if calls["count"] == at:
                raise Killed
            return result

        return act

    opener = databases._Postgres if his.driver == "postgresql" else databases._MariaDb
    places = {
        "page": (opener, "page", 2), "file": (services, "file_messages", 2), "keep": (polling, "_keep", 2),
        "note": (fetching, "_note", 1),
    }  # fmt: skip
    owner, name, at = places[killed_at]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying(getattr(owner, name), at))
        with pytest.raises(Killed):
            look()
    # Each page begins with the row before: three, and two more.
    assert Message.objects.count() == {"page": 3, "file": 3, "keep": 5, "note": 8}[killed_at]
    look()
    assert sorted(Message.objects.values_list("control_id", flat=True)) == [str(n) for n in range(1, 9)]
    assert look() == 0


def test_what_becomes_visible_late_is_found_within_the_overlap(channel: Channel, his: HisDatabase) -> None:
    his.put(5, changed=ago(60))
    assert look() == 1
    his.put(4, changed=ago(65))
    assert look() == 1, "smaller, and written five minutes before what was read last"
    his.put(3, changed=ago(90))
    assert look() == 0, "the overlap is ten minutes"
    assert sorted(Message.objects.values_list("control_id", flat=True)) == ["4", "5"]


def test_by_growing_keys_alone(facility: Organization, channel: Channel, his: HisDatabase) -> None:
    SqlSource.objects.update(changed_column="", overlap=3)
    for number in (10, 9, 100):
        his.put(number, changed=ago(60))
    assert look() == 3
    his.put(98, changed=ago(60))
    his.put(96, changed=ago(60))
    assert look() == 1
    assert list(Message.objects.order_by("pk").values_list("control_id", flat=True)) == [
        "9",
        "10",
        "100",
        "98",
    ]
    SqlSource.objects.update(key_column="so_dt")
    Intake.objects.update(position={})
    look()
    assert problem() == "sql_key", "keys that are no numbers don't say which is newer"


def test_many_rows_of_one_instant_are_read_through(
    channel: Channel, his: HisDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PAGE", 3)
    monkeypatch.setattr(polling, "MOST_NEW", 4)
    at = ago(60)
    for number in range(1, 11):
        his.put(number, changed=at)
    assert (look(), look(), look()) == (6, 4, 0) or Message.objects.count() == 10
    assert Message.objects.count() == 10
    SqlSource.objects.update(key_column="kind")
    Intake.objects.update(position={})
    look()
    assert problem() == "sql_same_key"


def test_a_clock_ahead_does_not_hide_what_is_written_until_then(channel: Channel, his: HisDatabase) -> None:
    his.put(1, changed=ago(-60 * 24 * 400))
    assert look() == 1
    his.put(2, changed=ago(0, since=now()))
    assert look() == 1
    assert look() == 0


def test_the_session_can_only_read(channel: Channel, his: HisDatabase) -> None:
    """S-61: even where the account has more rights than it needs."""
    whom = VIEWER if his.driver == "postgresql" else f"'{VIEWER}'@'%'"
    his.run(f"GRANT INSERT ON stays TO {whom}")
    with databases.open_session(channel, SqlSource.objects.get()) as session:
        connection: Any = session._connection  # type: ignore[attr-defined]
        with pytest.raises(Exception, match=r"(?i)read.only"):
            connection.cursor().execute("INSERT INTO stays (id) VALUES (99)")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"view": "v_nothing"}, "sql_view"), ({"changed_column": "no_such"}, "sql_view"),
        ({"username": "nobody"}, "sql_login"),
        ({"database": "nowhere"}, "sql_database"), ({"view": "stays"}, "sql_denied"), ({"view": "v_slow"}, "sql_slow"),
    ],
)  # fmt: skip
def test_what_is_wrong_there_is_said_in_words(
    channel: Channel, his: HisDatabase, desk: Client, change: dict[str, str], code: str
) -> None:
    pause = "pg_sleep(30)::text" if his.driver == "postgresql" else "sleep(30)"
    his.run(f"CREATE VIEW v_slow AS SELECT v.*, {pause} AS slept FROM v_stays v")  # noqa: S608  the test's own
    whom = VIEWER if his.driver == "postgresql" else f"'{VIEWER}'@'%'"
    his.run(f"GRANT SELECT ON v_slow TO {whom}")
    his.put(1, changed=ago(60))
    if code == "sql_slow":
        change = change | {"columns": COLUMNS | {"phone": "slept"}}  # type: ignore[dict-item]
    SqlSource.objects.update(**change)
    assert look() == 0
    if his.driver == "mariadb" and change == {"view": "v_nothing"}:
        code = "sql_denied"  # it doesn't say what isn't there to whom has no right to it
    assert problem() == code
    page = desk.get(url("channels")).content.decode()
    assert "Nguyễn Văn Bình" not in page
    assert Message.objects.count() == 0


def test_a_neighbour_that_is_away_is_waited_for_with_growing_pauses(
    channel: Channel, his: HisDatabase
) -> None:
    his.put(1, changed=ago(60))
    his.relay.stop()
    for failures in (1, 2, 3):
        assert look() == 0
        found = Intake.objects.get()
        assert (found.problem, found.failures) == ("no_connection", failures)
    assert found.stuck_since is not None
    Intake.objects.update(looked_at=now() - dt.timedelta(seconds=30))
    assert fetching.fetch_all() == 0, "three failures of five seconds: forty"
    assert Intake.objects.get().failures == 3
    his.relay.start()
    assert look() == 1
    found = Intake.objects.get()
    assert (found.problem, found.failures, found.stuck_since) == ("", 0, None)


def test_a_neighbour_that_falls_silent_is_cut(
    channel: Channel, his: HisDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_GRACE_SECONDS", -1)
    with databases.open_session(channel, SqlSource.objects.get()) as session:
        his.relay.is_silent = True
        with pytest.raises(Away) as found:
            session.page(None, 10)
    assert found.value.reason == "no_answer"


def test_a_value_that_cannot_be_read_is_a_dead_letter_with_its_column(
    channel: Channel, his: HisDatabase, desk: Client
) -> None:
    his.put(1, changed=ago(60), birth="hôm qua")
    his.put(2, changed=ago(60), mrn="")
    his.put(3, changed=ago(60))
    assert look() == 3
    work_off()
    letters = {letter.detail["column"]: letter for letter in DeadLetter.objects.all()}
    assert {name: letter.reason for name, letter in letters.items()} == {
        "birth": "row_value",
        "mrn": "row_empty",
    }
    page = desk.get(url("dead_letter", letters["birth"].uuid))
    text = page.content.decode()
    assert "“birth”" in text or "“birth”" in text.replace("&quot;", '"')
    for secret in ("hôm qua", "Nguyễn Văn Bình", "BN000001"):
        assert secret not in text
    shown = page.context["shown"].text
    assert 'department = "K03"' in shown
    edited = shown.replace('"‹birth›"', '"1980"')
    assert desk.post(url("replay_edited", letters["birth"].uuid), {"text": edited}).status_code == 302
    work_off()
    stay = Encounter.objects.get(identifier="DT000001")
    assert (stay.patient.full_name, stay.patient.birth_year) == ("Nguyễn Văn Bình 1", 1980)


def test_a_row_is_kept_as_canonical_text(channel: Channel, his: HisDatabase) -> None:
    his.put(1, changed=ago(60), bed=None)
    look()
    message = Message.objects.get()
    said = json.loads(bytes(message.raw))
    assert (message.message_type, message.version, message.patient_number) == ("ROW^STAY", "JSON", "BN000001")
    assert (said["kind"], said["key"], said["changed"][:19]) == ("stay", "1", ago(60))
    assert (said["row"]["bed"], said["row"]["full_name"]) == (None, "Nguyễn Văn Bình 1")
    assert (
        bytes(message.raw)
        == json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )


def test_with_tls_the_server_shows_the_right_name_or_hears_no_password(
    channel: Channel, his: HisDatabase, tmp_path: Path
) -> None:
    """S-61: MariaDB's certificate is checked; the PostgreSQL here has none, and isn't spoken to in clear text instead."""
    his.put(1, changed=ago(60))
    Channel.objects.filter(pk=channel.pk).update(uses_tls=True, authority="gone", tls_name="his.test")
    look()
    assert problem() == "tls_files"
    authority = tmp_path / "peers" / "his.pem"
    authority.write_bytes(
        his.tls["certificate"].read_bytes() if "certificate" in his.tls else _stranger(tmp_path)
    )
    Channel.objects.filter(pk=channel.pk).update(authority="his", tls_name="another.test")
    assert (look(), problem()) == (0, "tls_refused")
    Channel.objects.filter(pk=channel.pk).update(authority="", tls_name="his.test")
    assert (look(), problem()) == (0, "tls_refused"), "an authority that the machine doesn't know"
    Channel.objects.filter(pk=channel.pk).update(authority="his")
    assert (look(), problem()) == ((1, "") if his.driver == "mariadb" else (0, "tls_refused"))


def _stranger(folder: Path) -> bytes:
    """A certificate that vouches for nobody here."""
    return certificate(folder).read_bytes()


def test_a_password_is_never_sent_in_clear_text(channel: Channel, his: HisDatabase) -> None:
    """S-61: whatever the server asks for (MariaDB's own plugin for it, PostgreSQL's method)."""
    source = SqlSource.objects.get()
    with databases.open_session(channel, source) as session:
        connection: Any = session._connection  # type: ignore[attr-defined]
        if his.driver == "postgresql":
            assert connection.info.get_parameters()["require_auth"] == "!password"
            return
        for plugin in (b"mysql_clear_password", b"dialog"):
            handler = connection._get_auth_plugin_handler(plugin)
            with pytest.raises(Exception, match="refused"):
                handler.authenticate(None)


def test_a_fault_of_ours_with_one_channel_keeps_no_other_from_being_looked_at(
    channel: Channel, his: HisDatabase, facility: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    his.put(1, changed=ago(60))
    second = make_channel(facility, his)
    real = polling._keep

    def faulty(of: Channel, *arguments: Any, **named: Any) -> int:
        if of.pk == channel.pk:
            raise ZeroDivisionError
        return real(of, *arguments, **named)

    monkeypatch.setattr(polling, "_keep", faulty)
    assert look() == 1
    found = dict(Intake.objects.values_list("channel_id", "problem"))
    assert found == {channel.pk: "internal", second.pk: ""}
