"""HL7 v2 over HTTP: let in by a token from a known address, stored before it is answered, like MLLP otherwise."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2 import views
from integrations.hl7v2.parsing import parse
from integrations.transport.framing import MAX_FRAME
from integrations.transport.listener import Frame
from integrations.transport.models import Acknowledgement, Channel, DeadLetter, Message
from integrations.transport.services import channel_account
from integrations.transport.tokens import make_token
from tests.emr.people import make_user
from tests.integrations.conftest import ago, facility, work_off
from tests.integrations.messages import adt
from tests.integrations.neighbour import answer
from tests.integrations.transport import test_sending as outgoing
from tests.integrations.transport.test_pages import desk, integrator, url
from tests.integrations.transport.test_tls import _authority

__all__ = ["desk", "facility", "integrator"]
pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


@pytest.fixture
def hisb(facility: Organization) -> Channel:
    """A HIS that sends over HTTP from this machine."""
    channel = Channel.objects.create(
        facility=facility, name="HIS khu B", protocol="http", sending_application="HISB", sending_facility="99999",
        allowed_addresses=["127.0.0.0/8"], message_types=["ADT"], processing_ids=["P"],
        account=channel_account(facility, "HISB", "HIS khu B"),
    )  # fmt: skip
    hl7v2.forget_channels()
    return channel


@pytest.fixture
def post(hisb: Channel, integrator: User) -> Post:
    """POST a message as that HIS does."""
    token = make_token(hisb, by=integrator)

    def act(raw: bytes, *, kind: str = "application/hl7-v2", shown: str | None = None, **extra: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}" if shown is None else shown}
        client = Client(enforce_csrf_checks=True)
        address = reverse("integrations:hl7v2:receive", args=[extra.pop("channel", hisb).uuid])
        return client.post(address, raw, content_type=kind, headers=headers, **extra)

    return act


def from_hisb(event: str = "A04", control: str = "H1", **fields: Any) -> bytes:
    return adt(event, control, at=ago(1), sender="HISB", patient_class="O", place="K01", **fields)


def test_a_message_is_stored_and_acknowledged_then_applied(post: Post) -> None:
    told = post(from_hisb())
    assert (told.status_code, told["Content-Type"]) == (200, "application/hl7-v2; charset=utf-8")
    msa = parse(told.content).first("MSA")
    assert (msa[1].text(), msa[2].text()) == ("AA", "H1")
    message = Message.objects.get()
    assert (bytes(message.raw), message.peer_address, message.channel.name) == (
        from_hisb(),
        "127.0.0.1",
        "HIS khu B",
    )
    work_off()
    assert message.state_row.state == "applied"


def test_the_same_again_gets_the_stored_answer_and_other_content_is_an_error(post: Post) -> None:
    first, again = post(from_hisb()), post(from_hisb(), kind="x-application/hl7-v2+er7; charset=utf-8")
    assert first.content == again.content
    assert Message.objects.count() == 1
    other = post(from_hisb(name="Lê^Thị Khác"))
    assert other.status_code == 200
    assert parse(other.content).first("MSA")[1].text() == "AE"
    assert Message.objects.count() == 1


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer wrong", "Basic dGljaGhvcDp4", "Token x"])
def test_without_its_token_nobody_is_let_in(post: Post, shown: str) -> None:
    told = post(from_hisb(), shown=shown)
    assert (told.status_code, told.content) == (401, b"")
    assert not Message.objects.exists()
    assert AuditEvent.objects.filter(action="hl7_sender.refused").count() <= 1


def test_a_channel_that_is_shut_away_or_another_s_lets_nobody_in(
    post: Post, hisb: Channel, integrator: User
) -> None:
    mllp = Channel.objects.get(name="HIS", direction="in")
    assert post(from_hisb(), channel=mllp).status_code == 401, "another channel's address"
    assert post(from_hisb(), REMOTE_ADDR="10.9.9.9").status_code == 401, "from elsewhere"
    hisb.is_enabled = False
    hisb.save()
    assert post(from_hisb()).status_code == 401, "shut out"
    hisb.is_enabled = True
    hisb.save()
    make_token(hisb, by=integrator)
    assert post(from_hisb()).status_code == 401, "the token before the last"
    Channel.objects.update(token_hash="")
    assert post(from_hisb(), shown="Bearer ").status_code == 401, "a channel without a token"
    assert not Message.objects.exists()


def test_a_session_opens_nothing_and_a_reader_neither(desk: Client, hisb: Channel) -> None:
    address = reverse("integrations:hl7v2:receive", args=[hisb.uuid])
    assert desk.post(address, from_hisb(), content_type="application/hl7-v2").status_code == 401
    assert desk.get(address).status_code == 405


def test_nobody_leaves_the_token_out_by_coming_over_mllp(hisb: Channel) -> None:
    reply = hl7v2.receive([Frame(from_hisb(), "127.0.0.1")])[0]
    assert b"|AR|" in reply.wire
    assert not Message.objects.exists()


def test_one_neighbour_does_not_speak_for_another(post: Post) -> None:
    told = post(adt("A04", "H1", at=ago(1), sender="HIS"))
    assert parse(told.content).first("MSA")[1].text() == "AR"
    assert not Message.objects.exists()


@pytest.mark.parametrize("raw", [b"rubbish", b"MSH", b"\x00\xff", b"MSH|^~\\&|HISB|99999"])
def test_what_is_no_message_is_rejected(post: Post, raw: bytes) -> None:
    told = post(raw)
    assert told.status_code == 200
    assert parse(told.content).first("MSA")[1].text() == "AR"
    assert not Message.objects.exists()


def test_forms_of_browsers_and_bodies_too_long_or_empty_are_refused(post: Post) -> None:
    assert post(from_hisb(), kind="text/plain").status_code == 415
    assert post(from_hisb(), kind="application/x-www-form-urlencoded").status_code == 415
    assert post(from_hisb(), CONTENT_LENGTH=str(MAX_FRAME + 1)).status_code == 413
    assert post(from_hisb(), CONTENT_LENGTH="").status_code == 411
    assert not Message.objects.exists()


def test_nothing_is_answered_while_the_database_is_away(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object, **_named: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(hl7v2, "receive_on", away)
    told = post(from_hisb())
    assert (told.status_code, told.content) == (503, b"")
    assert told["Retry-After"]


def test_strangers_and_floods_are_slowed_down(
    post: Post, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMR_RATE_LIMITS = True
    monkeypatch.setattr(views, "_strangers", views.Bucket(3))
    monkeypatch.setattr(views, "_messages", views.Bucket(2))
    assert [post(from_hisb()).status_code for _ in range(3)] == [200, 200, 429]
    assert [post(from_hisb(), shown="x").status_code for _ in range(4)] == [401, 401, 401, 429]


def test_a_channel_and_its_token_are_made_in_the_browser(desk: Client, facility: Organization) -> None:
    good = {
        "name": "HIS khu B", "sending_application": "HISB", "sending_facility": "99999", "message_types": "ADT",
        "allowed_addresses": "127.0.0.1", "processing_ids": ["P"], "charset": "", "duplicate_key": "control-id",
        "protocol": "http",
    }  # fmt: skip
    assert desk.post(url("add_channel"), good | {"allowed_addresses": ""}).status_code == 422
    assert desk.post(url("add_channel"), good | {"protocol": "carrier-pigeon"}).status_code == 422
    assert desk.post(url("add_channel"), good).status_code == 302
    channel = Channel.objects.get(name="HIS khu B")
    assert "Chưa có mã truy cập" in desk.get(url("channel", channel.uuid)).content.decode()
    page = desk.post(url("make_token", channel.uuid)).content.decode()
    token = page.split("Bearer ")[1].split("<")[0]
    assert len(token) > 40
    assert token not in desk.get(url("channel", channel.uuid)).content.decode(), "shown once"
    told = Client().post(
        reverse("integrations:hl7v2:receive", args=[channel.uuid]), from_hisb(), content_type="application/hl7-v2",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert told.status_code == 200
    his = Channel.objects.get(name="HIS", direction="in")
    assert desk.post(url("make_token", his.uuid)).status_code == 302
    his.refresh_from_db()
    assert his.token_hash == ""


def test_a_doctor_makes_no_token(client: Client, facility: Organization, hisb: Channel) -> None:
    doctor = make_user("bs", "Bác Sĩ", "doctor", facility)
    client.force_login(doctor, backend="emr.accounts.backends.StaffBackend")
    assert client.post(url("make_token", hisb.uuid)).status_code == 403
    hisb.refresh_from_db()
    assert hisb.token_hash == ""


class Web:
    """A neighbour that takes messages over HTTP and answers as it is told: (status, body for a control id, headers)."""

    def __init__(self) -> None:
        self.said: Callable[[str], tuple[int, bytes]] = lambda control: (200, ack("AA", control))
        self.headers: dict[str, str] = {}
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        web = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                web.received.append((self.path, dict(self.headers), raw))
                status, body = web.said(parse(raw).first("MSH")[10].text())
                self.send_response(status)
                for name, value in web.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.port = self.server.server_address[1]


def ack(code: str, control: str) -> bytes:
    """An acknowledgement without MLLP's frame."""
    return answer(code, control)[1:-2]


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, daemon=True)
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()


