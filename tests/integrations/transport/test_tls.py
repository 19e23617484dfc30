"""The listener behind TLS, as a process of its own: who shows what, who is let in (S-61)."""

import contextlib
import datetime as dt
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from integrations.transport.demo import load
from integrations.transport.framing import FrameDecoder, frame
from integrations.transport.listener import UnusableTls, tls_context
from integrations.transport.models import Message
from tests.emr.people import make_facility
from tests.integrations.messages import adt
from tests.integrations.peers import ROOT, RawSender, RunningListener, listening

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Authority:
    """Issues certificates into a folder."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        return str(self.folder / f"{self.name}.pem")

    def issue(self, name: str, *, days: int = 30) -> tuple[str, str]:
        """(certificate file, key file) for 127.0.0.1, server or client; one with days < 0 has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(name, self.certificate.subject, key, days)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return _write(self.folder / f"{self.name}-{name}", certificate, key)


def _builder(
    name: str, issuer: x509.Name | None, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=60))
        .not_valid_after(NOW + dt.timedelta(days=days))
    )


def _write(stem: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    stem.with_suffix(".pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    stem.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(stem.with_suffix(".pem")), str(stem.with_suffix(".key"))


def _authority(folder: Path, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(name, None, key, 60)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / name, certificate, key)
    return Authority(folder, name, key, certificate)


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    """The hospital's own authority: the listener's certificate and those of its neighbours."""
    load(make_facility())
    return _authority(tmp_path, "hospital")


def _environment(hospital: Authority, *, demand: bool) -> dict[str, str]:
    certificate, key = hospital.issue("listener")
    named = {"EMR_MLLP_TLS_CERT": certificate, "EMR_MLLP_TLS_KEY": key}
    return named | ({"EMR_MLLP_TLS_CA": hospital.file} if demand else {})


def _ask(
    listener: RunningListener,
    hospital: Authority,
    *,
    shown: tuple[str, str] | None = None,
    control_id: str = "T1",
) -> list[bytes]:
    """What a sender gets that checks the listener's certificate and shows its own, if any; [] when it is refused."""
    context = ssl.create_default_context(cafile=hospital.file)
    if shown:
        context.load_cert_chain(*shown)
    try:
        with (
            socket.create_connection(("127.0.0.1", listener.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as wire,
        ):
            wire.sendall(frame(adt(control_id=control_id)))
            # In TLS 1.3 a client learns only now that its certificate wasn't liked.
            return FrameDecoder().feed(wire.recv(65536))
    except (ssl.SSLError, ConnectionError):
        return []


def test_a_sender_that_trusts_the_listener_is_answered_and_clear_text_is_not(hospital: Authority) -> None:
    with listening(**_environment(hospital, demand=False)) as listener:
        (answer,) = _ask(listener, hospital)
        assert b"MSA|AA|T1" in answer
        with RawSender(listener.port) as clear:
            clear.send(frame(adt(control_id="clear")))
            assert clear.is_closed()
    assert [message.control_id for message in Message.objects.all()] == ["T1"]


def test_only_a_certificate_of_the_named_authority_gets_in(hospital: Authority, tmp_path: Path) -> None:
    stranger = _authority(tmp_path, "stranger")
    with listening(**_environment(hospital, demand=True)) as listener:
        assert _ask(listener, hospital) == [], "no certificate"
        assert _ask(listener, hospital, shown=stranger.issue("his")) == [], "of another authority"
        assert _ask(listener, hospital, shown=hospital.issue("old", days=-1)) == [], "expired"
        assert not Message.objects.exists()
        (answer,) = _ask(listener, hospital, shown=hospital.issue("his"))
        assert b"MSA|AA|T1" in answer, "those refused before don't shut the right one out"
    assert Message.objects.count() == 1


@pytest.mark.peer
def test_openssl_s_own_client_agrees(hospital: Authority) -> None:
    """Another implementation's view: chain, name and version; refused without a certificate."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl isn't installed"
    certificate, key = hospital.issue("his")
    with listening(**_environment(hospital, demand=True)) as listener:
        command = [openssl, "s_client", "-connect", f"127.0.0.1:{listener.port}", "-CAfile", hospital.file]
        command += ["-verify_ip", "127.0.0.1", "-verify_return_error", "-quiet"]
        assert b"MSA|AA|O1" in _told([*command, "-cert", certificate, "-key", key])
        assert _told(command) == b"", "no certificate"
        assert _told([*command, "-cert", certificate, "-key", key, "-tls1_1"]) == b""
    assert Message.objects.count() == 1


def _told(command: list[str]) -> bytes:
    """What the client prints until the answer is whole, or the connection ends."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdin is not None and client.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            client.stdin.write(frame(adt(control_id="O1")))
            client.stdin.flush()
        told = b""
        while not told.endswith(b"\x1c\r") and (byte := client.stdout.read(1)):
            told += byte
        client.kill()
        client.stdin = None  # it may be gone: closing it again would say so
    return told


@pytest.mark.parametrize(
    ("shown", "reason"),
    [("", "PEER_DID_NOT_RETURN_A_CERTIFICATE"), ("stranger", "CERTIFICATE_VERIFY_FAILED")],
)
def test_who_is_turned_away_stands_in_the_log(
    hospital: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture, shown: str, reason: str
) -> None:
    context = tls_context(*hospital.issue("listener"), hospital.file)
    assert context is not None
    peer = ssl.create_default_context(cafile=hospital.file)
    if shown:
        peer.load_cert_chain(*_authority(tmp_path, shown).issue("his"))
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(there, back, server_side=True)
    client = peer.wrap_bio(back, there, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLError, match="certificate"):
        for _step in range(4):
            for side in (client, server):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    assert f"MLLP peer refused by TLS: {reason}" in caplog.text


def test_a_sender_that_never_shakes_hands_holds_nobody_up(hospital: Authority) -> None:
    with (
        listening(**_environment(hospital, demand=False)) as listener,
        RawSender(listener.port, timeout=20) as mute,
    ):
        (answer,) = _ask(listener, hospital)
        assert b"MSA|AA" in answer
        assert mute.is_closed(within=20)


def test_files_that_can_t_be_used_are_said_in_words(hospital: Authority, tmp_path: Path) -> None:
    certificate, key = hospital.issue("listener")
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("not PEM")
    for files in (
        ("/nowhere.pem", key, ""),
        (certificate, hospital.issue("other")[1], ""),
        (certificate, key, str(rubbish)),
    ):
        with pytest.raises(UnusableTls, match="EMR_MLLP_TLS_"):
            tls_context(*files)
    assert tls_context("", "", "") is None
    with pytest.raises(UnusableTls, match="EMR_MLLP_TLS_CERT"):
        tls_context("", "", hospital.file)
    told = subprocess.run(
        [sys.executable, "manage.py", "mllp", "--port", "0", "--bind", "127.0.0.1"],
        cwd=ROOT,
        env=os.environ | {"EMR_SETTINGS": "test", "EMR_MLLP_TLS_CERT": "/nowhere.pem"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "EMR_MLLP_TLS_CERT" in told.stderr and "Traceback" not in told.stderr
