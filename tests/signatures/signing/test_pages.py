"""The tray and the page of one document, as a doctor's browser asks for them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from signatures.providers.models import Credential
from signatures.signing.models import Signature, SigningRequest
from tests.emr.people import make_chi
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer

pytestmark = pytest.mark.django_db


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


def _url(name: str, request: SigningRequest) -> str:
    return reverse(f"signatures:signing:{name}", args=[request.uuid])


def test_the_tray_lists_what_waits_and_one_pin_signs_all() -> None:
    an = make_signer()
    requests = [make_ready(an), make_ready(an)]
    client = _client(an)
    page = client.get(reverse("signatures:signing:tray"))
    assert page.status_code == 200
    values = re.findall(r'name="request" value="([^"]+)"', page.content.decode())
    assert values == [f"{request.uuid}:{request.sha256}" for request in requests]
    answer = client.post(reverse("signatures:signing:sign_many"), {"request": values, "pin": PIN})
    assert answer.status_code == 200
    assert Signature.objects.count() == 2
    assert PIN not in answer.content.decode()
    deliver_all()
    for by in ("age", "patient", "kind"):
        assert client.get(reverse("signatures:signing:tray"), {"by": by}).status_code == 200


def test_the_menus_count_is_asked_once_for_many_pages_and_kept_from_others() -> None:
    request = make_ready(make_signer())
    answer = _client(request.signer).get(reverse("signatures:signing:count"))
    assert b"1" in answer.content
    assert answer["Cache-Control"] == "private, max-age=30"
    assert "Cookie" in answer["Vary"]  # the next person at this PC has another session


def test_a_wrong_pin_answers_422_and_stays_counted() -> None:
    request = make_ready(make_signer())
    client = _client(request.signer)
    answer = client.post(_url("sign", request), {"pin": "000000", "sha256": request.sha256})
    assert answer.status_code == 422
    assert "000000" not in answer.content.decode()
    assert Credential.objects.get().wrong_pins == 1
    assert not Signature.objects.exists()


def test_the_page_shows_the_bytes_that_are_signed_and_follows_them_to_the_end() -> None:
    import hashlib  # noqa: PLC0415

    request = make_ready(make_signer())
    client = _client(request.signer)
    assert client.get(_url("sign_page", request)).status_code == 200
    pdf = client.get(_url("shown_pdf", request))
    assert hashlib.sha256(pdf.content).hexdigest() == request.sha256
    assert AuditEvent.objects.filter(action="document.read").exists()
    answer = client.post(_url("sign", request), {"pin": PIN, "sha256": request.sha256})
    assert answer.status_code == 200
    assert b"every 2s" in answer.content
    deliver_all()
    done = client.get(_url("progress", request), {"was": "signed"})
    assert b"every 2s" not in done.content
    assert reverse("encounters:documents:pdf", args=[request.version.document.uuid]) in done.content.decode()


@pytest.mark.parametrize("sha256", ["", "zz", "ab" * 32])
def test_without_the_right_fingerprint_nothing_is_signed(sha256: str) -> None:
    request = make_ready(make_signer())
    answer = _client(request.signer).post(_url("sign", request), {"pin": PIN, "sha256": sha256})
    assert answer.status_code == 422
    assert not Signature.objects.exists()


@pytest.mark.parametrize("name", ["sign_page", "shown_pdf", "preview", "progress"])
def test_another_persons_request_is_not_there(name: str) -> None:
    request = make_ready(make_signer())
    assert _client(make_chi()).get(_url(name, request)).status_code == 404


def test_every_fragment_renders() -> None:
    request = make_ready(make_signer())
    client = _client(request.signer)
    assert client.get(_url("preview", request)).status_code == 200
    assert client.post(_url("prepare", request)).status_code == 200
    for name in ("rows", "waiting", "count", "key"):
        assert client.get(reverse(f"signatures:signing:{name}")).status_code == 200
    assert (
        client.post(reverse("signatures:signing:refresh"), {"preparing": str(request.uuid)}).status_code
        == 200
    )
    panel = client.get(reverse("signatures:signing:panel", args=[request.version.document.uuid]))
    assert panel.status_code == 200
    assert _url("sign_page", request) in panel.content.decode()
    assert client.post(_url("refuse", request), {"reason": ""}).status_code == 422
    assert client.post(_url("refuse", request), {"reason": "Sai người bệnh"}).status_code == 200
    request.refresh_from_db()
    assert request.status == "refused"


def test_the_pin_can_be_changed_on_the_page() -> None:
    an = make_signer()
    client, url = _client(an), reverse("signatures:signing:new_pin")
    wrong = {"pin": "999999", "new_pin": "975310", "repeated": "975310"}
    assert client.post(url, wrong).status_code == 422
    assert client.post(url, {**wrong, "pin": PIN, "repeated": "975311"}).status_code == 422
    assert client.post(url, {**wrong, "pin": PIN}).status_code == 302
