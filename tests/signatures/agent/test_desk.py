"""The desk with a USB token at the ward's PC: who may take a key on, and that only its own values over these bytes count."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.documents.models import Document
from signatures.certificates import authority
from signatures.certificates.authority import Issued
from signatures.certificates.services import demo_authority
from signatures.providers.models import Credential
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.selectors import latest_bytes
from tests.emr.people import make_an, make_user
from tests.signatures.agent.program import RunningAgent
from tests.signatures.providers import softhsm
from tests.signatures.records import deliver_all, make_ready

pytestmark = [pytest.mark.django_db, pytest.mark.peer]


@pytest.fixture(autouse=True)
def tokens(home: Path, settings: Settings) -> Iterator[Path]:
    softhsm.set_up(home, settings)
    (home / "services.toml").write_text('[token]\nkind = "agent"\nname = "USB token"\nprice = 0\n')
    yield home
    pkcs11.lib(softhsm.MODULE).finalize()


@pytest.fixture
def agent(home: Path) -> Iterator[RunningAgent]:
    running = RunningAgent.started(home / "agent")
    running.pair()
    yield running
    running.stop()


def _issue(name: str = "Nguyễn Văn An", code: str = "AN") -> Issued:
    return authority.issue(
        demo_authority(), common_name=name, identifier=code, organization="TTYT", today=now()
    )


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _propose(client: Client, agent: RunningAgent) -> tuple[str, Any]:
    """(what the page offers, what the server proposes)."""
    offered = json.dumps(agent.ask("GET", "/v1/certificates")[1]["certificates"])
    return offered, client.post("/signing/key/agent/", {"offered": offered})


def _take(client: Client, agent: RunningAgent) -> Any:
    """As static/js/agent-setup.js does it."""
    offered, answer = _propose(client, agent)
    made = answer.json()
    value = _values(agent, made["token"], made["key"], [made["digest"]])[0]
    sent = {"offered": offered, "challenge": made["challenge"], "value": value}
    return client.post("/signing/key/agent/take/", sent)


def _values(agent: RunningAgent, token: str, key: str, digests: list[str]) -> list[str]:
    body = {"token": token, "key": key, "digests": digests}
    values: list[str] = agent.ask("POST", "/v1/signatures", body)[1]["values"]
    return values


@pytest.fixture
def an(agent: RunningAgent, tokens: Path) -> User:
    """An, who signs with the token in this PC."""
    an = make_an()
    softhsm.make_token(tokens, _issue())
    assert _take(_signed_in(an), agent).status_code == 302
    return an


def _shown(*requests: SigningRequest) -> list[str]:
    return [f"{request.uuid}:{request.sha256}" for request in requests]


def _digests(client: Client, *requests: SigningRequest) -> Any:
    return client.post("/signing/digests/", {"request": _shown(*requests)}).json()


def _sign(client: Client, requests: list[SigningRequest], values: dict[Any, str], **more: str) -> Any:
    sent = {"request": _shown(*requests), "value": [f"{name}:{value}" for name, value in values.items()]}
    return client.post("/signing/sign/", sent | more)


def test_the_key_in_the_token_becomes_its_owners_key(an: User) -> None:
    (key,) = Credential.objects.all()
    assert (key.provider, key.service, key.asks_pin, key.sealed_key) == ("agent", "token", False, None)
    assert key.certificate.owner == an
    page = _signed_in(an).get("/signing/key/").content.decode()
    assert "USB token" in page
    event = AuditEvent.objects.get(action="signing_key.enrol")
    assert event.outcome == "success" and softhsm.PIN not in str(event.detail)


def test_a_batch_is_signed_and_the_documents_are_whole(an: User, agent: RunningAgent) -> None:
    client, requests = _signed_in(an), [make_ready(an) for _number in range(3)]
    wanted = _digests(client, *requests)
    values = _values(agent, wanted["token"], wanted["key"], [one["digest"] for one in wanted["items"]])
    names = [one["request"] for one in wanted["items"]]
    answer = _sign(client, requests, dict(zip(names, values, strict=True)))
    assert answer.status_code == 200
    deliver_all()
    assert set(Document.objects.values_list("status", flat=True)) == {"signed"}
    assert set(SigningRequest.objects.values_list("status", flat=True)) == {"completed"}
    assert len(agent.told("pin")) == 2, "one for the key, one for the batch"
    for request in requests:
        stored = latest_bytes(request.version)
        assert stored is not None and stored.revision == 1


def test_what_the_token_didnt_sign_keeps_waiting_with_its_reason(an: User, agent: RunningAgent) -> None:
    """The token is pulled out after the first of two: one signed, one waits, nothing half done."""
    client, requests = _signed_in(an), [make_ready(an), make_ready(an)]
    wanted = _digests(client, *requests)
    first, second = wanted["items"]
    values = _values(agent, wanted["token"], wanted["key"], [first["digest"]])
    page = _sign(client, requests, {first["request"]: values[0]}, agent_trouble="token_gone")
    assert "rút ra" in page.content.decode()
    assert [str(one.request.uuid) for one in Signature.objects.all()] == [first["request"]]
    assert SigningRequest.objects.get(uuid=second["request"]).status == "ready"
    again = _digests(client, SigningRequest.objects.get(uuid=second["request"]))
    values = _values(agent, again["token"], again["key"], [again["items"][0]["digest"]])
    _sign(client, [SigningRequest.objects.get(uuid=second["request"])], {second["request"]: values[0]})
    assert Signature.objects.count() == 2


@pytest.mark.parametrize("trouble", ["away", "denied", "cancelled", "no_token", "wrong_pin", "<script>", ""])
def test_no_agent_no_signature_and_a_reason_on_every_row(an: User, trouble: str) -> None:
    client, requests = _signed_in(an), [make_ready(an), make_ready(an)]
    page = _sign(client, requests, {}, agent_trouble=trouble).content.decode()
    assert page.count("Chưa ký") == 2 and "<script>" not in page
    assert not Signature.objects.exists()


def test_values_that_are_not_this_keys_over_these_bytes_are_refused(
    an: User, agent: RunningAgent, tokens: Path
) -> None:
    """Swapped between documents, another person's, cut, made earlier for other bytes: each is said, none is kept."""
    client, requests = _signed_in(an), [make_ready(an) for _number in range(4)]
    label = softhsm.make_token(tokens, _issue("Lê Thị Chi", "CHI"))
    wanted = _digests(client, *requests)
    digests = [one["digest"] for one in wanted["items"]]
    names = [one["request"] for one in wanted["items"]]
    mine = _values(agent, wanted["token"], wanted["key"], digests)
    others = agent.ask("GET", "/v1/certificates")[1]["certificates"]
    chi = next(one for one in others if one["label"] == label and one["key"] == "01")
    foreign = _values(agent, chi["token"], chi["key"], [digests[2]])[0]
    values = {names[0]: mine[1], names[1]: mine[0], names[2]: foreign, names[3]: mine[3][:-8]}
    page = _sign(client, requests, values).content.decode()
    assert len(re.findall(r"Chưa ký\s*<", page)) == 4
    assert not Signature.objects.exists()
    refused = AuditEvent.objects.filter(action="signing_key.refuse", outcome="denied")
    assert 3 <= refused.count() <= 4


