"""S-22: on a ward round the PIN is typed once for a ward's documents; every other document asks for it."""

import base64
import datetime as dt
import logging
import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.outbox.models import OutboxEvent
from emr.signin.models import Round, StaffSession
from signatures.providers.base import Pin
from signatures.providers.models import Credential
from signatures.providers.services import change_pin
from signatures.signing.models import Signature, SigningRequest
from tests.emr.people import make_department
from tests.emr.signin.test_sessions import come_in
from tests.signatures.records import PIN, make_ready, make_signer, make_version, prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def an() -> User:
    return make_signer()


@pytest.fixture
def client(an: User) -> Client:
    return come_in(an)


def sign(client: Client, request: SigningRequest, **more: str) -> int:
    address = reverse("signatures:signing:sign", args=[request.uuid])
    answer = client.post(address, {"sha256": request.sha256} | more)
    assert PIN not in answer.content.decode()
    return answer.status_code


def elsewhere(an: User) -> SigningRequest:
    """A document of another department where An works too."""
    from signatures.signing import services  # noqa: PLC0415

    version = make_version(an)
    other = make_department(an.facility, "K19", "Khoa Ngoại")
    version.document.department = other
    version.document.save(update_fields=["department"])
    request = services.open_author_request(version=version)
    prepare(request)
    request.refresh_from_db()
    return request


def test_one_pin_signs_the_wards_documents_and_no_others(client: Client, an: User) -> None:
    first, second, third, other = make_ready(an), make_ready(an), make_ready(an), elsewhere(an)
    assert sign(client, first) == 422, "no round yet"
    assert sign(client, first, pin=PIN, keep="1") == 200
    assert Round.objects.get().user == an
    page = client.get(reverse("signatures:signing:sign_page", args=[second.uuid])).content.decode()
    assert 'name="pin"' not in page
    assert reverse("signin:end_round") in page
    assert sign(client, second) == 200
    assert (
        'name="pin"'
        in client.get(reverse("signatures:signing:sign_page", args=[other.uuid])).content.decode()
    )
    assert sign(client, other) == 422
    assert sign(client, other, pin=PIN) == 200, "with the PIN everything is signed as ever"
    assert client.post(reverse("signin:end_round")).status_code == 302
    assert sign(client, third) == 422
    assert Signature.objects.count() == 3


def test_without_the_tick_and_with_a_wrong_pin_no_round_begins(client: Client, an: User) -> None:
    first, second = make_ready(an), make_ready(an)
    assert sign(client, first, pin=PIN) == 200
    assert sign(client, second, pin="000000", keep="1") == 422
    stale = make_ready(an)
    SigningRequest.objects.filter(pk=stale.pk).update(expires_at=timezone.now() - dt.timedelta(minutes=1))
    assert sign(client, stale, pin="000000", keep="1") == 422, "nothing was signed, so no PIN was proved"
    assert not Round.objects.exists()
    assert sign(client, second) == 422


def test_the_tray_signs_the_rounds_ward_and_says_of_the_rest_why_not(client: Client, an: User) -> None:
    requests, other = [make_ready(an), make_ready(an)], elsewhere(an)
    values = [f"{request.uuid}:{request.sha256}" for request in (*requests, other)]
    address = reverse("signatures:signing:sign_many")
    assert client.post(address, {"request": values}).status_code == 422
    begun = client.post(address, {"request": values[:1], "pin": PIN, "keep": "1"})
    assert begun.status_code == 200
    assert 'hx-swap-oob="true"' in begun.content.decode()
    answer = client.post(address, {"request": values[1:]})
    assert answer.status_code == 200
    assert set(Signature.objects.values_list("request", flat=True)) == {row.pk for row in requests}
    why = answer.content.decode()
    assert "đi buồng" in re.sub(r"\s+", " ", why[why.index(f"row-{other.uuid}") :])
    assert client.post(address, {"request": values[2:]}).status_code == 422


def test_the_tray_begins_no_round_for_two_departments(client: Client, an: User) -> None:
    values = [f"{request.uuid}:{request.sha256}" for request in (make_ready(an), elsewhere(an))]
    address = reverse("signatures:signing:sign_many")
    assert client.post(address, {"request": values, "pin": PIN, "keep": "1"}).status_code == 200
    assert Signature.objects.count() == 2
    assert not Round.objects.exists()


def test_a_new_pin_ends_the_round_and_a_pin_that_no_longer_fits_counts_once(client: Client, an: User) -> None:
    first, second = make_ready(an), make_ready(an)
    sign(client, first, pin=PIN, keep="1")
    change_pin(owner=an, pin=Pin(PIN), new_pin=Pin("975318"))  # at another PC
    assert sign(client, second) == 422
    assert Credential.objects.get().wrong_pins == 1
    assert not Round.objects.exists(), "the same wrong PIN isn't tried again and again"
    assert sign(client, second) == 422
    assert Credential.objects.get().wrong_pins == 1


@pytest.mark.parametrize("how", ["locked", "idle", "deleted", "tampered", "expired"])
def test_the_pin_is_asked_again(client: Client, an: User, how: str) -> None:
    first, second = make_ready(an), make_ready(an)
    assert sign(client, first, pin=PIN, keep="1") == 200
    sealed = client.cookies["round"].value
    if how == "locked":
        client.post("/lock/")
        client.post("/locked/unlock", {"secret": "benhanmo"})
    elif how == "idle":
        StaffSession.objects.update(active_at=timezone.now() - dt.timedelta(minutes=11))
        assert sign(client, second) == 302
        client.post("/locked/unlock", {"secret": "benhanmo"})
    elif how == "deleted":
        Round.objects.all().delete()
    elif how == "tampered":
        sealed = sealed[:-6] + ("AAAA" if sealed[-6:-2] != "AAAA" else "BBBB") + sealed[-2:]
    else:
        Round.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    client.cookies["round"] = sealed  # replayed by whoever kept it
    assert sign(client, second) == 422
    assert Signature.objects.count() == 1


def test_a_colleague_with_the_cookie_signs_nothing(client: Client, an: User) -> None:
    first = make_ready(an)
    sign(client, first, pin=PIN, keep="1")
    ward = an.practitioner_roles.get().department
    from tests.emr.people import make_user  # noqa: PLC0415

    chi = make_signer(make_user("chi2", "Lê Chi", "doctor", ward), pin="135792")
    theirs = make_ready(chi)
    other = come_in(chi)
    other.cookies["round"] = client.cookies["round"].value
    assert sign(other, theirs) == 422
    assert not Signature.objects.filter(request=theirs).exists()


def test_the_pin_comes_into_no_table_no_event_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Also not as the bytes of a binary column."""
    caplog.set_level(logging.DEBUG)
    pin = "quả-bưởi-xanh-2468"
    an = make_signer(pin=pin)
    client = come_in(an)
    first, second = make_ready(an), make_ready(an)
    assert sign(client, first, pin=pin, keep="1") == 200
    assert sign(client, second) == 200
    sealed = client.cookies["round"].value
    for secret in (pin, sealed):
        assert secret not in caplog.text
        assert secret not in str(list(OutboxEvent.objects.values())) + str(list(AuditEvent.objects.values()))
        for written in (secret, secret.encode().hex(), base64.urlsafe_b64decode(sealed).hex()):
            assert _tables_with(written) == []


def _tables_with(text: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}" AS t WHERE t::text LIKE %s', [f"%{text}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(name)
    return found
