"""The tray and the page of one document, as a doctor's browser asks for them."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from signatures.providers.models import Credential
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.views import tray as tray_views
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


def test_the_desk_is_searched_by_name_without_accents_by_number_and_by_form() -> None:
    an = make_signer()
    dao, sau = make_ready(an), make_ready(an)
    patient = dao.version.document.patient
    patient.full_name = "Nguyễn Thị Đào"
    patient.save()
    other = sau.version.document.patient
    other.full_name = "Phạm Văn Sáu"
    other.save()
    client, tray = _client(an), reverse("signatures:signing:tray")

    def found(words: str) -> set[str]:
        answer = client.post(tray, {"chip": "patient", "q": words})
        assert (answer.status_code, answer["Location"]) == (302, f"{tray}?by=patient"), (
            "no name in an address"
        )
        page = client.get(answer["Location"]).content.decode()
        return set(re.findall(r'id="row-([^"]+)"', page))

    mine, his = {str(dao.uuid)}, {str(sau.uuid)}
    assert found("dao nguyen") == found("ĐÀO") == mine and found("sau") == his
    assert found(dao.version.document.encounter.identifier.lower()) == mine
    assert found("36/bv2") == found("to dieu tri") == mine | his
    assert found("to dieu tri sau") == his, "every word must fit"
    assert found("không ai") == set()
    page = client.get(tray).content.decode()
    assert "Không có tài liệu nào chờ ký khớp" in page and "Không có gì chờ" not in page
    assert client.get(reverse("signatures:signing:waiting")).content.decode().count("<li") == 2, (
        "home shows all"
    )
    found("sau")
    values = f"{sau.uuid}:{sau.sha256}"
    signed = client.post(
        reverse("signatures:signing:sign_many") + "?by=patient", {"request": values, "pin": PIN}
    )
    assert signed.status_code == 200 and str(dao.uuid) not in signed.content.decode(), "the filter stays"
    assert found("") == mine


def test_the_second_page_of_the_desk_is_prepared_and_searched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tray_views, "PAGE", 1)
    an = make_signer()
    first, second = make_ready(an), make_ready(an)
    deliver_all()
    SigningRequest.objects.update(status="pending", expires_at=None)
    client, tray = _client(an), reverse("signatures:signing:tray")
    assert client.post(tray, {"chip": "age", "q": "", "page": "2"}).status_code == 302
    page = client.get(tray, {"by": "age"}).content.decode()
    assert str(second.uuid) in page and f"row-{first.uuid}" not in page
    client.post(reverse("signatures:signing:refresh") + "?by=age", {"preparing": str(second.uuid)})
    deliver_all()
    assert set(SigningRequest.objects.filter(status="ready")) == {second}


def test_searching_asks_no_more_for_many_documents(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    an = make_signer()
    client, tray = _client(an), reverse("signatures:signing:tray")
    make_ready(an)
    client.post(tray, {"chip": "risk", "q": "dieu tri"})
    client.get(tray)
    with CaptureQueriesContext(connection) as few:
        client.get(tray)
    for _number in range(5):
        make_ready(an)
    with django_assert_max_num_queries(len(few)):
        client.get(tray)
