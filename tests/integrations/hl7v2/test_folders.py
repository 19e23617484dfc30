"""Messages as files: taken when they are whole, once, killed at any line; laid down whole or not at all."""

import os
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import text

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.storage.services import read_bytes
from integrations.hl7v2 import fetching
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.fetching import BrokenFile, messages_in
from integrations.hl7v2.parsing import parse
from integrations.hl7v2.plain_files import document_message
from integrations.mdm.models import ReceivedDocument
from integrations.transport import folders
from integrations.transport.models import Channel, DeadLetter, Intake, Message
from integrations.transport.services import channel_account
from tests.integrations.conftest import ago, facility, work_off
from tests.integrations.messages import adt
from tests.integrations.transport import test_sending as outgoing
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "integrator"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the HIS writes to; two looks at once find a file settled."""
    settings.EMR_HOME = tmp_path
    folder = tmp_path / "exchange" / "99999" / "his"
    folder.mkdir(parents=True)
    monkeypatch.setattr(folders, "SETTLE_SECONDS", 0.0)
    return folder


@pytest.fixture
def channel(facility: Organization, inbox: Path) -> Channel:
    return Channel.objects.create(
        facility=facility, name="HIS tệp", protocol="folder", folder="his", sending_application="HISF",
        sending_facility="99999", allowed_addresses=[], message_types=["ADT"], processing_ids=["P"],
        account=channel_account(facility, "HISF", "HIS tệp"), poll_seconds=5,
    )  # fmt: skip


def message(control: str, **fields: Any) -> bytes:
    return adt("A28", control, at=ago(1), sender="HISF", number=f"BN{control}", **fields)


def look(times: int = 2) -> int:
    """What the worker does, as often as asked; the pause between two looks is over."""
    count = 0
    for _time in range(times):
        Intake.objects.update(looked_at=None)
        count += fetching.fetch_all()
    return count


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()


def test_a_file_is_taken_moved_away_and_applied(channel: Channel, inbox: Path) -> None:
    (inbox / "a.hl7").write_bytes(message("1"))
    assert look() == 1
    assert (names(inbox), names(inbox / "done")) == (set(), {"a.hl7"})
    work_off()
    stored = Message.objects.get()
    assert (stored.state_row.state, bytes(stored.raw)) == ("applied", message("1"))
    (inbox / "again.hl7").write_bytes(message("1"))
    look()
    assert Message.objects.count() == 1, "the same content again"
    assert names(inbox / "done") == {"a.hl7", "again.hl7"}


def test_a_file_that_still_grows_is_left_until_it_stops(
    channel: Channel, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = inbox / "a.hl7"
    half = message("1")[:60]
    file.write_bytes(half)
    os.utime(file, (1, 1))
    assert look(1) == 0, "seen for the first time, however old it says that it is"
    file.write_bytes(message("1"))
    os.utime(file, (1, 1))
    assert look(1) == 0, "another size"
    monkeypatch.setattr(folders, "SETTLE_SECONDS", 3600.0)
    assert look(2) == 0, "not for long enough"
    monkeypatch.setattr(folders, "SETTLE_SECONDS", 0.0)
    assert look(1) == 1


def test_hidden_unfinished_links_and_folders_are_left_alone(
    channel: Channel, inbox: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.hl7"
    secret.write_bytes(message("9"))
    (inbox / ".a.hl7").write_bytes(message("1"))
    (inbox / "b.hl7.tmp").write_bytes(message("2"))
    (inbox / "c.PART").write_bytes(message("3"))
    (inbox / "d.hl7").symlink_to(secret)
    (inbox / "done").mkdir()
    (inbox / "done" / "e.hl7").write_bytes(message("4"))
    assert look() == 0
    assert secret.exists()


def test_a_batch_is_taken_in_order(channel: Channel, inbox: Path) -> None:
    parts = [b"FHS|^~\\&|HISF|99999", b"BHS|^~\\&|HISF|99999", message("1"), message("2"), b"BTS|2", b"FTS|1"]
    (inbox / "b.hl7").write_bytes(b"\r\n".join(part.replace(b"\r", b"\n").strip(b"\n") for part in parts))
    assert look() == 2
    assert list(Message.objects.order_by("pk").values_list("control_id", flat=True)) == ["1", "2"]
    assert names(inbox / "done") == {"b.hl7"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"FHS|^~\\&\r" + message("1"), "cut_off"),
        (b"BHS|^~\\&\r" + message("1") + b"BTS|2\r", "batch_count"),
        (message("1") + b"FTS|1\r", "cut_off"),
    ],
)
def test_nothing_of_a_batch_that_was_cut_off_is_taken(
    channel: Channel, inbox: Path, content: bytes, reason: str
) -> None:
    (inbox / "b.hl7").write_bytes(content)
    assert look() == 0
    assert names(inbox / "failed") == {"b.hl7"}
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.detail["name"]) == (reason, "b.hl7")


def test_what_a_sender_may_not_send_is_seen_by_a_person(
    channel: Channel, inbox: Path, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST_FILE", 5000)
    for name, raw in (
        ("other.hl7", adt("A28", "1", at=ago(1), sender="HIS")), ("type.hl7", message("2").replace(b"ADT^A28", b"ORU^R01")),
        ("rubbish.pdf", b"%PDF-1.7\n"), ("large.hl7", message("3") * 40),
    ):  # fmt: skip
        (inbox / name).write_bytes(raw)
    (inbox / "good.hl7").write_bytes(message("5"))
    assert look() == 1, "the good one among them"
    assert names(inbox / "failed") == {"other.hl7", "type.hl7", "rubbish.pdf", "large.hl7"}
    assert sorted(DeadLetter.objects.values_list("reason", flat=True)) == [
        "file_too_large",
        *["not_taken"] * 3,
    ]
    for letter in DeadLetter.objects.all():
        assert desk.get(url("dead_letter", letter.uuid)).status_code == 200
    look()
    assert DeadLetter.objects.count() == 4


LINES = ["receive", "file", "put_away", "replace"]


@pytest.mark.parametrize("killed_at", LINES)
def test_killed_at_any_line_every_message_is_there_once(
    channel: Channel, inbox: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    """Between storing the first and the second, after storing all, before and after the file is moved."""
    content = b"BHS|^~\\&\r" + message("1") + message("2") + message("3") + b"BTS|3\r"
    (inbox / "b.hl7").write_bytes(content)
    calls = {"count": 0}

    class Killed(BaseException):
        pass

    def dying(real: Callable[..., Any], at: int, *, after: bool) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            calls["count"] += 1
            if calls["count"] == at and not after:
                raise Killed
            result = real(*arguments, **named)
            if calls["count"] == at:
                raise Killed
            return result

        return act

    with monkeypatch.context() as patch:
        if killed_at == "receive":
            patch.setattr(hl7v2, "receive_on", dying(hl7v2.receive_on, 2, after=False))
        elif killed_at == "file":
            patch.setattr(hl7v2, "receive_on", dying(hl7v2.receive_on, 2, after=True))
        elif killed_at == "put_away":
            patch.setattr(fetching, "put_away", dying(fetching.put_away, 1, after=False))
        else:
            patch.setattr(Path, "replace", dying(Path.replace, 1, after=True))
        with pytest.raises(Killed):
            look()
    look()
    assert sorted(Message.objects.values_list("control_id", flat=True)) == ["1", "2", "3"]
    assert (names(inbox), names(inbox / "done")) == (set(), {"b.hl7"})


def test_a_folder_that_is_away_is_said_and_found_again(channel: Channel, inbox: Path, desk: Client) -> None:
    inbox.rename(inbox.parent / "elsewhere")
    assert look() == 0
    assert Intake.objects.get().problem == "no_folder"
    assert "Không thấy thư mục" in desk.get(url("channels")).content.decode()
    (inbox.parent / "elsewhere").rename(inbox)
    (inbox / "a.hl7").write_bytes(message("1"))
    assert look() == 1
    assert Intake.objects.get().problem == ""


def test_a_channel_that_is_shut_takes_nothing_and_pauses_are_kept(channel: Channel, inbox: Path) -> None:
    (inbox / "a.hl7").write_bytes(message("1"))
    assert look(1) == 0
    assert fetching.fetch_all() == 0, "looked at a moment ago"
    channel.is_enabled = False
    channel.save()
    assert look() == 0
    assert names(inbox) == {"a.hl7"}


def test_what_was_taken_long_ago_is_cleared(channel: Channel, inbox: Path) -> None:
    (inbox / "done").mkdir()
    for name, age in (("old.hl7", 8), ("new.hl7", 1)):
        (inbox / "done" / name).write_bytes(b"x")
        moment = folders.time.time() - age * 86400
        os.utime(inbox / "done" / name, (moment, moment))
    look(1)
    assert names(inbox / "done") == {"new.hl7"}


def test_a_file_is_laid_down_whole_under_its_control_id(facility: Organization, inbox: Path) -> None:
    channel = outgoing.make_channel(facility, outgoing.Neighbour(), protocol="folder", folder="his", port=1)
    sent = outgoing.order(channel, "O1")
    outgoing.work_off()
    assert outgoing.state(sent) == "delivered"
    assert sent is not None
    assert {path.name: path.read_bytes() for path in inbox.iterdir()} == {"O1.hl7": bytes(sent.raw)}


def test_no_half_file_stands_there_when_the_disk_is_full(
    facility: Organization, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = outgoing.make_channel(facility, outgoing.Neighbour(), protocol="folder", folder="his", port=1)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    sent = outgoing.order(channel, "O1")
    with monkeypatch.context() as patch:
        patch.setattr(folders.os, "fsync", full)
        outgoing.work_off()
    assert (outgoing.failure(sent), list(inbox.iterdir())) == ("folder_fault", [])
    outgoing.work_off()
    assert names(inbox) == {"O1.hl7"}


@pytest.mark.parametrize("name", ["../../etc", "..", ".hidden", "/etc", "no such"])
def test_no_name_leads_out_of_the_facility_s_folders(facility: Organization, inbox: Path, name: str) -> None:
    """S-33."""
    channel = outgoing.make_channel(facility, outgoing.Neighbour(), protocol="folder", folder=name, port=1)
    sent = outgoing.order(channel, "O1")
    outgoing.work_off()
    assert outgoing.failure(sent) == "no_folder"


def test_a_folder_channel_is_set_up_in_the_browser(desk: Client, inbox: Path) -> None:
    good = {
        "name": "HIS tệp", "sending_application": "HISF", "sending_facility": "99999", "message_types": "ADT",
        "processing_ids": ["P"], "charset": "", "duplicate_key": "content", "protocol": "folder", "folder": "his",
        "poll_seconds": "10",
    }  # fmt: skip
    for wrong in ({"folder": ""}, {"folder": "../x"}, {"poll_seconds": "1"}):
        assert desk.post(url("add_channel"), good | wrong).status_code == 422, wrong
    assert desk.post(url("add_channel"), good).status_code == 302
    added = Channel.objects.get(name="HIS tệp")
    assert (added.folder, added.poll_seconds, added.allowed_addresses) == ("his", 10, [])


def test_messages_of_a_file() -> None:
    assert messages_in(b"") == []
    assert messages_in(b"\x0bMSH|1\rPID|1\r\x1c\r\x0bMSH|2\r\x1c\r") == [b"MSH|1\rPID|1\r", b"MSH|2\r"]
    with pytest.raises(BrokenFile):
        messages_in(b"BHS|\rMSH|1\r")


PDF = b"%PDF-1.7 \xff don thuoc"


@pytest.fixture
def documents(channel: Channel) -> Channel:
    """The folder takes people and documents; BN000001 lies on DT000001, BN000002 on DT000002."""
    channel.message_types = ["ADT", "MDM"]
    channel.save()
    for number in (1, 2):
        raw = adt(
            "A01", f"P{number}", at=ago(3), sender="HISF", number=f"BN00000{number}", visit=f"DT00000{number}"
        )
        fetching.take(channel, raw, device="test")
    work_off()
    return channel


def lay(inbox: Path, name: str, content: bytes = PDF, *, hours: float = 1) -> None:
    (inbox / name).write_bytes(content)
    at = now().timestamp() - hours * 3600
    os.utime(inbox / name, (at, at))
    look()
    work_off()


def test_a_bare_pdf_is_a_document_of_whom_its_name_says(documents: Channel, inbox: Path) -> None:
    lay(inbox, "BN000001_DT000001_Đơn thuốc_2026-17.pdf")
    kept = ReceivedDocument.objects.get()
    assert read_bytes(kept.file) == PDF  # type: ignore[arg-type]  # there is one
    assert (kept.number, kept.title, kept.encounter.identifier) == ("2026-17", "Đơn thuốc", "DT000001")  # type: ignore[union-attr]
    assert kept.patient.identifiers.filter(value="BN000001").exists()
    assert now() - kept.happened_at > timedelta(minutes=55), "the file's own time"
    assert names(inbox / "done") == {"BN000001_DT000001_Đơn thuốc_2026-17.pdf"}
    lay(inbox, "BN000001_DT000001_Đơn thuốc_2026-17.pdf", hours=0.5)
    assert ReceivedDocument.objects.count() == 1, "the same file again"
    lay(inbox, "BN000001__Đơn thuốc_2026-17.png", b"\x89PNG\r\n\x1a\n...", hours=0.2)
    assert list(ReceivedDocument.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("don thuoc.pdf", "file_name"),
        ("BN000001_DT000001_DT.pdf", "file_name"),
        ("_DT000001_DT_1.pdf", "file_name"),
        ("BN000001_DT000002_DT_1.pdf", "document_of_another"),
    ],
)
def test_a_name_that_doesn_t_fit_files_nothing(
    documents: Channel, inbox: Path, name: str, reason: str
) -> None:
    lay(inbox, name)
    letter = DeadLetter.objects.get()
    assert letter.reason == reason
    assert not ReceivedDocument.objects.exists()
    if reason == "file_name":
        assert names(inbox / "failed") == {name}
        assert PDF not in bytes(letter.message.raw), "the document itself isn't laid on the desk"


def test_a_document_of_somebody_unknown_waits_and_none_comes_where_none_may(
    documents: Channel, inbox: Path
) -> None:
    lay(inbox, "BN000009__DT_1.pdf")
    assert Message.objects.latest("pk").state_row.state == "waiting"
    documents.message_types = ["ADT"]
    documents.save()
    lay(inbox, "BN000001__DT_2.pdf")
    assert DeadLetter.objects.get().reason == "not_taken"
    assert not ReceivedDocument.objects.exists()


@given(
    text(
        st.characters(exclude_characters="_/\0", exclude_categories=("Cs", "Cc", "Z")),
        min_size=1,
        max_size=20,
    ),
    text(
        st.characters(exclude_characters="/\0", exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=40
    ),
)
def test_no_name_breaks_out_of_its_field(kind: str, number: str) -> None:
    neighbour = Channel(
        facility=Organization(code="99999"), sending_application="HISF", sending_facility="99999"
    )
    written = document_message(neighbour, f"BN1__{kind}_{number}.pdf", PDF, written_at=now())
    assert written is not None
    read = parse(written)
    assert [segment.name for segment in read.segments] == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
    assert read.first("TXA")[12].text() == unicodedata.normalize("NFC", number)[:120]
    assert read.first("TXA")[2].text() == unicodedata.normalize("NFC", kind)