def test_a_value_is_used_once(an: User, agent: RunningAgent) -> None:
    client, request = _signed_in(an), make_ready(an)
    wanted = _digests(client, request)
    name = wanted["items"][0]["request"]
    values = _values(agent, wanted["token"], wanted["key"], [wanted["items"][0]["digest"]])
    _sign(client, [request], {name: values[0]})
    _sign(client, [request], {name: values[0]})
    deliver_all()
    _sign(client, [request], {name: values[0]})
    assert Signature.objects.count() == 1
    assert _digests(client, request)["items"] == [], "nothing is asked for twice"


def test_one_document_on_its_own_page(an: User, agent: RunningAgent) -> None:
    client, request = _signed_in(an), make_ready(an)
    page = client.get(f"/signing/{request.uuid}/").content.decode()
    assert "data-agent-sign" in page and 'name="pin"' not in page
    wanted = _digests(client, request)
    values = _values(agent, wanted["token"], wanted["key"], [wanted["items"][0]["digest"]])
    sent = {"sha256": request.sha256, "value": f"{request.uuid}:{values[0]}"}
    assert client.post(f"/signing/{request.uuid}/sign/", sent).status_code == 200
    assert Signature.objects.count() == 1


def test_nobody_gets_digests_of_anothers_documents(an: User) -> None:
    other = make_user("chi", "Lê Thị Chi", "doctor", an.practitioner_roles.get().department)
    request = make_ready(an)
    assert _digests(_signed_in(other), request) == {"items": []}, "no key in a token, no digests"


