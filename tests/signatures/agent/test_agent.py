"""The agent of a ward's PC as pages meet it: who may speak to it, what its token signs, what it prints and reads."""

import base64
import hashlib
import json
import os
import socket
import stat
import sys
import threading
import time
import tty
import uuid
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from pytest_django.fixtures import Settings

from emr.common.clock import now
from encounters.consents import simulator
from signatures.certificates import authority
from signatures.certificates.authority import Issued
from signatures.certificates.services import demo_authority
from tests.signatures.agent.program import ORIGIN, PACKAGE, RunningAgent
from tests.signatures.providers import softhsm

pytestmark = pytest.mark.peer
_DIGESTS = [hashlib.sha256(bytes([number])).digest() for number in range(3)]


@pytest.fixture(autouse=True)
def tokens(home: Path, settings: Settings) -> Iterator[Path]:
    softhsm.set_up(home, settings)
    yield home
    pkcs11.lib(softhsm.MODULE).finalize()


@pytest.fixture
def agent(home: Path) -> Iterator[RunningAgent]:
    running = RunningAgent.started(home / "agent")
    yield running
    running.stop()


def _issue(name: str = "Nguyễn Văn An") -> Issued:
    return authority.issue(
        demo_authority(), common_name=name, identifier="AN", organization="TTYT", today=now()
    )


def _rsa() -> Issued:
    issued = _issue()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = x509.CertificateBuilder().subject_name(issued.certificate.subject).public_key(key.public_key())
    builder = builder.issuer_name(issued.certificate.issuer).serial_number(7)
    builder = builder.not_valid_before(now()).not_valid_after(issued.certificate.not_valid_after_utc)
    return Issued(key=key, certificate=builder.sign(demo_authority().key, hashes.SHA256()))  # type: ignore[arg-type]


def _own(agent: RunningAgent) -> dict[str, str]:
    """The person's own certificate; the authority's lies beside it."""
    found = agent.ask("GET", "/v1/certificates")[1]["certificates"]
    return next(one for one in found if one["key"] == "01")


def _sign(agent: RunningAgent, count: int = 3) -> tuple[int, dict[str, object]]:
    found = _own(agent)
    body = {
        "token": found["token"],
        "key": found["key"],
        "digests": [base64.b64encode(one).decode() for one in _DIGESTS[:count]],
    }
    status, answer, _headers = agent.ask("POST", "/v1/signatures", body)
    return status, answer


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "http://emr.example.test"},
        {"Origin": ORIGIN + ".evil.example"},
        {"Host": "evil.example:1234"},
        {"Host": "evil.example"},
        {"Host": None},
    ],
)
def test_who_is_not_a_page_of_the_hospital_learns_nothing(
    agent: RunningAgent, headers: dict[str, str | None]
) -> None:
    """Neither another page (Origin), nor another name for this address (DNS rebinding: Host); before and after pairing."""
    agent.pair()
    for method, path in [
        ("GET", "/v1/status"),
        ("POST", "/v1/pairing"),
        ("GET", "/v1/certificates"),
        ("OPTIONS", "/v1/prints"),
    ]:
        status, answer, told = agent.ask(method, path, {} if method == "POST" else None, **headers)
        assert (status, answer) == (403, None)
        assert not any(name.startswith("access-control") for name in told)
    assert len(agent.told("code")) == 1


