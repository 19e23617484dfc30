"""A forgotten PIN, a destroyed key, certificates that run out, what signatures cost, and the file that names keepers."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _
from freezegun import freeze_time
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices.models import Notice
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.staff.services import let_go
from signatures.certificates import authority
from signatures.certificates.models import Certificate
from signatures.certificates.services import demo_authority, register_certificate
from signatures.providers import house, services
from signatures.providers.base import Pin, ProviderDown
from signatures.providers.health import trouble_of_services
from signatures.providers.models import Credential
from signatures.signing.services import sign_requests
from tests.emr.people import make_an, make_user
from tests.signatures.providers import softhsm
from tests.signatures.records import PIN, make_ready, make_signer

pytestmark = pytest.mark.django_db


def _imported(owner: User) -> tuple[Credential, bytes]:
    """A key that came as a file, and the file."""
    issued = authority.issue(
        demo_authority(),
        common_name=owner.full_name,
        identifier=owner.staff_code,
        organization="T",
        today=now(),
    )
    encryption = serialization.BestAvailableEncryption(b"mat khau tep")
    blob = pkcs12.serialize_key_and_certificates(
        b"an", issued.key, issued.certificate, [demo_authority().issuing], encryption
    )
    passphrase = Pin("mat khau tep")
    return services.import_key(
        blob=blob, passphrase=passphrase, new_pin=Pin(PIN), owner=owner, by=owner
    ), blob


def _admin(user: User) -> User:
    return make_user("quantri", "Lý Công Thành", "admin", user.practitioner_roles.get().department)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


def test_a_forgotten_pin_of_a_software_key_takes_an_administrator_and_the_file() -> None:
    an = make_an()
    credential, blob = _imported(an)
    Credential.objects.update(wrong_pins=Credential.GUESS_LIMIT)
    given = {"owner": an, "new_pin": Pin("975310"), "blob": blob, "passphrase": Pin("mat khau tep")}
    with pytest.raises(DomainError) as refusal:
        services.reset_pin(**given)
    assert refusal.value.code == "not_allowed"
    services.allow_reset(credential=credential, reason="Gặp trực tiếp", by=_admin(an))
    assert Notice.objects.get().kind == "signing_pin.reset_allowed", (
        "a reset that nobody asked for is noticed"
    )
    _other, another = _imported(
        make_user("chi", "Lê Thị Chi", "doctor", an.practitioner_roles.get().department)
    )
    with pytest.raises(DomainError) as refusal:
        services.reset_pin(**given | {"blob": another})
    assert refusal.value.code == "another_key"
    with freeze_time(now() + dt.timedelta(hours=25)), pytest.raises(DomainError) as refusal:
        services.reset_pin(**given)
    assert refusal.value.code == "not_allowed"
    services.reset_pin(**given)
    with services.unlocked(credential.certificate, Pin("975310")) as key:
        assert key.sign_digests([bytes(32)])


def test_a_destroyed_key_is_gone_and_its_row_can_hold_none_again() -> None:
    an = make_signer()
    admin, credential = _admin(an), Credential.objects.get()
    services.destroy_key(credential=credential, reason="Lộ khóa", by=admin)
    credential.refresh_from_db()
    assert credential.sealed_key is None and credential.certificate.status == "revoked"
    with pytest.raises(ProviderDown), services.unlocked(credential.certificate, Pin(PIN)):
        pytest.fail("opened")
    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.update(sealed_key=b"again")
    with pytest.raises(DomainError) as refusal:
        services.destroy_key(credential=credential, reason="Lần nữa", by=admin)
    assert refusal.value.code == "key_gone"


def test_the_end_of_a_certificate_is_told_60_30_and_7_days_ahead_each_once() -> None:
    an = make_signer()
    services.issue_demo_seal(facility=an.facility)
    admin, ends_at = _admin(an), Certificate.objects.get(owner=an).not_after
    told = []
    for days in (61, 59, 45, 29, 28, 6, 5):
        with freeze_time(ends_at - dt.timedelta(days=days)):
            told.append(services.warn_of_expiry())
    assert told == [0, 2, 0, 2, 0, 2, 0]
    readers = {(notice.kind, one.user) for notice in Notice.objects.all() for one in notice.recipients.all()}
    assert readers == {("signing_certificate.expires", an), ("signing_seal.expires", admin)}


def test_who_has_a_newer_certificate_or_has_left_hears_of_no_end() -> None:
    an = make_signer()
    ends_at = Certificate.objects.get().not_after
    with freeze_time(ends_at - dt.timedelta(days=20)):
        newer = authority.issue(
            demo_authority(),
            common_name=an.full_name,
            identifier=an.staff_code,
            organization="T",
            today=now(),
        )
        issuers = [demo_authority().issuing]
        register_certificate(
            certificate=newer.certificate, issuers=issuers, owner=an, facility=an.facility, by=None
        )
        assert services.warn_of_expiry() == 0


def test_who_leaves_signs_nothing_from_that_minute_on() -> None:
    an = make_signer()
    request = make_ready(an)
    let_go(user=an, reason="Nghỉ việc", by=_admin(an))
    for event in OutboxEvent.objects.filter(topic="user.suspended", subscriber__startswith="signatures."):
        OutboxEvent.objects.filter(pk=event.pk).update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert deliver(event_id=event.pk)
    assert Certificate.objects.get(owner=an).status == "suspended"
    with pytest.raises(DomainError) as refusal:
        sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    assert refusal.value.code == "certificate_suspended"


@pytest.fixture
def tokens(home: Path, settings: Settings) -> Iterator[Path]:
    import pkcs11  # noqa: PLC0415

    softhsm.set_up(home, settings, price=300)
    yield home
    pkcs11.lib(softhsm.MODULE).finalize()


def test_in_the_pages_a_token_is_enrolled_signed_with_and_counted(tokens: Path) -> None:
    an = make_an()
    issued = authority.issue(
        demo_authority(), common_name=an.full_name, identifier=an.staff_code, organization="T", today=now()
    )
    label, client = softhsm.make_token(tokens, issued), _signed_in(an)
    address = reverse("signatures:signing:enrol")
    wrong = {"enrol-service": "hsm", "enrol-account": label, "enrol-pin": "000000"}
    refused = client.post(address, wrong)
    assert refused.status_code == 422 and "000000" not in refused.content.decode()
    assert label in refused.content.decode(), "what was typed stays, but for the PIN"
    assert client.post(address, wrong | {"enrol-pin": softhsm.PIN}).status_code == 302
    request = make_ready(an)
    page = client.get(reverse("signatures:signing:sign_page", args=[request.uuid])).content.decode()
    assert (
        _("Each signature costs %(price)s đồng (%(kept_by)s).") % {"price": "300", "kept_by": "HSM"} in page
    )
    signed = client.post(
        reverse("signatures:signing:sign", args=[request.uuid]),
        {"pin": softhsm.PIN, "sha256": request.sha256},
    )
    assert signed.status_code == 200
    costs = _signed_in(_admin(an)).get(reverse("signatures:signing:costs")).content.decode()
    assert "HSM" in costs and "300" in costs
    assert client.get(reverse("signatures:signing:costs")).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        "[x",
        '[a]\nkind = "pkcs11"\nname = "A"',
        '[a]\nkind = "other"\nname = "A"',
        '[a]\nkind = "pkcs12"\nname = "A"\nprice = -1',
        '[a]\nkind = "pkcs12"\nname = "A"\ncolour = "red"',
        '[a]\nkind = "pkcs12"\nname = 7',
        '[a]\nkind = "pkcs12"\nname = "A"\nfacilities = "79001"',
        '[a]\nkind = "pkcs12"\nname = "A"\nseconds = 0',
        '[a]\nkind = "csc"\nname = "A"\naddress = "http://rssp.example.vn/csc/v1"\nclient_id = "x"\n'
        'client_secret_file = "/x"',
    ],
)
def test_a_file_that_cannot_be_used_is_said_on_the_health_page_and_stops_nobody_else(
    text: str, home: Path, settings: Settings
) -> None:
    (home / "services.toml").write_text(text)
    settings.EMR_KEY_SERVICES = str(home / "services.toml")
    assert trouble_of_services() != ""
    assert house.services_of("79001") == []
    certificate = Certificate.objects.get(owner=make_signer())
    with services.unlocked(certificate, Pin(PIN)) as key:
        assert key.sign_digests([bytes(32)])
