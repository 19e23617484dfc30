"""TXA-18: what its sender keeps closely is read by those who care for the patient in person, by nobody else (S-05)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from integrations.mdm.models import ReceivedDocument
from patients.registry.models import CareContext, Patient
from patients.registry.services import open_care
from tests.emr.people import make_an, make_department, make_user
from tests.emr.signin.test_sessions import come_in
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.mdm.messages import mdm
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(facility: Organization, send: Send) -> Organization:
    """Bình lies in internal medicine."""
    send(adt("A01", "A1", at=ago(5)))
    return make_department(facility, "K03", "Khoa Nội")


@pytest.fixture
def an(ward: Organization) -> User:
    """His attending doctor."""
    doctor = make_an(ward)
    open_care(patient=Patient.objects.get(), practitioner=doctor, source="team:1")
    return doctor


@pytest.fixture
def lan(ward: Organization) -> User:
    """A doctor of the same ward."""
    return make_user("lan", "Phạm Thị Lan", "doctor", ward)


def listed(client: Client) -> str:
    return client.get(f"/received-documents/of/{Patient.objects.get().uuid}/").content.decode()


def opened(client: Client, document: ReceivedDocument) -> list[int]:
    return [client.get(f"/received-documents/{document.uuid}/{end}").status_code for end in ("", "file")]


@pytest.mark.parametrize("sent", ["R", "V"])
def test_the_ward_sees_that_there_is_one_and_nothing_of_it(
    an: User, lan: User, send: Send, sent: str
) -> None:
    assert state(send(mdm(confidentiality=sent))) == "applied"
    document = ReceivedDocument.objects.get()
    assert document.confidentiality == sent
    assert AuditEvent.objects.get(action="received_document.file").detail["confidentiality"] == sent
    attending, colleague = come_in(an), come_in(lan)
    assert "Đơn thuốc ra viện" in listed(attending)
    assert opened(attending, document) == [200, 200]
    page = listed(colleague)
    assert "Đơn thuốc" not in page
    assert "Có 1 tài liệu bên gửi đánh dấu bảo mật" in page
    assert "bên gửi đánh dấu bảo mật" not in listed(attending)
    assert opened(colleague, document) == [404, 404]


def test_an_emergency_opens_it(an: User, lan: User, send: Send) -> None:
    send(mdm(confidentiality="V"))
    open_care(patient=Patient.objects.get(), practitioner=lan, reason=CareContext.EMERGENCY)
    assert opened(come_in(lan), ReceivedDocument.objects.get()) == [200, 200]


@pytest.mark.parametrize("sent", ["", "U"])
def test_usual_control_is_the_wards(an: User, lan: User, send: Send, sent: str) -> None:
    send(mdm(confidentiality=sent))
    assert opened(come_in(lan), ReceivedDocument.objects.get()) == [200, 200]


def test_the_newest_version_decides_for_the_whole_line(an: User, lan: User, send: Send) -> None:
    """A neighbour that marks a document later means what it sent before as well; left out it says nothing."""
    client = come_in(lan)
    send(mdm(control_id="D1", hours=4))
    first = ReceivedDocument.objects.get()
    assert opened(client, first) == [200, 200]
    send(mdm("T04", "D2", hours=3, data=None, confidentiality="R"))
    assert opened(client, first) == [404, 404]
    send(mdm("T08", "D3", hours=2, data=b"%PDF-1.7 khac"))
    assert ReceivedDocument.objects.latest("version").confidentiality == "R"
    send(mdm("T08", "D4", hours=1, data=b"%PDF-1.7 khac nua", confidentiality="U"))
    assert opened(client, first) == [200, 200]


def test_a_word_that_the_table_lacks_is_taken_for_restricted(an: User, lan: User, send: Send) -> None:
    message = send(mdm(confidentiality="BIMAT"))
    assert reasons(message) == ["odd_confidentiality"]
    assert ReceivedDocument.objects.get().confidentiality == "R"
    assert opened(come_in(lan), ReceivedDocument.objects.get()) == [404, 404]


def test_many_of_them_cost_the_page_no_more(an: User, lan: User, send: Send) -> None:
    client = come_in(lan)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            listed(client)
        return len(seen)

    send(mdm(control_id="A", number="A", confidentiality="R"))
    send(mdm(control_id="B", number="B"))
    queries()
    few = queries()
    for number in range(2, 9):
        send(mdm(control_id=f"D{number}", number=f"DOC{number}", confidentiality="R" if number % 2 else ""))
    assert queries() == few
