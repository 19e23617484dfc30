"""Messages leave by real protocols to real listeners, and say nothing but that there is a notice (S-55)."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from django.utils import timezone
from pytest_django import Settings

from emr.audit.models import AuditEvent
from emr.local.home import CHECKOUT
from emr.notices import services
from emr.notices.channels import Refused, Unreachable, channel_of
from emr.notices.models import Notice, NoticeDelivery
from emr.notices.services import delivering
from emr.notices.simulator import Gateway
from emr.notices.text import Outgoing
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from tests.emr.notices.house import People, reach

pytestmark = pytest.mark.django_db
SECRET = "Khoa Nội, người bệnh Nguyễn Thị Dào, HIV"
DELIVERY = "7d0fb0a0-3ad4-4c0d-9d4f-3c5f0f6f8a11"


class Mailbox:
    """A mail server's inside: what it took, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[Envelope, EmailMessage | Message]] = []
        self.answers: list[str] = []
        self.passwords: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.taken.append((envelope, message_from_bytes(envelope.content or b"", policy=policy.default)))
        return "250 taken"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        self.passwords.append((data.login, data.password))
        return AuthResult(success=data.password == b"thu")


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """An SMTP server on a real socket."""
    inside = Mailbox()
    controller = Controller(
        inside, hostname="127.0.0.1", port=0, authenticator=inside.authenticate, auth_require_tls=False
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", controller.port, False
    settings.DEFAULT_FROM_EMAIL = "Bệnh án <benhan@benhvien.vn>"
    yield inside
    controller.stop()


def owe(people: People, kind: str = "test.glass") -> Notice:
    return services.notify(
        kind=kind, key="k", facility=people.facility, department=people.ward, to=[people.binh],
        parameters={"place": SECRET},
    )  # fmt: skip


def send_all() -> list[bool]:
    """What the worker does with what is owed; whether each was delivered."""
    owed = OutboxEvent.objects.filter(topic="notice_delivery.owed", done_at=None, failed_at=None).order_by(
        "pk"
    )
    owed.update(available_at=timezone.now())
    return [deliver(event_id=pk) for pk in list(owed.values_list("pk", flat=True))]


def outgoing(**changed: Any) -> Outgoing:
    values = {
        "id": UUID(DELIVERY),
        "to": "+84912345678",
        "subject": "s",
        "text": "t",
        "short": "s",
        "is_urgent": True,
    }
    return Outgoing(**(values | changed))


def test_an_e_mail_says_that_there_is_a_notice_and_nothing_of_it(
    people: People, mailbox: Mailbox, settings: Settings
) -> None:
    """S-55: no patient, no place, no words of the notice leave the house."""
    settings.EMR_PUBLIC_URL = "https://benhan.benhvien.vn"
    reach(people.binh, phone="", chat="")
    notice = owe(people)
    assert send_all() == [True]
    [(envelope, mail)] = mailbox.taken
    assert envelope.rcpt_tos == ["binh@example.vn"]
    text = mail.get_content()  # type: ignore[union-attr]
    assert f"https://benhan.benhvien.vn/notices/{notice.uuid}/" in text
    assert str(notice.pk) in mail["Subject"]
    assert mail["Subject"].strip().startswith("KHẨN")
    whole = f"{mail['Subject']} {text}"
    assert not [word for word in ("Dào", "HIV", "Nội", "Emergency") if word in whole]
    delivery = notice.deliveries.get()
    assert mail["Message-ID"] == f"<{delivery.uuid}@benhvien.vn>"
    assert (delivery.status, delivery.problem) == ("completed", "")
    assert AuditEvent.objects.get(action="notice.deliver").detail["channel"] == "email"


def test_the_mail_server_asks_for_the_password_of_the_operator(
    people: People, mailbox: Mailbox, settings: Settings
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "benhan", "thu"
    reach(people.binh, phone="", chat="")
    owe(people)
    assert send_all() == [True]
    assert mailbox.passwords == [(b"benhan", b"thu")]


def test_a_busy_mail_server_is_asked_again_and_gets_the_message_once(
    people: People, mailbox: Mailbox
) -> None:
    mailbox.answers = ["451 later"]
    reach(people.binh, phone="", chat="")
    notice = owe(people)
    assert send_all() == [False]
    assert notice.deliveries.get().status == "preparation"
    assert send_all() == [True]
    assert len(mailbox.taken) == 1
    assert notice.deliveries.get().status == "completed"
    assert send_all() == []


def test_a_refused_address_is_not_tried_again_and_the_log_says_so(people: People, mailbox: Mailbox) -> None:
    mailbox.answers = ["550 nobody here"]
    reach(people.binh, phone="", chat="")
    notice = owe(people)
    assert send_all() == [True]
    delivery = notice.deliveries.get()
    assert (delivery.status, delivery.problem) == ("not-done", "refused")
    failed = AuditEvent.objects.get(action="notice.fail")
    assert failed.outcome == "failure"
    assert "binh@" not in json.dumps(failed.detail)


def test_sms_and_chat_go_to_the_gateway_with_the_token(people: People, gateway: Gateway) -> None:
    """S-55: the same for text messages."""
    reach(people.binh, email="")
    notice = owe(people)
    assert send_all() == [True]
    [message] = gateway.taken.values()
    assert (message.way, message.to, message.urgent, message.times) == ("sms", "+84912345678", True, 1)
    assert message.text == f"KHAN: thong bao so {notice.pk}. Hay dang nhap benh an dien tu va xem ngay."
    assert message.text.isascii()
    assert len(message.text) <= 160


def test_a_worker_killed_after_the_gateway_took_it_sends_it_under_the_same_id(
    people: People, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(people.binh, email="")
    notice = owe(people)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_keep", die)
        with pytest.raises(KeyboardInterrupt):
            send_all()
    OutboxEvent.objects.update(lease_until=None)  # as it is when the lease has run out
    assert send_all() == [True]
    [message] = gateway.taken.values()
    assert message.times == 2
    assert notice.deliveries.get().status == "completed"


def test_what_is_answered_before_it_left_stays_in_the_house(people: People, gateway: Gateway) -> None:
    reach(people.binh, email="")
    services.acknowledge(notice=owe(people), by=people.binh)
    assert send_all() == [True]
    assert gateway.taken == {}


def test_a_gateway_that_stays_away_ends_as_a_failure_that_a_person_sees(
    people: People, settings: Settings
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, never listening
        settings.EMR_SMS_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}/sms"
        reach(people.binh, email="")
        notice = owe(people)
        outcomes = [send_all() for _ in range(delivering.ATTEMPTS)]
    assert outcomes == [[False]] * (delivering.ATTEMPTS - 1) + [[True]]
    delivery = NoticeDelivery.objects.get(notice=notice)
    assert (delivery.status, delivery.problem) == ("not-done", "unreachable")
    assert not OutboxEvent.objects.exclude(failed_at=None).exists()  # no alarm about the alarm


def test_a_wrong_token_keeps_the_message_for_later(
    people: People, gateway: Gateway, settings: Settings
) -> None:
    settings.EMR_SMS_TOKEN = "falsch"
    with pytest.raises(Unreachable, match="401"):
        channel_of("sms").send(outgoing())  # type: ignore[union-attr]
    assert gateway.taken == {}


class _Elsewhere(BaseHTTPRequestHandler):
    hits: list[str] = []
    target = ""

    def do_POST(self) -> None:
        self.hits.append(self.path)
        self.send_response(307)
        self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_a_gateway_cannot_send_us_elsewhere(gateway: Gateway, settings: Settings) -> None:
    """S-40: the operator named one host; a redirect is followed nowhere, and the token goes nowhere."""
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        _Elsewhere.target = f"http://127.0.0.1:{gateway.server_address[1]}/sms"
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        settings.EMR_SMS_URL = f"http://127.0.0.1:{server.server_address[1]}/x"
        with pytest.raises((Unreachable, Refused)):
            channel_of("sms").send(outgoing())  # type: ignore[union-attr]
        thread.join(10)
    assert _Elsewhere.hits == ["/x"]
    assert gateway.taken == {}


def test_a_file_is_no_gateway(settings: Settings) -> None:
    settings.EMR_SMS_URL = "file:///etc/passwd"
    with pytest.raises(Refused):
        channel_of("sms").send(outgoing())  # type: ignore[union-attr]


def test_the_demo_gateway_is_a_process_of_its_own_that_says_what_it_is() -> None:
    command = [sys.executable, "-m", "emr.notices.simulator", "--port", "0"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            port = int(address.rstrip("/").rpartition(":")[2])
            asked = HTTPConnection("127.0.0.1", port, timeout=10)
            body = json.dumps({"id": "1", "to": "<b>", "text": "Thông báo số 7", "urgent": False})
            asked.request("POST", "/chat", body.encode())
            assert json.load(asked.getresponse()) == {"id": "1", "demo": True}
            assert "not sent" in process.stdout.readline()
            asked = HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", "/")
            page = asked.getresponse().read().decode()
            assert "DEMO: nothing is sent" in page
            assert "&lt;b&gt;" in page
            assert "<b>" not in page
        finally:
            process.terminate()
