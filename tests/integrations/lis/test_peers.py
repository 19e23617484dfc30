"""What other people's HL7 programs send to the listener's own process stands in the chart as it was sent."""

import base64
import re
from collections.abc import Sequence
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization
from emr.storage.services import read_bytes
from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter
from integrations.hl7v2.parsing import parse
from integrations.transport.models import Message
from tests.emr.people import make_user
from tests.integrations.conftest import ago, facility, state, work_off
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.peers import CLIENTS, listening, send_with

__all__ = ["facility"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.peer]
# Every byte there is, so that nothing on the way can have taken it for text; and longer than a socket reads at once.
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 1500
NOTE = "Mẫu hơi vỡ hồng cầu; đã báo điều dưỡng Đỗ Thị Ưng lúc 8 giờ"


def admission() -> bytes:
    """Bà Đào's, by the HIS."""
    return adt(
        "A01", "A1", at=ago(4), number="0000001", name="Đào^Thị Bích Đào", birth="19600203", sex="F", place="K03^P1^G1"
    )  # fmt: skip


def numbers(creatinine: str, *, control: str, status: str, changed: float) -> bytes:
    """Two numbers with a note, final or corrected."""
    return oru(
        obr(code="HS2^Creatinin và ion đồ^L", status=status, changed=changed),
        obx("NM", "CRE^Creatinin^L^14682-9^Creatinine^LN", creatinine, unit="µmol/L", reference="53-115", flag="H",
            status=status),
        f"NTE|1|L|{NOTE}",
        obx("NM", "NA^Natri^L", "138", unit="mmol/L", reference="135-145", status=status),
        control=control,
    )  # fmt: skip


def blood_culture() -> bytes:
    """Two isolates: the first one's antibiogram below it by sub-id, the second one's a group of its own that names it."""
    return oru(
        obr(filler="V1", code="XN0060^Cấy máu định danh^L", section="MB"),
        obx("CE", "ORG^Vi khuẩn^L", "ECO^Escherichia coli^L", sub="1"),
        obx("ST", "AMK^Amikacin^L", "4", flag="S", sub="1.1"),
        obx("ST", "CIP^Ciprofloxacin^L", ">32", flag="R", sub="1.2"),
        obx("CE", "ORG^Vi khuẩn^L", "SAU^Tụ cầu vàng^L", sub="2"),
        obr(filler="V2", code="KSD^Kháng sinh đồ^L", section="MB", parent="ORG&Vi khuẩn&L^2"),
        obx("ST", "VAN^Vancomycin^L", "1", flag="S"),
        obx("ST", "OXA^Oxacillin^L", "Kháng", flag="R"),
        control="L3",
    )


def paper() -> bytes:
    """A report as a PDF."""
    said = f"LIS^application^pdf^Base64^{base64.b64encode(PDF).decode()}"
    return oru(
        obr(filler="P1", code="GPB^Giải phẫu bệnh^L", section="SP"),
        obx("ED", "PDF^Phiếu kết quả giải phẫu bệnh^L", said),
        control="L4",
    )


FEED = [
    admission(),
    numbers("142", control="L1", status="F", changed=2),
    numbers("124", control="L2", status="C", changed=1),
    blood_culture(),
    paper(),
]


def said_by(report: DiagnosticReport) -> dict[str, tuple[str, ...]]:
    """{finding: (its value, unit, flag, the names below it)}."""
    return {
        f"{finding.title} {finding.text}".strip() if finding.children.exists() else finding.title: (
            f"{finding.comparator}{finding.number:f}".rstrip("0").rstrip(".")
            if finding.number is not None
            else finding.text,
            finding.unit,
            finding.flag,
            *finding.children.order_by("position").values_list("title", flat=True),
        )
        for finding in report.findings.order_by("position")
    }


def words_of(client: Client, address: str) -> str:
    """A page's words as a person reads them."""
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode().split("<main")[1])).split())


def send_and_apply(client: str, feed: Sequence[bytes]) -> None:
    """All of it through the peer's own connection, then what the workers do."""
    with listening() as listener:
        answers = [parse(answer.encode()) for answer in send_with(client, listener.port, list(feed))]
    assert [answer.first("MSA")[1].text() for answer in answers] == ["AA"] * len(feed)
    assert [answer.first("MSA")[2].text() for answer in answers] == ["A1", "L1", "L2", "L3", "L4"]
    work_off()


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_peer_sends_stands_in_the_chart(facility: Organization, client: str) -> None:
    send_and_apply(client, FEED)
    assert [state(message) for message in Message.objects.order_by("pk")] == ["applied"] * 5
    held = {
        report.filler_number.split("|")[0]: report
        for report in DiagnosticReport.objects.filter(replaced_by=None)
    }
    assert set(held) == {"F1", "V1", "P1"}

    corrected = held["F1"]
    assert (corrected.status, corrected.title) == ("corrected", "Creatinin và ion đồ")
    assert said_by(corrected) == {"Creatinin": ("124", "µmol/L", "H"), "Natri": ("138", "mmol/L", "N")}
    assert corrected.findings.get(title="Creatinin").note == NOTE
    assert corrected.replaces is not None
    assert (corrected.replaces.status, corrected.replaces.findings.get(title="Creatinin").number) == (
        "final",
        142,
    )

    culture = held["V1"]
    assert (culture.category, culture.title) == ("microbiology", "Cấy máu định danh")
    assert said_by(culture) == {
        "Vi khuẩn Escherichia coli": ("Escherichia coli", "", "", "Amikacin", "Ciprofloxacin"),
        "Amikacin": ("4", "", "S"),
        "Ciprofloxacin": (">32", "", "R"),
        "Vi khuẩn Tụ cầu vàng": ("Tụ cầu vàng", "", "", "Vancomycin", "Oxacillin"),
        "Vancomycin": ("1", "", "S"),
        "Oxacillin": ("Kháng", "", "R"),
    }  # fmt: skip

    attached = held["P1"].attachments.get()
    assert (attached.title, read_bytes(attached.attachment)) == ("Phiếu kết quả giải phẫu bệnh", PDF)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_doctor_reads_what_a_peer_has_sent(facility: Organization, client: str) -> None:
    send_and_apply(client, FEED)
    stay = Encounter.objects.get()
    browser = Client()
    browser.force_login(
        make_user("bsnoi", "Nguyễn Văn An", "doctor", Organization.objects.get(code="K03")),
        backend="emr.accounts.backends.StaffBackend",
    )
    listed = words_of(browser, reverse("encounters:results:of_stay", args=[stay.uuid]))
    for report in DiagnosticReport.objects.filter(replaced_by=None):
        assert report.title in listed
    by_title = {report.title: report for report in DiagnosticReport.objects.filter(replaced_by=None)}
    numbers_page = words_of(browser, address(by_title["Creatinin và ion đồ"]))
    for words in ("Creatinin 124", NOTE, "142 µmol/L", "Natri 138 mmol/L"):
        assert words in numbers_page
    culture_page = words_of(browser, address(by_title["Cấy máu định danh"]))
    words = ["Escherichia coli", "Amikacin", "Ciprofloxacin", "Tụ cầu vàng", "Vancomycin", "Oxacillin"]
    order = [culture_page.index(word) for word in words]
    assert order == sorted(order), "each antibiotic stands under its own isolate"
    file = browser.get(reverse("encounters:results:file", args=[by_title["Giải phẫu bệnh"].uuid, 1]))
    assert (file["Content-Type"], b"".join([file.content])) == ("application/pdf", PDF)


def address(report: DiagnosticReport) -> str:
    return reverse("encounters:results:report", args=[report.uuid])
