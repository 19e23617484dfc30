"""A neighbour's documents stand in the chart as they came: sealed, in versions, never written here."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.storage.services import read_bytes
from integrations.mdm.models import ReceivedDocument
from integrations.transport.models import DeadLetter
from tests.emr.people import make_an, make_chi, make_department
from tests.emr.signin.test_sessions import come_in
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.mdm.messages import PDF, mdm
from tests.integrations.messages import adt, merge

pytestmark = pytest.mark.django_db


@pytest.fixture
def admitted(facility: Organization, send: Send) -> Organization:
    """Bình lies in internal medicine."""
    send(adt("A01", "A1", at=ago(5)))
    return facility


@pytest.fixture
def an(admitted: Organization) -> User:
    return make_an(make_department(admitted, "K03", "Khoa Nội"))


def only() -> ReceivedDocument:
    return ReceivedDocument.objects.get()


def newest() -> ReceivedDocument:
    return ReceivedDocument.objects.latest("version")


def buried() -> list[str]:
    return list(DeadLetter.objects.filter(resolution="").values_list("reason", flat=True))


def test_a_document_is_kept_byte_for_byte(admitted: Organization, send: Send) -> None:
    message = send(mdm(text="Uống sau ăn"))
    assert state(message) == "applied"
    kept = only()
    assert read_bytes(kept.file) == PDF
    assert (kept.number, kept.version, kept.status, kept.completion) == ("DOC1", 1, "current", "AU")
    assert (kept.title, kept.author, kept.text) == ("Đơn thuốc ra viện", "Lê Minh", "Uống sau ăn")
    assert kept.encounter.identifier == "DT000001"
    assert kept.message == message
    line = AuditEvent.objects.get(action="received_document.file")
    assert line.detail["sha256"] == kept.sha256


def test_the_database_refuses_to_change_or_delete_it(admitted: Organization, send: Send) -> None:
    send(mdm())
    for act in (lambda: ReceivedDocument.objects.update(title="khác"), lambda: only().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert only().title == "Đơn thuốc ra viện"


def test_the_same_document_again_is_one(admitted: Organization, send: Send) -> None:
    send(mdm())
    assert state(send(mdm(control_id="D2"))) == "superseded"
    assert only().version == 1


def test_an_edit_a_replacement_and_a_cancellation_are_versions_of_one_line(
    admitted: Organization, send: Send
) -> None:
    send(mdm(hours=4))
    send(mdm("T08", "D2", hours=3, data=PDF + b" sua"))
    send(mdm("T10", "D3", hours=2, number="DOC2", parent="DOC1", data=PDF + b" thay"))
    send(mdm("T11", "D4", hours=1, number="DOC2", data=None))
    rows = list(ReceivedDocument.objects.order_by("version"))
    assert [(row.number, row.status) for row in rows] == [
        ("DOC1", "current"),
        ("DOC1", "current"),
        ("DOC2", "current"),
        ("DOC2", "cancelled"),
    ]
    assert {row.line for row in rows} == {"DOC1"}
    assert read_bytes(rows[2].file).endswith(b"thay")
    assert state(send(mdm("T11", "D5", hours=0.5, number="DOC2", data=None))) == "superseded"


def test_what_comes_late_replaces_nothing_newer(admitted: Organization, send: Send) -> None:
    """F-17."""
    send(mdm(hours=4))
    send(mdm("T08", "D2", hours=1, data=PDF + b" moi"))
    late = send(mdm("T08", "D3", hours=2, data=PDF + b" cu"))
    assert state(late) == "superseded"
    assert reasons(late) == ["older_document"]
    assert read_bytes(newest().file).endswith(b"moi")


def test_a_correction_before_its_document_waits_for_it(admitted: Organization, send: Send) -> None:
    early = send(mdm("T10", "D2", hours=1, number="DOC2", parent="DOC1", data=PDF + b" thay"))
    assert state(early) == "waiting"
    send(mdm("T02", "D1", hours=2))
    assert state(early) == "applied"
    assert [row.number for row in ReceivedDocument.objects.order_by("version")] == ["DOC1", "DOC2"]


def test_a_document_of_somebody_unknown_waits(facility: Organization, send: Send) -> None:
    """F-18: no document makes a chart."""
    message = send(mdm())
    assert state(message) == "waiting"
    assert not ReceivedDocument.objects.exists()
    send(adt("A01", "A1", at=ago(5)))
    assert state(message) == "applied"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (mdm(number=""), "no_document_number"),
        (mdm(data=None), "no_content"),
        (mdm(data=b"MZ this is a program"), "bad_attachment"),
        (mdm().replace(b"^Base64^", b"^Base64^***"), "bad_attachment"),
        (mdm(name="Phạm^Thị Lan", birth="19550101"), "document_of_another"),
        (mdm("T01"), "unsupported"),
        (mdm() + mdm().split(b"\r")[5] + b"\r", "several_files"),
        (mdm() + b"PID|2||BN000002^^^BV99999^MR||A^B\r", "several_patients"),
    ],
)
def test_what_cannot_be_used_goes_to_the_desk(
    admitted: Organization, send: Send, raw: bytes, reason: str
) -> None:
    send(raw)
    assert buried() == [reason]
    assert not ReceivedDocument.objects.exists()


def test_a_number_that_was_another_patients_is_no_version(admitted: Organization, send: Send) -> None:
    send(mdm(hours=3))
    send(adt("A01", "A2", at=ago(5), number="BN000002", name="Phạm^Thị Lan", visit="DT000002", place="K03"))
    send(mdm("T08", "D2", patient="BN000002", name="Phạm^Thị Lan", birth="19800517", visit="DT000002"))
    assert buried() == ["document_of_another"]
    assert only().version == 1


def test_a_visit_of_somebody_else_is_no_place_for_it(admitted: Organization, send: Send) -> None:
    send(adt("A01", "B2", at=ago(2), number="BN000002", visit="DT000002", name="Lê^Thị Hoa"))
    message = send(mdm(visit="DT000002"))
    assert message.dead_letters.get().reason == "document_of_another"
    assert not ReceivedDocument.objects.exists()


def test_an_addendum_stands_by_itself(admitted: Organization, send: Send) -> None:
    send(mdm(hours=3))
    send(mdm("T06", "D2", number="DOC9", parent="DOC1", data=None, text="Bổ sung"))
    added = ReceivedDocument.objects.get(number="DOC9")
    assert (added.adds_to, added.version, added.line) == ("DOC1", 1, "DOC9")


def test_the_chart_shows_it_as_received(an: User, send: Send) -> None:
    send(mdm(hours=4))
    send(mdm("T08", "D2", hours=3, data=PDF + b" sua"))
    first, second = ReceivedDocument.objects.order_by("version")
    client = come_in(an)
    listed = client.get(f"/received-documents/of/{second.patient.uuid}/").content.decode()
    assert listed.count("Đơn thuốc ra viện") == 1  # the newest alone
    page = client.get(f"/received-documents/{second.uuid}/").content.decode()
    assert "không ghi tại đây" in page
    assert second.sha256 in page
    old = client.get(f"/received-documents/{first.uuid}/").content.decode()
    assert f"/received-documents/{second.uuid}/" in old
    answer = client.get(f"/received-documents/{second.uuid}/file")
    assert answer.content == PDF + b" sua"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert AuditEvent.objects.filter(action="received_document.file_read", agent_id=an.pk).count() == 1


def test_a_document_follows_its_patient_when_numbers_are_merged(an: User, send: Send) -> None:
    send(mdm())
    send(adt("A01", "A2", at=ago(4), number="BN000002", visit="DT000002", place="K03"))
    send(merge("M9", survivor="BN000002", removed="BN000001", at=ago(0.5)))
    kept = only()
    kept.patient.refresh_from_db()
    survivor = kept.patient.merged_into
    listed = come_in(an).get(f"/received-documents/of/{survivor.uuid}/").content.decode()
    assert "Đơn thuốc ra viện" in listed


def test_nobody_else_sees_it(admitted: Organization, send: Send) -> None:
    """S-01."""
    send(mdm())
    kept, client = only(), come_in(make_chi())
    for address in (
        f"/received-documents/{kept.uuid}/",
        f"/received-documents/{kept.uuid}/file",
        f"/received-documents/of/{kept.patient.uuid}/",
    ):
        assert client.get(address).status_code == 404


def test_a_long_list_costs_the_same(an: User, send: Send) -> None:
    send(mdm())
    client, address = come_in(an), f"/received-documents/of/{only().patient.uuid}/"

    def queries(client: Client) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    queries(client)
    one = queries(client)
    for number in range(2, 8):
        send(mdm(control_id=f"D{number}", number=f"DOC{number}"))
    assert queries(client) == one
