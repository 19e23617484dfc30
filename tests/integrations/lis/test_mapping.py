"""A laboratory's own codes: seen, listed, mapped, and understood from then on, over a real socket and from page to chart."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization
from encounters.orders.models import OrderableService
from encounters.results.models import DiagnosticReport, Finding
from integrations.lis.mapping import is_loinc
from integrations.transport.codes import Sent, note_codes, ours
from integrations.transport.models import Channel, DeadLetter, Message, NeighbourCode
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, facility, reasons, send, state, work_off
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender, listening

__all__ = ["facility", "send"]
GLUCOSE = obx("NM", "GLU-1^Đường huyết^L", "7.8", unit="mmol/l", reference="3.9-6.4")
HEAD = obr(code="SH-GLU^Đường máu^L")


def admission() -> bytes:
    """Bà Đào's, by the HIS."""
    return adt(
        "A01", "A1", at=ago(4), number="0000001", name="Đào^Thị Bích Đào", birth="19600203", sex="F", place="K03^P1^G1"
    )  # fmt: skip


@pytest.fixture
def hold(facility: Organization) -> Channel:
    """The laboratory, whose results wait for the codes of their tests."""
    lis = Channel.objects.get(name="LIS", direction="in")
    lis.unknown_codes = Channel.UnknownCodes.HOLD
    lis.save()
    return lis


@pytest.fixture
def desk(facility: Organization) -> Iterator[Client]:
    """Integration staff, signed in."""
    client = Client()
    client.force_login(
        make_user("tichhop", "Lê Tích Hợp", "integration", facility),
        backend="emr.accounts.backends.StaffBackend",
    )
    yield client


def map_in_browser(desk: Client, code: str, our_code: str) -> int:
    row = NeighbourCode.objects.get(code=code)
    address = reverse("integrations:transport:map_code", args=[row.uuid])
    return desk.post(address, {"mapped_to": "", "mapped_to_text": our_code}).status_code


@pytest.mark.django_db(transaction=True)
def test_an_unknown_code_is_listed_mapped_and_its_result_comes_onto_the_chart(
    hold: Channel, desk: Client, facility: Organization
) -> None:
    OrderableService.objects.create(
        facility=facility, code="XN0013", name="Định lượng Glucose", category="laboratory", loinc="14749-6"
    )
    with listening() as running, RawSender(running.port) as sender:
        assert b"|AA|" in sender.ask(admission())
        assert b"|AA|" in sender.ask(oru(HEAD, GLUCOSE, control="L1"))
        work_off()
        held = Message.objects.get(control_id="L1")
        assert state(held) == "dead"
        assert not DiagnosticReport.objects.exists()
        page = desk.get(reverse("integrations:transport:mappings")).content.decode()
        assert "GLU-1" in page
        assert "Đường huyết" in page
        assert map_in_browser(desk, "GLU-1", "XN0013") == 302
        work_off()
        assert state(held) == "dead", "the test's heading is unknown still"
        assert map_in_browser(desk, "SH-GLU", "XN0013") == 302
        work_off()
        assert state(held) == "applied"
        finding = Finding.objects.get()
        assert (finding.code, finding.loinc, finding.title) == ("XN0013", "14749-6", "Đường huyết")
        assert b"|AA|" in sender.ask(oru(obr(code="SH-GLU^Đường máu^L", filler="F2"), GLUCOSE, control="L2"))
    work_off()
    assert state(Message.objects.get(control_id="L2")) == "applied", "the next is understood at once"
    assert set(DiagnosticReport.objects.values_list("code", flat=True)) == {"XN0013"}


@pytest.mark.django_db
def test_by_default_no_result_is_kept_from_the_doctor_for_a_code(send: Send, desk: Client) -> None:
    send(admission())
    sent = send(oru(HEAD, GLUCOSE))
    assert (state(sent), reasons(sent)) == ("applied", ["unmapped_service_kept"])
    assert Finding.objects.get().code == "GLU-1"
    noted = NeighbourCode.objects.values_list("kind", "code", "words")
    assert set(noted) == {
        ("service", "SH-GLU", "Đường máu"), ("service", "GLU-1", "Đường huyết"), ("unit", "mmol/l", "Đường huyết"),
    }  # fmt: skip
    for code, our_code in (("SH-GLU", "SH-GLU"), ("GLU-1", "14749-6"), ("mmol/l", "mmol/L")):
        assert map_in_browser(desk, code, our_code) == 302
    again = send(oru(obr(code="SH-GLU^Đường máu^L", filler="F2"), GLUCOSE, control="L2"))
    assert (state(again), reasons(again)) == ("applied", [])
    finding = Finding.objects.latest("pk")
    assert (finding.code, finding.loinc, finding.unit, finding.ucum) == (
        "GLU-1",
        "14749-6",
        "mmol/l",
        "mmol/L",
    )


