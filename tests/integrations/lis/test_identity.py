"""Whose a result is, integration staff may propose; the laboratory alone says so."""

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from encounters.results.models import DiagnosticReport
from integrations.lis.models import IdentityConfirmation
from integrations.transport.models import DeadLetter, Message
from patients.registry.models import Patient
from tests.emr.people import make_department, make_user
from tests.encounters.visits.ward import signed_in
from tests.integrations.conftest import Send, ago, state, work_off
from tests.integrations.lis.results import PID, obr, obx, oru
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db
LIST = reverse("integrations:lis:identities")
VALUE = obx("NM", "CRE^Creatinin^L", "142.75", unit="µmol/L", reference="53-115", flag="H")
# The laboratory's own typing error: a number that another patient has.
MISTYPED = PID.replace("0000001", "0000002")


def address(name: str, letter: DeadLetter) -> str:
    return reverse(f"integrations:lis:{name}", args=[letter.uuid])


@pytest.fixture
def lab(facility: Organization) -> Client:
    return signed_in(make_user("xn", "Phạm Thị Xét", "laboratory", facility))


@pytest.fixture
def desk(facility: Organization) -> Client:
    return signed_in(make_user("tichhop", "Lê Tích Hợp", "integration", facility))


@pytest.fixture
def dead(facility: Organization, send: Send) -> Message:
    """Bà Đào's result under ông Tư's number: nobody's, until a person has looked."""
    for number, name, birth, sex in (
        ("0000001", "Đào^Thị Bích Đào", "19600203", "F"),
        ("0000002", "Vũ^Văn Tư", "19811109", "M"),
    ):
        whose = {"number": number, "name": name, "birth": birth, "sex": sex, "visit": f"DT{number}"}
        raw = adt("A01", f"A{number}", at=ago(4), place=f"K03^P1^G{number[-1]}", **whose)
        sent = send(raw)
        assert state(sent) == "applied", sent.dead_letters.values_list("reason", "detail")
    message = send(oru(obr(), VALUE, pid=MISTYPED))
    assert state(message) == "dead"
    return message


def correct(desk: Client, message: Message, old: str, new: str) -> Message:
    """The integration staff edit the message as they see it, patient data hidden."""
    letter = message.dead_letters.get(resolution="")
    page = reverse("integrations:transport:dead_letter", args=[letter.uuid])
    shown = desk.get(page).context["shown"].text
    assert old in shown
    answer = desk.post(
        reverse("integrations:transport:replay_edited", args=[letter.uuid]), {"text": shown.replace(old, new)}
    )
    assert answer.status_code == 302
    work_off()
    return Message.objects.get(edited_from=message)


def waiting(message: Message) -> DeadLetter:
    letter = message.dead_letters.get(resolution="")
    assert letter.reason == "confirm_identity"
    return letter


def test_a_corrected_patient_reaches_the_chart_when_the_laboratory_has_said_yes(
    dead: Message, desk: Client, lab: Client
) -> None:
    copy = correct(desk, dead, "‹PID-3.1·2›", "0000001")
    letter = waiting(copy)
    assert not DiagnosticReport.objects.exists(), "nothing is filed before"
    assert list(lab.get(LIST).context["page"]) == [letter]
    assert ">1<" in lab.get(reverse("integrations:lis:identity_badge")).content.decode()
    page = lab.get(address("identity", letter))
    html = page.content.decode()
    assert "0000001" in html and "0000002" in html and "ĐÀO THỊ BÍCH ĐÀO" in html
    assert [line.label for line in page.context["lines"] if line.is_changed] == ["Mã người bệnh"]
    shown = html.split("<main")[1]
    assert "142.75" not in shown and "142,75" not in shown, "whose it is doesn't hang on the value"
    assert lab.post(address("answer_identity", letter), {"answer": "yes"}).status_code == 302
    work_off()
    assert state(copy) == "applied"
    assert DiagnosticReport.objects.get().patient == Patient.objects.get(full_name="Đào Thị Bích Đào")
    assert AuditEvent.objects.filter(action="hl7_message.confirm_identity", agent_name="xn").exists()
    assert lab.post(address("answer_identity", letter), {"answer": "yes"}).status_code == 404, "answered once"
    assert DiagnosticReport.objects.count() == 1


