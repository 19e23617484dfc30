"""The administrator's page of signing keys: find, unlock, revoke; and no way from there to a patient."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _
from pytest_django.fixtures import Settings

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from signatures.certificates.models import Certificate
from signatures.certificates.services import demo_authority, set_status
from signatures.providers.base import Pin
from signatures.providers.models import Credential
from signatures.providers.services import PinRefused, issue_demo_seal, unlocked
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.signatures.records import PIN, make_signer

pytestmark = pytest.mark.django_db

LIST = "signatures:providers:keys"


def _admin(department: Organization | None = None) -> tuple[User, Client]:
    admin = make_user("qt", "Lý Quản Trị", "admin", department or make_department(make_facility()))
    client = Client()
    client.force_login(admin, backend="emr.accounts.backends.StaffBackend")
    return admin, client


def _key_of(user: User) -> Credential:
    return Credential.objects.get(certificate__owner=user)


def _url(name: str, credential: Credential) -> str:
    return reverse(f"signatures:providers:{name}", args=[credential.uuid])


def _block(credential: Credential) -> None:
    Credential.objects.filter(pk=credential.pk).update(
        wrong_pins=Credential.GUESS_LIMIT, locked_until=now() + dt.timedelta(hours=1)
    )


def _listed(client: Client, **query: str) -> str:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_keys_are_found_by_name_code_and_state() -> None:
    an = make_signer()
    department = an.practitioner_roles.get().department
    binh = make_signer(make_binh(department))
    issue_demo_seal(facility=an.facility)
    _admin_user, client = _admin(department)
    everything = _listed(client)
    assert "Nguyễn Văn An" in everything and "Trần Thị Bình" in everything
    assert _("Seal of the facility") in everything
    for text in ("tran binh", "BINH", _key_of(binh).certificate.serial_number[:12]):
        found = _listed(client, q=text)
        assert "Trần Thị Bình" in found and "Nguyễn Văn An" not in found
    assert _("No key like this") in _listed(client, q="không ai")
    _block(_key_of(an))
    locked = _listed(client, state="locked")
    assert "Nguyễn Văn An" in locked and "Trần Thị Bình" not in locked
    assert _("PIN blocked") in locked
    Certificate.objects.filter(owner=binh).update(
        not_before=now() - dt.timedelta(days=9), not_after=now() - dt.timedelta(days=1)
    )
    for state, expected in (("expired", True), ("expiring", False), ("revoked", False)):
        assert ("Trần Thị Bình" in _listed(client, state=state)) is expected
    assert AuditEvent.objects.filter(action="signing_key.list").exists()


def test_the_pages_turn() -> None:
    an = make_signer()
    department = an.practitioner_roles.get().department
    for number in range(51):
        make_signer(make_user(f"nv{number}", f"Người Thứ {number}", "nurse", department))
    _user, client = _admin(department)
    assert _listed(client).count("<tr>") == 51, "fifty and the head"
    assert _listed(client, page="2").count("<tr>") == 3
    assert _listed(client, page="99").count("<tr>") == 3


def test_a_blocked_pin_is_unlocked_with_a_reason_and_signs_again() -> None:
    an = make_signer()
    _user, client = _admin(an.practitioner_roles.get().department)
    credential = _key_of(an)
    _block(credential)
    with pytest.raises(PinRefused), unlocked(credential.certificate, Pin(PIN)):
        pass
    assert _("Blocked: too many wrong PINs in a row.") in client.get(_url("key", credential)).content.decode()
    assert client.post(_url("unlock", credential), {"unlock-reason": " "}).status_code == 422
    assert _key_of(an).is_blocked
    answer = client.post(_url("unlock", credential), {"unlock-reason": "Gặp trực tiếp, thẻ nhân viên"})
    assert answer.status_code == 302
    with unlocked(Certificate.objects.get(owner=an), Pin(PIN)) as key:
        assert key.sign_digests([b"\x00" * 32])
    line = AuditEvent.objects.get(action="pin.unlock")
    assert line.detail == {"in_a_row": 10, "reason": "Gặp trực tiếp, thẻ nhân viên"}


def test_the_owner_sees_what_state_the_key_is_in() -> None:
    an = make_signer()
    client, url = Client(), reverse("signatures:signing:key")
    client.force_login(an, backend="emr.accounts.backends.StaffBackend")
    assert _("PIN blocked") not in client.get(url).content.decode()
    _block(_key_of(an))
    assert _("PIN blocked") in client.get(url).content.decode()
    set_status(certificate=_key_of(an).certificate, status="revoked", reason="Mất khóa", by=None)
    assert "Mất khóa" in client.get(url).content.decode()


def test_nobody_unlocks_their_own_key() -> None:
    admin, client = _admin()
    make_signer(admin)
    _block(_key_of(admin))
    assert client.post(_url("unlock", _key_of(admin)), {"unlock-reason": "Tôi"}).status_code == 422
    assert _key_of(admin).is_blocked


def test_revoking_needs_a_reason_and_a_tick_and_is_for_good() -> None:
    an = make_signer()
    _user, client = _admin(an.practitioner_roles.get().department)
    credential = _key_of(an)
    for incomplete in ({"revoke-reason": "Mất khóa"}, {"revoke-is_sure": "on"}):
        assert client.post(_url("revoke", credential), incomplete).status_code == 422
    given = {"revoke-reason": "Mất khóa", "revoke-is_sure": "on"}
    assert client.post(_url("revoke", credential), given).status_code == 302
    certificate = Certificate.objects.get(owner=an)
    assert (certificate.status, certificate.status_reason) == ("revoked", "Mất khóa")
    assert certificate.revoked_at is not None
    assert AuditEvent.objects.get(action="certificate.revoked").detail["reason"] == "Mất khóa"
    assert client.post(_url("revoke", credential), given).status_code == 422
    page = client.get(_url("key", credential)).content.decode()
    forms = [
        name for name in ("unlock", "revoke", "allow_new_pin", "destroy") if _url(name, credential) in page
    ]
    assert "Mất khóa" in page and forms == ["destroy"], "what is left to do is to remove the key itself"
    assert "Nguyễn Văn An" in _listed(client, state="revoked")


def test_it_needs_its_own_right() -> None:
    an = make_signer()
    client = Client()
    client.force_login(an, backend="emr.accounts.backends.StaffBackend")
    credential = _key_of(an)
    assert client.get(reverse(LIST)).status_code == 403
    for name in ("unlock", "revoke"):
        assert client.post(_url(name, credential)).status_code == 403


def test_another_hospitals_keys_are_not_there() -> None:
    other = make_facility("88888", "Bệnh viện khác")
    chi = make_signer(make_an(make_department(other, "K77", "Khoa Nhi")))
    _user, client = _admin(make_department(make_facility()))
    assert client.get(_url("key", _key_of(chi))).status_code == 404
    assert "Nguyễn Văn An" not in _listed(client)


def test_whom_the_hospital_trusts_stands_below_with_its_last_day(settings: Settings) -> None:
    an = make_signer()
    _admin_user, client = _admin(an.practitioner_roles.get().department)
    root = demo_authority().root
    page = _listed(client)
    assert "CA gốc thử nghiệm" in page and f"{root.not_valid_after_utc:%Y}" in page
    assert root.fingerprint(SHA256()).hex() in page
    settings.EMR_DEMO, settings.EMR_TRUST_ROOTS = False, "/nowhere"
    assert "CA gốc thử nghiệm" not in _listed(client), "a folder that isn't there stops no page"