@pytest.fixture
def http(facility: Organization, web: Web, settings: Any, tmp_path: Any) -> Channel:
    """An outgoing channel to it that shows a token."""
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "lis.token").write_text("s3cret\n")
    changes: dict[str, Any] = {"path": "/hl7?x=1", "credential": "lis", "answer_seconds": 15}
    return outgoing.make_channel(facility, web, protocol="http", **changes)  # type: ignore[arg-type]  # only its port is asked


def test_a_message_goes_out_in_the_body_and_its_answer_is_kept(http: Channel, web: Web) -> None:
    sent = outgoing.order(http, "O1")
    outgoing.work_off()
    assert outgoing.state(sent) == "delivered"
    assert sent is not None
    ((path, headers, raw),) = web.received
    assert (path, headers["Authorization"], headers["Content-Type"]) == (
        "/hl7?x=1", "Bearer s3cret", "application/hl7-v2",
    )  # fmt: skip
    assert raw == bytes(sent.raw)
    assert bytes(Acknowledgement.objects.get(message=sent).raw) == ack("AA", "O1")


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ((200, ack("AE", "O1")), "dead", "neighbour_error"),
        ((400, ack("AR", "O1")), "dead", "neighbour_rejects"),
        ((200, b"ok"), "queued", "no_acknowledgement"),
        ((401, b""), "queued", "no_acknowledgement"),
        ((200, ack("AA", "OTHER")), "queued", "no_acknowledgement"),
        ((200, b"x" * (1024 * 1024 + 2)), "queued", "closed"),
    ],
)
def test_what_the_body_says_counts(
    http: Channel, web: Web, said: tuple[int, bytes], state: str, reason: str
) -> None:
    web.said = lambda _control: said
    sent = outgoing.order(http, "O1")
    outgoing.work_off()
    assert outgoing.state(sent) == state
    assert reason == (DeadLetter.objects.get().reason if state == "dead" else outgoing.failure(sent))