def test_a_page_of_the_hospital_is_let_in_by_the_browsers_own_questions(agent: RunningAgent) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    status, _answer, told = agent.ask("OPTIONS", "/v1/signatures", **asked)
    assert status == 204
    assert told["access-control-allow-origin"] == ORIGIN and told["vary"] == "Origin"
    assert told["access-control-allow-private-network"] == "true"
    assert "authorization" in told["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in told


def test_it_listens_on_the_loopback_address_alone(agent: RunningAgent) -> None:
    assert agent.process is not None
    listening = [
        one.laddr.ip for one in psutil.Process(agent.process.pid).net_connections() if one.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_pairing_needs_the_code_on_this_screen_and_lasts(agent: RunningAgent) -> None:
    assert agent.ask("GET", "/v1/certificates")[:2] == (401, {"error": "not_paired"})
    assert agent.ask("POST", "/v1/pairing/confirm", {"code": "000000"})[1] == {"error": "no_code"}
    agent.pair()
    assert agent.ask("GET", "/v1/status")[1]["paired"] is True
    kept = agent.folder / "state.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert agent.token not in kept.read_text(), "who reads the file can't speak for the page"
    agent.stop()
    agent.start()
    assert agent.ask("GET", "/v1/status")[1]["paired"] is True
    agent.token = agent.token[:-1] + ("A" if agent.token[-1] != "A" else "B")
    assert agent.ask("GET", "/v1/certificates")[0] == 401


def test_a_code_is_over_after_three_wrong_ones_and_codes_are_few(agent: RunningAgent) -> None:
    agent.ask("POST", "/v1/pairing", {})
    code = agent.shown_code()
    wrong = "1" * 6 if code != "1" * 6 else "2" * 6
    told = [agent.ask("POST", "/v1/pairing/confirm", {"code": wrong})[1]["error"] for _try in range(3)]
    assert told == ["wrong_code"] * 3
    assert agent.ask("POST", "/v1/pairing/confirm", {"code": code})[1] == {"error": "no_code"}
    answers = [agent.ask("POST", "/v1/pairing", {})[0] for _again in range(5)]
    assert answers == [200] * 4 + [429]


def test_a_form_of_another_page_cannot_act(agent: RunningAgent) -> None:
    """A plain form sends no JSON without asking beforehand."""
    agent.pair()
    status, answer, _told = agent.ask("POST", "/v1/pairing", b"{}", **{"Content-Type": "text/plain"})
    assert (status, answer) == (400, {"error": "bad_request"})


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_batch_is_signed_under_one_pin_by_a_key_that_stays(
    agent: RunningAgent, tokens: Path, kind: str
) -> None:
    issued = _issue() if kind == "ec" else _rsa()
    softhsm.make_token(tokens, issued)
    agent.pair()
    status, answer = _sign(agent)
    assert (status, answer["error"]) == (200, "")
    public, how = issued.certificate.public_key(), utils.Prehashed(hashes.SHA256())
    for digest, value in zip(_DIGESTS, answer["values"], strict=True):  # type: ignore[arg-type]
        signature = base64.b64decode(value)
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, digest, padding.PKCS1v15(), how)
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            public.verify(signature, digest, ec.ECDSA(how))
    (window,) = agent.told("pin")
    assert ORIGIN in window and "3 tài liệu" in window
    assert softhsm.PIN not in (agent.folder / "log").read_text()


def test_a_wrong_pin_is_asked_again_twice_and_a_person_may_decline(agent: RunningAgent, tokens: Path) -> None:
    softhsm.make_token(tokens, _issue())
    agent.pair()
    agent.types("000111", softhsm.PIN)
    status, answer = _sign(agent)
    assert status == 200, answer
    assert "Sai mã PIN" in agent.told("pin")[-1]
    agent.types("000111")
    assert _sign(agent) == (422, {"error": "wrong_pin"})
    assert len(agent.told("pin")) == 5
    agent.types()
    assert _sign(agent) == (409, {"error": "cancelled"})


def test_what_the_page_sends_is_looked_at_before_a_pin_is_asked_for(
    agent: RunningAgent, tokens: Path
) -> None:
    softhsm.make_token(tokens, _issue())
    agent.pair()
    found = _own(agent)
    good = base64.b64encode(_DIGESTS[0]).decode()
    for digests in ([], ["x"], [good] * 501, [base64.b64encode(b"short").decode()], good, [1]):
        body = {"token": found["token"], "key": found["key"], "digests": digests}
        assert agent.ask("POST", "/v1/signatures", body)[:2] == (400, {"error": "bad_request"})
    body = {"token": "another", "key": found["key"], "digests": [good]}
    assert agent.ask("POST", "/v1/signatures", body)[1] == {"error": "no_token"}
    assert agent.told("pin") == []


def test_a_token_pulled_out_in_the_middle_gives_what_it_has_signed(
    tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGE))
    from benhanmo_agent.tokens import Tokens  # noqa: PLC0415

    softhsm.make_token(tokens, _issue())
    plugged = Tokens([softhsm.MODULE])
    found = next(one for one in plugged.certificates() if one.key == "01")

    def pulled() -> Iterator[bytes]:
        yield _DIGESTS[0]
        pkcs11.lib(softhsm.MODULE).reinitialize()  # all sessions are gone, as when it is unplugged
        yield _DIGESTS[1]
        pytest.fail("went on")

    values, why = plugged.sign(found.token, found.key, pulled(), lambda _label, _again: softhsm.PIN)
    assert (len(values), why) == (1, "token_gone")


def test_labels_go_to_the_remembered_printer_without_a_dialogue(home: Path) -> None:
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as printer:

        def take() -> None:
            connection, _address = printer.accept()
            with connection:
                while part := connection.recv(4096):
                    came.append(part)

        paper = threading.Thread(target=take)
        paper.start()
        address = printer.getsockname()[1]
        agent = RunningAgent.started(
            home / "agent", more=f'printers = {{ tem = "socket://127.0.0.1:{address}" }}\n'
        )
        try:
            agent.pair()
            zpl = {"Content-Type": "application/zpl"}
            assert agent.ask("POST", "/v1/prints?kind=label", b"^XA^XZ", **zpl)[1] == {
                "error": "no_printer_chosen"
            }
            assert "tem" in agent.ask("GET", "/v1/printers")[1]["printers"]
            assert agent.ask("PUT", "/v1/printers", {"kind": "label", "printer": "x"})[1] == {
                "error": "no_printer"
            }
            assert agent.ask("PUT", "/v1/printers", {"kind": "label", "printer": "tem"})[0] == 200
            assert agent.ask("GET", "/v1/printers")[1]["raw"] == ["tem"]
            agent.stop()
            agent.start()
            status, answer, _told = agent.ask(
                "POST", "/v1/prints?kind=label", "^XA^FDÂn^FS^XZ".encode(), **zpl
            )
            assert (status, answer) == (200, {"printer": "tem"})
            agent.ask("PUT", "/v1/printers", {"kind": "label", "printer": ""})
            assert agent.ask("GET", "/v1/printers")[1]["chosen"] == {}
        finally:
            agent.stop()
            paper.join(10)
    assert b"".join(came).decode() == "^XA^FDÂn^FS^XZ"