@pytest.mark.django_db
def test_a_report_that_comes_again_after_mapping_is_another_version_not_a_dead_letter(
    send: Send, desk: Client
) -> None:
    send(admission())
    send(oru(HEAD, GLUCOSE))
    map_in_browser(desk, "GLU-1", "14749-6")
    assert state(send(oru(HEAD, GLUCOSE, control="L2"))) == "applied"
    assert state(send(oru(HEAD, GLUCOSE, control="L3"))) == "superseded"
    assert DiagnosticReport.objects.filter(replaced_by=None).count() == 1


@pytest.mark.django_db
def test_seeing_a_code_again_counts_it_and_writes_no_history(send: Send) -> None:
    send(admission())
    for number in range(3):
        send(oru(obr(code="SH-GLU^Đường máu^L", filler=f"F{number}"), GLUCOSE, control=f"L{number}"))
    assert set(NeighbourCode.objects.values_list("seen_count", flat=True)) == {3}


@pytest.mark.django_db
def test_codes_of_a_held_message_are_listed_though_applying_it_was_undone(send: Send, hold: Channel) -> None:
    send(admission())
    sent = send(oru(HEAD, GLUCOSE))
    assert state(sent) == "dead"
    letter = DeadLetter.objects.get()
    assert letter.reason == "unmapped_service"
    assert {entry[1] for entry in letter.detail["missing"]} == {"SH-GLU", "GLU-1"}
    assert set(NeighbourCode.objects.values_list("code", "words")) == {
        ("SH-GLU", "Đường máu"), ("GLU-1", "Đường huyết"),
    }  # fmt: skip


@pytest.mark.django_db
def test_a_test_taken_back_needs_no_mapping(send: Send, hold: Channel) -> None:
    send(admission())
    wrong = GLUCOSE.replace("||F", "||W").replace("|F", "|W")
    sent = send(oru(HEAD, wrong))
    assert state(sent) != "dead"


@pytest.mark.django_db
def test_channels_of_one_neighbour_share_a_code(facility: Organization) -> None:
    lis = Channel.objects.get(name="LIS", direction="in")
    second = Channel(
        facility=facility, name="LIS gửi", direction="out", receiving_application="LIS", receiving_facility="99999",
        sending_application="EMR", sending_facility="99999", address="10.0.0.1", port=1, allowed_addresses=[],
        message_types=["OML"], account=lis.account,
    )  # fmt: skip
    second.save()
    first = Channel.objects.get(name="LIS", direction="in")
    for channel in (first, second, first):
        note_codes(channel, [Sent("service", "GLU-1")])
    row = NeighbourCode.objects.get()
    assert (row.seen_count, row.channel) == (3, first)
    NeighbourCode.objects.update(mapped_to="X")
    assert ours(second, "service", ["GLU-1"]) == {"GLU-1": "X"}


@pytest.mark.django_db(transaction=True)
def test_a_count_keeps_no_other_worker_waiting(facility: Organization) -> None:
    """A laboratory sends the same codes in every message: workers would file its results one at a time."""
    lis = Channel.objects.get(name="LIS", direction="in")
    note_codes(lis, [Sent("service", "GLU-1")])
    trouble: list[Exception] = []

    def count_as_well() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                note_codes(lis, [Sent("service", "GLU-1"), Sent("service", "HGB")])
        except Exception as error:
            trouble.append(error)
        connections.close_all()

    with transaction.atomic():
        note_codes(lis, [Sent("service", "GLU-1")])
        other = Thread(target=count_as_well)
        other.start()
        other.join()
    assert trouble == []
    assert dict(NeighbourCode.objects.values_list("code", "seen_count")) == {"GLU-1": 2, "HGB": 1}


@pytest.mark.parametrize(
    ("code", "is_one"),
    [("14749-6", True), ("2345-7", True), ("14749-5", False), ("GLU-1", False), ("-6", False)],
)
def test_loinc_codes_carry_a_check_digit(code: str, is_one: bool) -> None:
    assert is_loinc(code) is is_one
