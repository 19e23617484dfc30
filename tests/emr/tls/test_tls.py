"""The hospital's own certificates: made by a command, believed by a browser that knows the root, renewed in time."""

import datetime as dt
import ipaddress
import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command
from django.test import Client
from freezegun import freeze_time

from emr.common.clock import now
from emr.common.health import Caution
from emr.local.home import CHECKOUT
from emr.tls import services
from emr.tls.health import certificate_trouble
from tests.security.test_limits import free_port
from tests.support.browser import FLAGS
from tests.support.services import tool

PASSWORD = "a long password on paper"


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> services.Files:
    """A root for benhvien.local, and a certificate for this machine."""
    settings.EMR_HOME = tmp_path
    settings.EMR_TLS_ROOT_PASSWORD = PASSWORD
    run("root", "benhvien.local", "--facility", "Trung tâm Y tế thử nghiệm")
    run("issue", "benhan.benhvien.local", "127.0.0.1", "localhost")
    return services.Files.here()


def run(*words: str) -> str:
    out = StringIO()
    call_command("tls", *words, stdout=out)
    return out.getvalue()


def test_the_certificate_is_for_the_names_given_and_signed_by_the_root(files: services.Files) -> None:
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    root = x509.load_pem_x509_certificate(files.root.read_bytes())
    certificate.verify_directly_issued_by(root)
    assert services.names_of(certificate) == ["benhan.benhvien.local", "127.0.0.1", "localhost"]
    assert (certificate.not_valid_after_utc - now()).days < 398


def test_openssl_believes_it_and_not_for_a_stranger(files: services.Files) -> None:
    """An independent judge: chain, names, and the root's limits."""
    words = [str(tool("openssl", "openssl")), "verify", "-x509_strict", "-CAfile", str(files.root)]
    good = [*words, "-verify_hostname", "benhan.benhvien.local", str(files.certificate)]
    bad = [*words, "-verify_hostname", "facebook.com", str(files.certificate)]
    assert subprocess.run(good, check=False, capture_output=True).returncode == 0
    assert subprocess.run(bad, check=False, capture_output=True).returncode != 0


def test_keys_are_readable_by_nobody_else(files: services.Files) -> None:
    for key in (files.key, files.root_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in files.root_key.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "vietcombank.com.vn",
        "benhvien.local.evil.com",
        "8.8.8.8",
        "xbenhvien.local",
        "a b.benhvien.local",
        "*",
        "-x",
    ],
)
def test_the_root_issues_for_the_hospital_alone(files: services.Files, name: str) -> None:
    with pytest.raises(CommandError):
        run("issue", "--", name)


def test_without_the_password_nothing_is_issued(files: services.Files, settings: Any) -> None:
    settings.EMR_TLS_ROOT_PASSWORD = "another long password"
    with pytest.raises(CommandError):
        run("issue", "pc.benhvien.local")
    settings.EMR_TLS_ROOT_PASSWORD = ""
    with pytest.raises(CommandError) as refused:
        run("issue", "pc.benhvien.local")
    assert refused.value.returncode == 2


def test_a_second_root_never_replaces_the_first(files: services.Files) -> None:
    before = files.root.read_bytes()
    with pytest.raises(CommandError):
        run("root", "benhvien.local")
    assert files.root.read_bytes() == before


def test_it_is_renewed_in_its_last_month_for_the_same_names(files: services.Files) -> None:
    before = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    assert "Nothing to renew" in run("renew")
    assert certificate_trouble() == ""
    with freeze_time(now() + dt.timedelta(days=380)):
        assert isinstance(certificate_trouble(), Caution)
        assert json.loads(run("renew", "--format", "json"))["sha256"]
        after = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        assert certificate_trouble() == ""
    assert services.names_of(after) == services.names_of(before)
    assert after.serial_number != before.serial_number
    with freeze_time(now() + dt.timedelta(days=1000)):
        assert not isinstance(certificate_trouble(), Caution)
        assert certificate_trouble()


@pytest.mark.django_db
def test_the_page_gives_the_root_to_who_is_not_signed_in(client: Client, files: services.Files) -> None:
    page = client.get("/trust/").content.decode()
    root = x509.load_pem_x509_certificate(files.root.read_bytes())
    assert services.fingerprint(root) in page
    given = client.get("/trust/root.cer")
    assert x509.load_der_x509_certificate(given.content) == root
    assert "attachment" in given["Content-Disposition"]
    assert not given.cookies


@pytest.mark.django_db
def test_where_there_is_no_root_the_page_says_so(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.EMR_HOME = tmp_path
    assert client.get("/trust/").status_code == 200
    assert client.get("/trust/root.cer").status_code == 404


@pytest.fixture
def server(files: services.Files, tmp_path: Path) -> Iterator[int]:
    """The web program with the flags that `make run` gives it; the page asked for needs no database."""
    port = free_port()
    environment = os.environ | {"EMR_SETTINGS": "test", "DJANGO_SETTINGS_MODULE": "emr.settings.test"}
    environment |= {"EMR_HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}
    command = [f"{sys.prefix}/bin/granian", "--interface", "wsgi", "--no-ws", "--port", str(port)]
    command += ["--ssl-certificate", str(files.certificate), "--ssl-keyfile", str(files.key)]
    command += ["--workers", "1", "--log-level", "warning", "tests.emr.tls.hello:application"]
    process = subprocess.Popen(command, env=environment, cwd=CHECKOUT)
    context = ssl.create_default_context(cafile=str(files.root))
    deadline = time.monotonic() + 60
    try:
        while True:
            try:
                assert ssl_names(port, context) >= {"localhost"}
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ssl_names(port: int, context: ssl.SSLContext) -> set[str]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        found = secure.getpeercert() or {}
    return {str(value) for kind, value in found.get("subjectAltName", ()) if kind == "DNS"}


@pytest.mark.timeout(180)
def test_a_browser_believes_it_once_the_root_is_imported(
    server: int, files: services.Files, tmp_path: Path, chromium: Any
) -> None:
    from playwright.sync_api import Error  # noqa: PLC0415

    address = f"https://127.0.0.1:{server}/"
    certutil, program = tool("certutil", "libnss3-tools"), tool("chromium", "chromium")
    opened = {}
    for who in ("stranger", "trusting"):
        home = tmp_path / who
        database = home / ".pki" / "nssdb"
        database.mkdir(parents=True)
        subprocess.run([certutil, "-d", f"sql:{database}", "-N", "--empty-password"], check=True)
        if who == "trusting":
            words = [certutil, "-d", f"sql:{database}", "-A", "-t", "C,,", "-n", "root", "-i", files.root]
            subprocess.run(words, check=True)
        browser = chromium.browser_type.launch(
            executable_path=str(program), args=FLAGS, env=os.environ | {"HOME": str(home)}
        )
        page = browser.new_page()
        try:
            page.goto(address, timeout=30_000)
            opened[who] = page.text_content("body") or ""
        except Error as error:
            opened[who] = error.message
        browser.close()
    assert "ERR_CERT_AUTHORITY_INVALID" in opened["stranger"]
    assert opened["trusting"] == "over TLS: https"


def test_private_addresses_are_permitted_and_public_ones_are_not(files: services.Files) -> None:
    run("issue", "192.168.10.5")
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    assert services.names_of(certificate) == [str(ipaddress.ip_address("192.168.10.5"))]