def test_a_way_elsewhere_is_not_followed_and_a_lost_token_is_named(
    http: Channel, web: Web, tmp_path: Any
) -> None:
    web.headers = {"Location": f"http://127.0.0.1:{web.port}/elsewhere"}
    web.said = lambda _control: (307, b"")
    sent = outgoing.order(http, "O1")
    outgoing.work_off()
    assert len(web.received) == 1
    assert outgoing.failure(sent) == "no_acknowledgement"
    (tmp_path / "peers" / "lis.token").unlink()
    outgoing.work_off()
    assert outgoing.failure(sent) == "token_file"
    assert len(web.received) == 1


def test_a_neighbour_that_hangs_is_left_in_time(http: Channel, web: Web) -> None:
    gate = threading.Event()
    http.answer_seconds = 1
    http.save()
    web.said = lambda control: ((gate.wait(20) and 200) or 200, ack("AA", control))
    sent = outgoing.order(http, "O1")
    outgoing.work_off()
    assert outgoing.failure(sent) == "no_answer"
    gate.set()


def test_over_https_both_sides_show_certificates(
    facility: Organization, settings: Any, tmp_path: Any
) -> None:
    """S-61: ours from EMR_HOME/peers, by the channel's choice; theirs checked by name and authority."""
    settings.EMR_HOME = tmp_path
    (tmp_path / "peers").mkdir()
    hospital, stranger = (
        _authority(tmp_path / "peers", "hospital"),
        _authority(tmp_path / "peers", "stranger"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*hospital.issue("lis"))
    context.load_verify_locations(hospital.file)
    context.verify_mode = ssl.CERT_REQUIRED
    hospital.issue("emr")
    stranger.issue("emr")
    web = Web()
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    threading.Thread(target=web.server.serve_forever, daemon=True).start()
    good = {"protocol": "http", "path": "/hl7", "uses_tls": True, "authority": "hospital"}
    for number, (certificate, end) in enumerate(
        (("", "queued"), ("stranger-emr", "queued"), ("hospital-emr", "delivered"))
    ):
        changes: dict[str, Any] = good | {"client_certificate": certificate, "name": f"LIS {number}"}
        sent = outgoing.order(outgoing.make_channel(facility, web, **changes), f"O{number}")  # type: ignore[arg-type]  # only its port is asked
        outgoing.work_off()
        assert (outgoing.state(sent), len(web.received)) == (end, int(end == "delivered")), certificate
    web.server.shutdown()
    web.server.server_close()