def test_a_pdf_is_handed_to_the_pcs_own_print_program(home: Path) -> None:
    """`lp` of CUPS; here a program in its place that keeps what it was told and given."""
    folder = home / "bin"
    folder.mkdir()
    (folder / "lpstat").write_text("#!/bin/sh\necho laser\n")
    (folder / "lp").write_text(f'#!/bin/sh\necho "$1 $2" > {home}/asked\ncp "$4" {home}/printed.pdf\n')
    for program in folder.iterdir():
        program.chmod(0o700)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}:{before}"
    try:
        agent = RunningAgent.started(home / "agent")
    finally:
        os.environ["PATH"] = before
    try:
        agent.pair()
        assert agent.ask("PUT", "/v1/printers", {"kind": "document", "printer": "laser"})[0] == 200
        pdf = {"Content-Type": "application/pdf"}
        assert agent.ask("POST", "/v1/prints?kind=document", b"%PDF-1.7 x", **pdf)[0] == 200
        assert agent.ask("POST", "/v1/prints?kind=document", b"#!/bin/sh", **pdf)[0] == 400
    finally:
        agent.stop()
    assert (home / "asked").read_text() == "-d laser\n"
    assert (home / "printed.pdf").read_bytes() == b"%PDF-1.7 x"


def test_a_scanner_on_a_serial_port_is_read(home: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    agent = RunningAgent.started(
        home / "agent", more=f'serial = [{{ device = "{os.ttyname(theirs)}", baud = 115200 }}]\n'
    )
    try:
        agent.pair()
        answers: list[dict[str, object]] = []
        waiting = threading.Thread(target=lambda: answers.append(agent.ask("GET", "/v1/scans")[1]))
        waiting.start()
        time.sleep(0.5)
        os.write(ours, "001085000001|Nguyễn Văn An|Nam\r\n".encode())
        waiting.join(10)
        assert answers == [{"last": 1, "scans": ["001085000001|Nguyễn Văn An|Nam"]}]
        os.write(ours, b"T26001\r")
        assert agent.ask("GET", "/v1/scans?after=1")[1] == {"last": 2, "scans": ["T26001"]}
    finally:
        agent.stop()
        os.close(ours)
        os.close(theirs)


def test_too_many_questions_are_refused(agent: RunningAgent) -> None:
    answers = [agent.ask("GET", "/v1/status")[0] for _number in range(120)]
    assert answers[0] == 200 and 429 in answers


def test_a_fingerprint_is_read_by_the_makers_program(home: Path) -> None:
    """The agent hands on what the program signs, and nothing that isn't in the contract."""
    simulator.key_in(home / "reader")
    program = home / "reader" / "read"
    program.write_text(
        f'#!/bin/sh\ncd "{PACKAGE.parents[1]}" && exec {sys.executable} -m encounters.consents.simulator'
        f' "{home / "reader"}" --read "$1" "$2"\n'
    )
    program.chmod(0o700)
    asked = {"sha256": "a" * 64, "challenge": str(uuid.uuid4())}
    agent = RunningAgent.started(home / "agent", more=f'fingerprint_program = ["{program}"]\n')
    try:
        assert agent.ask("POST", "/v1/fingerprints", asked)[0] == 401, "only a paired page"
        agent.pair()
        status, answer, _headers = agent.ask("POST", "/v1/fingerprints", asked)
        assert status == 200 and set(answer) == {"statement", "signature"}
        said = json.loads(base64.b64decode(answer["statement"]))
        assert (said["sha256"], said["id"], said["device"]) == (*asked.values(), "simulator")
        for wrong in ({**asked, "sha256": "--help"}, {**asked, "challenge": "; rm"}, {}):
            assert agent.ask("POST", "/v1/fingerprints", wrong)[0] == 400
        program.write_text("#!/bin/sh\nexit 1\n")
        assert agent.ask("POST", "/v1/fingerprints", asked)[:2] == (409, {"error": "cancelled"})
        program.write_text("#!/bin/sh\necho nonsense\n")
        assert agent.ask("POST", "/v1/fingerprints", asked)[:2] == (422, {"error": "reader_failed"})
    finally:
        agent.stop()
    bare = RunningAgent.started(home / "bare")
    try:
        bare.pair()
        assert bare.ask("POST", "/v1/fingerprints", asked)[:2] == (422, {"error": "no_reader"})
    finally:
        bare.stop()