def test_a_no_sends_it_back_with_who_said_so_and_another_correction_is_asked_about_anew(
    dead: Message, desk: Client, lab: Client
) -> None:
    copy = correct(desk, dead, "‹PID-3.1·2›", "0000001")
    letter = waiting(copy)
    refusal = lab.post(address("answer_identity", letter), {"answer": "no"})
    assert refusal.status_code == 422, "no without a word helps nobody"
    assert (
        lab.post(address("answer_identity", letter), {"answer": "no", "note": "Ống của ông Tư"}).status_code
        == 302
    )
    letter.refresh_from_db()
    assert (letter.reason, letter.resolution) == ("identity_refused", "")
    page = reverse("integrations:transport:dead_letter", args=[letter.uuid])
    assert "Phạm Thị Xét" in desk.get(page).content.decode()
    desk.post(reverse("integrations:transport:replay", args=[letter.uuid]))
    work_off()
    assert copy.dead_letters.get(resolution="").reason == "identity_refused", "pressing replay isn't a yes"
    again = correct(desk, copy, "‹PID-5.1·2›", "Vũ")
    waiting(again)
    assert not DiagnosticReport.objects.exists()


def test_replaying_is_no_way_round_the_laboratory(dead: Message, desk: Client) -> None:
    copy = correct(desk, dead, "‹PID-3.1·2›", "0000001")
    desk.post(reverse("integrations:transport:replay", args=[waiting(copy).uuid]))
    work_off()
    waiting(copy)
    assert not DiagnosticReport.objects.exists()


def test_a_correction_of_something_else_needs_no_laboratory(dead: Message, desk: Client, send: Send) -> None:
    """A date that isn't in the calendar says nothing of whose result it is."""
    broken = send(oru(obr().replace(ago(3), "20261399"), VALUE, control="L9"))
    assert state(broken) == "dead"
    copy = correct(desk, broken, "‹OBR-7·4›", ago(3))
    assert state(copy) == "applied"
    assert DiagnosticReport.objects.count() == 1


def test_a_changed_order_number_is_asked_about_too(dead: Message, desk: Client, send: Send) -> None:
    broken = send(oru(obr(filler=""), VALUE, control="L9"))
    assert broken.dead_letters.get().reason == "no_result_number"
    waiting(correct(desk, broken, "OBR|1|||", "OBR|1||F77|"))


def test_who_corrected_it_does_not_confirm_it(dead: Message, facility: Organization, lab: Client) -> None:
    """Somebody may hold both rights; one person's word is still one."""
    from integrations.transport.services import replay_edited  # noqa: PLC0415

    both = User.objects.get(username="xn")
    raw = bytes(dead.raw).replace(b"0000002", b"0000001")
    copy = replay_edited(dead.dead_letters.get(), raw=raw, patient_number="0000001", by=both)
    work_off()
    letter = waiting(copy)
    assert lab.post(address("answer_identity", letter), {"answer": "yes"}).status_code == 422
    assert not IdentityConfirmation.objects.exists()


def test_a_number_that_nobody_has_is_not_confirmed(dead: Message, desk: Client, lab: Client) -> None:
    letter = waiting(correct(desk, dead, "‹PID-3.1·2›", "0009999"))
    assert lab.get(address("identity", letter)).context["found"] is None
    assert lab.post(address("answer_identity", letter), {"answer": "yes"}).status_code == 422


@pytest.mark.parametrize("role", ["integration", "doctor", "admin", "auditor", "nurse"])
def test_nobody_else_answers(dead: Message, desk: Client, facility: Organization, role: str) -> None:
    letter = waiting(correct(desk, dead, "‹PID-3.1·2›", "0000001"))
    client = signed_in(make_user("ai", "Ai Đó", role, make_department(facility, "K77", "Khoa khác")))
    assert client.get(LIST).status_code == 403
    assert client.get(address("identity", letter)).status_code == 403
    assert client.post(address("answer_identity", letter), {"answer": "yes"}).status_code == 403
    assert not IdentityConfirmation.objects.exists()


def test_another_house_s_laboratory_finds_nothing(dead: Message, desk: Client) -> None:
    letter = waiting(correct(desk, dead, "‹PID-3.1·2›", "0000001"))
    other = Organization.objects.create(kind="facility", code="88888", name="Khác")
    client = signed_in(make_user("xa", "Người Xa", "laboratory", other))
    assert client.get(address("identity", letter)).status_code == 404
    assert not list(client.get(LIST).context["page"])
