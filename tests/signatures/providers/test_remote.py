"""Keys at a remote authority (CSC 1.0.4 and 2.0), against a simulator of one in a process of its own."""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.services import demo_authority
from signatures.providers import services, wire
from signatures.providers.base import Pin, ProviderDown
from signatures.providers.models import Credential
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.services import sign_requests
from tests.emr.people import make_an
from tests.signatures.providers import csc_simulator
from tests.signatures.providers.csc_simulator import CODE, PIN
from tests.signatures.records import make_ready

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)
DIGESTS = [hashlib.sha256(text).digest() for text in (b"mot", b"hai", b"ba")]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("csc")
    with csc_simulator.running(folder) as address:
        yield folder, address


class Remote:
    """The simulator with what a test wants of it."""

    def __init__(self, folder: Path, address: str, home: Path, settings: Settings) -> None:
        self.folder = folder
        for old in (*folder.glob("*.credential.json"), folder / "asked.jsonl"):
            old.unlink(missing_ok=True)
        self.mood()
        self.home = home
        (home / "secret").write_text(csc_simulator.SECRET)
        self.address = address
        self.patience(30)
        settings.EMR_KEY_SERVICES = str(home / "services.toml")
        wire._tokens.clear()

    def patience(self, seconds: int) -> None:
        """How long we wait for its answer."""
        sections = [
            f'[v{version}]\nkind = "csc"\nname = "Ký từ xa {version}"\naddress = "{self.address}{version}"\n'
            f'version = {version}\nclient_id = "{csc_simulator.CLIENT}"\nprice = 500\nseconds = {seconds}\n'
            f'client_secret_file = "{self.home / "secret"}"'
            for version in (1, 2)
        ]
        (self.home / "services.toml").write_text("\n".join(sections))

    def mood(self, **moods: Any) -> None:
        (self.folder / "moods.json").write_text(json.dumps(moods))

    def give(self, name: str, *asks: str, multisign: int = 50, **more: Any) -> None:
        """A credential of An's at the authority."""
        issued = authority.issue(
            demo_authority(), common_name="Nguyễn Văn An", identifier="AN", organization="TTYT", today=now()
        )
        der = serialization.Encoding.DER
        chain = [issued.certificate, demo_authority().issuing]
        pem = issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{name}.pem").write_bytes(pem)
        told = {
            "user": "an@benhvien",
            "asks": asks,
            "algo": ["1.2.840.10045.4.3.2"],
            "multisign": multisign,
            "certificates": [base64.b64encode(one.public_bytes(der)).decode() for one in chain],
        }
        (self.folder / f"{name}.credential.json").write_text(json.dumps(told | more))

    def enrol(self, version: int, owner: User, *asks: str, **more: Any) -> Credential:
        self.give(f"an-{next(_numbers)}", *asks, **more)
        return services.enrol_key(
            service=f"v{version}", account="an@benhvien", pin=None, owner=owner, by=owner
        )

    def asked(self, method: str) -> int:
        lines = (self.folder / "asked.jsonl").read_text().splitlines()
        return sum(json.loads(line)[1] == method for line in lines)


@pytest.fixture
def remote(simulator: tuple[Path, str], home: Path, settings: Settings) -> Remote:
    return Remote(*simulator, home, settings)


def _sign(credential: Credential, pin: str | None, code: str | None = None) -> list[bytes]:
    typed = Pin(pin) if pin else None
    once = Pin(code) if code else None
    with services.unlocked(credential.certificate, typed, code=once, digests=DIGESTS) as key:
        return key.sign_digests(DIGESTS)


def _refused(credential: Credential, pin: str | None, code: str | None = None) -> tuple[str, str | None]:
    with pytest.raises(DomainError) as refusal:
        _sign(credential, pin, code)
    return refusal.value.code, refusal.value.field


@pytest.mark.parametrize("version", [1, 2])
def test_a_batch_is_signed_under_one_pin_and_one_code(remote: Remote, version: int) -> None:
    an = make_an()
    credential = remote.enrol(version, an, "PIN", "OTP")
    assert (credential.asks_pin, credential.asks_code, credential.sends_code) == (True, True, True)
    services.send_code(owner=an)
    requests = [make_ready(an) for _ in range(3)]
    outcomes = sign_requests(
        shown={request.uuid: request.sha256 for request in requests}, pin=Pin(PIN), code=Pin(CODE), by=an
    )
    assert [outcome.is_signed for outcome in outcomes] == [True] * 3
    assert {signature.cost for signature in Signature.objects.all()} == {500}
    assert (remote.asked("credentials/authorize"), remote.asked("signatures/signHash")) == (1, 1)
    assert _refused(credential, PIN, CODE) == ("wrong_code", "code"), "a code serves once"


