"""A channel over HTTP that asks for a certificate: the shipped nginx in front, a right one, wrong ones, and none."""

import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.local.home import CHECKOUT
from integrations.hl7v2 import services as hl7v2
from integrations.transport.models import Channel, Message
from integrations.transport.tokens import make_token
from tests.integrations.conftest import facility
from tests.integrations.hl7v2.test_http import hisb
from tests.integrations.messages import adt
from tests.integrations.transport.test_pages import desk, integrator, url
from tests.integrations.transport.test_tls import Authority, _authority
from tests.support.services import tool

__all__ = ["desk", "facility", "hisb", "integrator"]
pytestmark = pytest.mark.django_db(transaction=True)
Shown = tuple[str, str] | None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def authority(tmp_path: Path, settings: Any) -> Authority:
    settings.EMR_PROXY_COUNT, settings.EMR_PROXY_CERTIFICATES = 1, "yes"
    hl7v2._alerted_at.clear()  # one alert a minute: another test's counts as well
    return _authority(tmp_path, "hospital")


@pytest.fixture
def proxy(tmp_path: Path, live_server: Any, authority: Authority) -> Iterator[int]:
    """The shipped configuration, its addresses put to this machine's; answers the port that asks for certificates."""
    certificate, key = authority.issue("nginx")
    port, site = free_port(), (CHECKOUT / "docker/nginx/benhanmo.conf").read_text(encoding="utf-8")
    for shipped, here in (
        ("/etc/nginx/tls/certificate.pem", certificate),
        ("/etc/nginx/tls/key.pem", key),
        ("web:8000", urlsplit(live_server.url).netloc),
        ("    http2 on;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{free_port()} ssl;"),
        ("listen 8443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/dev/stdout", f"{tmp_path}/access.log"),
    ):
        assert shipped in site
        site = site.replace(shipped, here)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {temporary} {site} }}"
    (tmp_path / "nginx.conf").write_text(main)
    nginx = subprocess.Popen(
        [tool("nginx", "nginx-light"), "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", "stderr"]
    )
    try:
        for _try in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert nginx.poll() is None, "nginx ended"
            time.sleep(0.05)
        yield port
    finally:
        nginx.terminate()
        nginx.wait(20)


def fingerprint(shown: Shown) -> str:
    assert shown is not None
    return x509.load_pem_x509_certificate(Path(shown[0]).read_bytes()).fingerprint(hashes.SHA256()).hex()


def send(
    port: int, authority: Authority, path: str, token: str, shown: Shown = None, **headers: str
) -> tuple[int, bytes]:
    """POST an admission through the proxy; answers status and body."""
    context = ssl.create_default_context(cafile=authority.file)
    if shown:
        context.load_cert_chain(*shown)
    wire = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    said = {"Authorization": f"Bearer {token}", "Content-Type": "application/hl7-v2"} | headers
    try:
        wire.request("POST", path, adt("A28", "C1", sender="HISB"), said)
        answer = wire.getresponse()
        return answer.status, answer.read()
    finally:
        wire.close()


def test_the_right_certificate_is_let_in_and_no_other(
    proxy: int, authority: Authority, hisb: Channel, integrator: User, tmp_path: Path
) -> None:
    right, other = authority.issue("his"), authority.issue("other")
    over = authority.issue("over", days=-1)
    (tmp_path / "strange").mkdir()
    stranger = _authority(tmp_path / "strange", "stranger").issue("his")
    token = make_token(hisb, by=integrator)
    hisb.peer_certificates = [fingerprint(right), fingerprint(over)]
    hisb.save()
    path = reverse("integrations:hl7v2:receive", args=[hisb.uuid])
    for shown in (None, other, stranger):
        assert send(proxy, authority, path, token, shown)[0] == 401
    assert send(proxy, authority, path, token, over)[0] == 400, "nginx itself takes none that has run out"
    # What isn't secret proves nothing: the certificate itself, sent as the proxy would, is thrown away on the way.
    forged = quote(Path(right[0]).read_text())
    assert send(proxy, authority, path, token, None, **{"X-Client-Certificate": forged})[0] == 401
    assert send(proxy, authority, path, token, other, **{"X-Client-Certificate": forged})[0] == 401
    assert send(proxy, authority, path, "wrong", right)[0] == 401, "the token is asked for as well"
    assert not Message.objects.exists()
    status, answer = send(proxy, authority, path, token, right)
    assert (status, b"|AA|" in answer or b"MSA|AA" in answer) == (200, True)
    assert Message.objects.get().channel == hisb
    assert AuditEvent.objects.filter(action="hl7_sender.refused", detail__reason="certificate").exists()
    assert send(proxy, authority, "/sign-in/", token, right)[0] == 404, (
        "no page of people is behind this door"
    )


def test_without_a_proxy_that_says_so_the_header_is_nobody_s_word(
    authority: Authority, hisb: Channel, integrator: User, client: Client, settings: Any
) -> None:
    right, over = authority.issue("his"), authority.issue("over", days=-1)
    hisb.peer_certificates = [fingerprint(right), fingerprint(over)]
    hisb.save()
    token = make_token(hisb, by=integrator)

    def status(shown: tuple[str, str] = right) -> int:
        answer = client.post(
            reverse("integrations:hl7v2:receive", args=[hisb.uuid]),
            adt("A28", "C1", sender="HISB"),
            content_type="application/hl7-v2",
            headers={
                "Authorization": f"Bearer {token}",
                "X-Client-Certificate": quote(Path(shown[0]).read_text()),
                "X-Forwarded-For": "127.0.0.1",
            },
        )
        return int(answer.status_code)

    settings.EMR_PROXY_CERTIFICATES = "no"
    assert status() == 401
    settings.EMR_PROXY_CERTIFICATES, settings.EMR_PROXY_COUNT = "yes", 0
    assert status() == 401
    settings.EMR_PROXY_COUNT = 1
    assert status(over) == 401, "another proxy may pass on what has run out"
    assert status() == 200


def test_the_page_takes_certificates_and_fingerprints(
    authority: Authority, hisb: Channel, desk: Client, settings: Any
) -> None:
    first, second = authority.issue("his"), authority.issue("next")
    colons = ":".join(fingerprint(second)[i : i + 2] for i in range(0, 64, 2)).upper()
    typed = {
        "name": hisb.name, "sending_application": "HISB", "sending_facility": "99999", "protocol": "http",
        "allowed_addresses": "127.0.0.0/8", "message_types": "ADT", "processing_ids": ["P"], "charset": "",
        "duplicate_key": "control-id", "peer_certificates": f"{Path(first[0]).read_text()}\n{colons}",
    }  # fmt: skip
    assert desk.post(url("channel", hisb.uuid), typed).status_code == 302
    hisb.refresh_from_db()
    assert hisb.peer_certificates == [fingerprint(first), fingerprint(second)]
    assert desk.post(url("channel", hisb.uuid), typed | {"peer_certificates": "abc"}).status_code == 422
    settings.EMR_PROXY_CERTIFICATES = "no"
    refused = desk.post(url("channel", hisb.uuid), typed)
    assert "EMR_PROXY_CERTIFICATES" in refused.content.decode()
    assert refused.status_code == 422
