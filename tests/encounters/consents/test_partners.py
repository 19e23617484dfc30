"""Services that sign and fingerprint readers by the contract, against the simulator as a process of its own."""

import base64
import contextlib
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django.fixtures import Settings

from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from encounters.consents import services, simulator
from encounters.consents.partners import BadPartners, partners, trouble
from encounters.consents.selectors.evidence import printed_lines
from encounters.consents.statements import adapter_for, read_statement
from encounters.consents.ways import Asked, Away, Refused, forget_adapter, register_adapter
from tests.emr.people import make_binh
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.consents.papers import SURGERY, digest, make_paper, take
from tests.encounters.consents.test_confirming import refused
from tests.encounters.visits.ward import department

pytestmark = pytest.mark.django_db
_PROGRAM = [sys.executable, "-m", "encounters.consents.simulator"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The simulator's key and secret."""
    simulator.key_in(tmp_path)
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The simulator as a service."""
    process = subprocess.Popen([*_PROGRAM, str(folder), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _file(folder: Path, settings: Settings, text: str) -> None:
    (folder / "services.toml").write_text(text.format(folder=folder))
    settings.EMR_CONFIRMATION_SERVICES = str(folder / "services.toml")


@contextlib.contextmanager
def _registered() -> Iterator[list[Any]]:
    adapters: list[Any] = [adapter_for(partner) for partner in partners()]
    for adapter in adapters:
        register_adapter(adapter)
    try:
        yield adapters
    finally:
        for adapter in adapters:
            forget_adapter(adapter.name)


_SERVICE = """
[vneid]
way = "digital"
name = "VNeID"
address = "{address}"
secret_file = "{{folder}}/secret"
key_file = "{{folder}}/public.pem"
"""
_READER = """
[finger]
way = "fingerprint"
name = "Đầu đọc vân tay"
key_file = "{folder}/public.pem"
"""


def _says(address: str, reference: str, what: str) -> None:
    """The person on the telephone: "confirm" or "refuse"."""
    assert requests.post(f"{address}/requests/{reference}/{what}", json={}, timeout=5).ok


def test_a_patient_signs_on_their_own_telephone(folder: Path, address: str, settings: Settings) -> None:
    _file(folder, settings, _SERVICE.format(address=address))
    an, stay = make_stay()
    binh, paper = make_binh(department()), make_paper(stay, an, SURGERY)
    with _registered():
        asked = {"document": paper, "provider": "vneid", "sha256": digest(paper), "by": binh}
        with pytest.raises(DomainError) as refusal:
            services.ask_outside(**asked, address="12345")
        assert refusal.value.code == "bad_address"
        challenge = services.ask_outside(**asked, address="0380 5700 0001")
        deliver_all()
        challenge.refresh_from_db()
        assert challenge.sent_at is not None and challenge.reference
        shown = requests.get(f"{address}/", timeout=5).json()["asked"]
        (request,) = shown.values()
        assert set(request) == {"id", "facility", "sha256", "number", "minutes", "reference"}, (
            "nothing clinical"
        )
        refused("waiting", paper, binh, way="digital", challenge=challenge)
        _says(address, challenge.reference, "confirm")
        row = take(paper, binh, way="digital", strokes="", challenge=challenge)
    assert row.transaction == f"SIM-{challenge.reference}"
    assert row.proof["device"] == "simulator" and row.proof["name"] == simulator.NAME
    assert row.transaction in " ".join(printed_lines(row))


def test_who_refuses_on_the_telephone_and_somebody_elses_number(
    folder: Path, address: str, settings: Settings
) -> None:
    _file(folder, settings, _SERVICE.format(address=address))
    (adapter,) = [adapter_for(partner) for partner in partners()]
    asked = Asked(id=uuid4(), facility_id=1, facility="BV", sha256="a" * 64, address="038057000001")
    reference = adapter.ask(asked)
    assert adapter.ask(asked) == reference, "asked twice under one id is asked once"
    asked = replace(asked, reference=reference)
    assert adapter.check(asked, {}) is None
    _says(address, reference, "refuse")
    with pytest.raises(Refused) as refusal:
        adapter.check(asked, {})
    assert refusal.value.code == "refused"
    _says(address, reference, "confirm")
    assert adapter.check(asked, {}) is not None
    for wrong in (
        replace(asked, sha256="b" * 64),
        replace(asked, id=uuid4()),
        replace(asked, address="038057000002"),
    ):
        with pytest.raises(Refused) as refusal:
            adapter.check(wrong, {})
        assert refusal.value.code == "wrong"
    with pytest.raises(Refused):
        adapter.check(replace(asked, reference="unknown"), {})
    (folder / "secret").write_text("another")
    with pytest.raises(Away):
        adapter.ask(asked)


def test_a_service_that_is_down_is_asked_again(folder: Path, settings: Settings) -> None:
    _file(folder, settings, _SERVICE.format(address="http://127.0.0.1:9"))
    an, stay = make_stay()
    paper = make_paper(stay, an, SURGERY)
    with _registered():
        challenge = services.ask_outside(
            document=paper, provider="vneid", sha256=digest(paper), address="038057000001", by=an
        )
        for _attempt in range(4):
            OutboxEvent.objects.filter(done_at=None).update(
                available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
            )
            deliver_all()
    challenge.refresh_from_db()
    assert (challenge.problem, challenge.sent_at) == ("unreachable", None), "the page says so"


def test_a_finger_read_by_the_pcs_program(folder: Path, settings: Settings) -> None:
    """What the agent runs and brings; a statement of another document, another key or another day isn't taken."""
    _file(folder, settings, _READER)
    (adapter,) = [adapter_for(partner) for partner in partners()]
    asked = Asked(id=uuid4(), facility_id=1, facility="BV", sha256="c" * 64)
    printed = subprocess.run(
        [*_PROGRAM, str(folder), "--read", asked.sha256, str(asked.id)],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert adapter.check(asked, {}) is None
    proof = adapter.check(asked, {"code": printed})
    assert proof is not None and proof.signer_number == simulator.NUMBER
    for changed in (
        "x",
        "[]",
        "{}",
        json.dumps({**json.loads(printed), "signature": base64.b64encode(b"x").decode()}),
        json.dumps({**json.loads(printed), "statement": base64.b64encode(b"{}").decode()}),
    ):
        with pytest.raises(Refused):
            adapter.check(asked, {"code": changed})
    with pytest.raises(Refused):
        adapter.check(replace(asked, sha256="d" * 64), {"code": printed})


@pytest.mark.parametrize(
    "said",
    [
        {"at": (now() - dt.timedelta(hours=1)).isoformat()},
        {"at": "yesterday"},
        {"at": dt.datetime(2026, 11, 28).isoformat()},  # noqa: DTZ001  no offset
        {"transaction": ""},
        {"result": "refused"},
        {"result": ""},
    ],
)
def test_a_statement_must_say_all_of_it(folder: Path, said: dict[str, str]) -> None:
    key = simulator.key_in(folder)
    asked = Asked(id=uuid4(), facility_id=1, facility="BV", sha256="e" * 64)
    whole = {"id": str(asked.id), "sha256": asked.sha256, "transaction": "1", "result": "confirmed"}
    proof = read_statement(
        simulator.statement(key, **whole, template="AQID"), key=key.public_key(), asked=asked
    )
    assert proof.detail == {"device": "simulator", "result": "confirmed"}, "no template is kept"
    with pytest.raises(Refused):
        read_statement(simulator.statement(key, **(whole | said)), key=key.public_key(), asked=asked)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(Refused):
        read_statement(simulator.statement(key, **whole), key=other, asked=asked)


@pytest.mark.parametrize(
    "text",
    [
        "[vneid]\nway = 'x'\nname = 'V'\nkey_file = '{folder}/public.pem'",
        "[vneid]\nway = 'digital'\nname = 'V'\nkey_file = '{folder}/public.pem'\n"
        "address = 'http://vneid.example'\nsecret_file = '{folder}/secret'",
        "[Code]\nway = 'fingerprint'\nname = 'V'\nkey_file = '{folder}/public.pem'",
        "[code]\nway = 'fingerprint'\nname = 'V'\nkey_file = '{folder}/public.pem'",
        "[f]\nway = 'fingerprint'\nname = 'V'\nkey_file = '{folder}/nowhere.pem'",
        "[f]\nway = 'fingerprint'\nname = 'V'\nkey_file = '{folder}/rsa.pem'",
        "[f]\nway = 'fingerprint'\nname = 'V'\nkey_file = '{folder}/public.pem'\nsecret = '1'",
        "[f]\nway = 'fingerprint'\nname = 1\nkey_file = '{folder}/public.pem'",
        "no toml",
    ],
)
def test_a_mistake_in_the_file_is_told_and_nobody_of_it_is_believed(
    folder: Path, settings: Settings, text: str
) -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    (folder / "rsa.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    _file(folder, settings, text)
    with pytest.raises(BadPartners):
        partners()
    assert "EMR_CONFIRMATION_SERVICES" in trouble()


def test_without_a_file_there_is_nobody(settings: Settings) -> None:
    settings.EMR_CONFIRMATION_SERVICES = ""
    assert partners() == [] and trouble() == ""