@pytest.mark.parametrize("version", [1, 2])
def test_wrong_pins_are_counted_and_the_authoritys_lock_is_told(remote: Remote, version: int) -> None:
    credential = remote.enrol(version, make_an(), "PIN")
    for _ in range(5):
        assert _refused(credential, "000000")[0] in {"wrong_pin", "pin_paused"}
        Credential.objects.update(locked_until=None)
    assert _refused(credential, PIN) == ("pin_locked_there", None)
    assert Credential.objects.get().wrong_pins == 5


def test_a_key_that_asks_by_itself_needs_nothing_typed(remote: Remote) -> None:
    credential = remote.enrol(2, make_an(), mode="implicit")
    assert (credential.asks_pin, credential.asks_code) == (False, False)
    assert len(_sign(credential, None)) == 3


def test_an_authorisation_that_ran_out_is_asked_for_again_but_a_code_is_not(remote: Remote) -> None:
    an = make_an()
    credential = remote.enrol(1, an, "PIN")
    remote.mood(said_seconds=1)  # less than what an answer may take: over before the first signature
    assert len(_sign(credential, PIN)) == 3
    assert remote.asked("credentials/authorize") == 2
    Credential.objects.update(asks_code=True)
    for file in remote.folder.glob("*.credential.json"):
        file.write_text(json.dumps(json.loads(file.read_text()) | {"asks": ["PIN", "OTP"]}))
    Credential.objects.update(reference=credential.reference | {"code": "OTP"}, sends_code=True)
    services.send_code(owner=an)
    assert _refused(credential, PIN, CODE) == ("code_over", "code")
    remote.mood(sad_seconds=0, said_seconds=60)  # over by the authority's clock alone
    services.send_code(owner=an)
    assert _refused(credential, PIN, CODE) == ("code_over", "code")


def test_no_more_documents_than_one_authorisation_covers(remote: Remote) -> None:
    credential = remote.enrol(1, make_an(), "PIN", multisign=2)
    assert _refused(credential, PIN) == ("batch_limit", None)
    assert remote.asked("oauth2/token") == 1 and not remote.asked("credentials/authorize")


@pytest.mark.parametrize("mood", [{"down": True}, {"sleep": 2}, {"dribble": 0.2}, {"wrong_key": True}])
def test_away_slow_or_mistaken_it_signs_nothing_and_the_documents_wait(
    remote: Remote, mood: dict[str, Any]
) -> None:
    """F-24."""
    an = make_an()
    remote.enrol(2, an, "PIN")
    request = make_ready(an)
    remote.mood(**mood)
    if {"sleep", "dribble"} & set(mood):
        remote.patience(1)
    with pytest.raises(DomainError) as refusal:
        sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    assert refusal.value.code == "provider_down"
    assert not Signature.objects.exists()
    assert SigningRequest.objects.get(pk=request.pk).status == "ready"
    remote.mood()
    remote.patience(30)
    assert sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)[0].is_signed


def test_a_refusal_is_told_by_its_code_and_nothing_that_was_typed(remote: Remote) -> None:
    credential = remote.enrol(1, make_an(), "PIN")
    remote.mood(refuses={"signatures/signHash": "access_denied"})
    with pytest.raises(DomainError) as refusal:
        _sign(credential, PIN)
    assert refusal.value.code == "key_refused" and "access_denied" in str(refusal.value)
    told = [str(event.detail) for event in AuditEvent.objects.all()]
    assert any("access_denied" in detail for detail in told) and not any(PIN in detail for detail in told)


def test_the_hospitals_own_token_is_kept_and_fetched_anew_when_it_ran_out(remote: Remote) -> None:
    credential = remote.enrol(1, make_an(), "PIN")
    _sign(credential, PIN)
    assert remote.asked("oauth2/token") == 1
    remote.mood(token_seconds=-1)
    wire._tokens.clear()
    with pytest.raises(ProviderDown):
        _sign(credential, PIN)
    remote.mood()
    assert len(_sign(credential, PIN)) == 3


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"status": "disabled"}, "nothing_found"),
        ({"mode": "oauth2code"}, "key_refused"),
        ({"user": "binh"}, "nothing_found"),
    ],
)
def test_what_cannot_be_used_is_not_enrolled(remote: Remote, more: dict[str, str], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        remote.enrol(1, make_an(), "PIN", **more)
    assert refusal.value.code == code


def test_pins_are_the_authoritys_own_and_a_destroyed_key_is_forgotten(remote: Remote) -> None:
    an = make_an()
    credential = remote.enrol(1, an, "PIN")
    with pytest.raises(DomainError) as refusal:
        services.change_pin(owner=an, pin=Pin(PIN), new_pin=Pin("975310"))
    assert refusal.value.code == "done_elsewhere"
    services.destroy_key(credential=credential, reason="Nghỉ việc", by=an)
    gone = Credential.objects.get()
    assert gone.reference == {} and gone.destroyed_at is not None
    with pytest.raises(ProviderDown):
        _sign(gone, PIN)