def test_another_persons_token_is_not_taken_on(agent: RunningAgent, tokens: Path) -> None:
    an = make_an()
    softhsm.make_token(tokens, _issue("Lê Thị Chi", "CHI"))
    _offered, answer = _propose(_signed_in(an), agent)
    assert answer.status_code == 422 and "Lê Thị Chi" in answer.json()["problem"]


def test_a_certificate_alone_is_no_key(agent: RunningAgent, tokens: Path) -> None:
    """Certificates are public: without the token's value over this very challenge nobody takes one on."""
    an, issued = make_an(), _issue()
    client = _signed_in(an)
    softhsm.make_token(tokens, issued)
    offered, answer = _propose(client, agent)
    made = answer.json()
    forged = base64.b64encode(bytes(70)).decode()
    proof = _values(agent, made["token"], made["key"], [made["digest"]])[0]
    anothers = signing.dumps(
        {"owner": an.pk + 1, "certificate": "00", "once": "x"}, salt="signatures.providers.agent"
    )
    for sent in (
        {"challenge": made["challenge"], "value": forged},
        {"challenge": made["challenge"] + "x", "value": proof},
        {"challenge": anothers, "value": proof},
        {"challenge": _propose(client, agent)[1].json()["challenge"], "value": proof},
        {"challenge": made["challenge"], "value": "!"},
    ):
        assert client.post("/signing/key/agent/take/", {"offered": offered, **sent}).status_code == 422
    assert not Credential.objects.exists()
    sent = {"offered": offered, "challenge": made["challenge"], "value": proof}
    assert client.post("/signing/key/agent/take/", sent).status_code == 302


@pytest.mark.parametrize(
    "offered", ["", "x", "[]", "{}", "[1]", '[{"der": "AA==", "token": "t", "label": "l", "key": "01"}]']
)
def test_nonsense_of_a_page_is_refused_in_words(agent: RunningAgent, offered: str) -> None:
    client = _signed_in(make_an())
    assert client.post("/signing/key/agent/", {"offered": offered}).status_code == 422
    sent = {"offered": offered, "challenge": "x", "value": "AA=="}
    assert client.post("/signing/key/agent/take/", sent).status_code == 422


def test_a_facility_without_agents_takes_none(tokens: Path) -> None:
    (tokens / "services.toml").write_text("")
    client = _signed_in(make_an())
    assert "data-agent-setup" not in client.get("/signing/key/").content.decode()
    der = base64.b64encode(_issue().certificate.public_bytes(softhsm._DER)).decode()
    offered = json.dumps([{"token": "t", "label": "l", "key": "01", "der": der}])
    assert client.post("/signing/key/agent/", {"offered": offered}).status_code == 422


def test_pages_may_speak_to_the_agents_address_and_no_other(settings: Settings) -> None:
    settings.EMR_AGENT_PORT = 18620
    page = _signed_in(make_an()).get("/signing/key/")
    assert 'name="agent" content="http://127.0.0.1:18620"' in page.content.decode()
    assert "http:" not in page["Content-Security-Policy"].replace("http://127.0.0.1:18620", "")
