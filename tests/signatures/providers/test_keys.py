"""Keys under PIN: opened by the right one alone, limited in guesses, unreadable at rest."""

import datetime as dt
import hashlib
import pickle

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from freezegun import freeze_time
from pytest_django.fixtures import Settings

from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of, seal_of
from signatures.certificates.services import demo_authority
from signatures.providers import vault
from signatures.providers.base import Pin, ProviderDown, WrongPin
from signatures.providers.models import Credential
from signatures.providers.pkcs12 import make_blob, open_blob
from signatures.providers.services import (
    PinRefused,
    change_pin,
    import_key,
    issue_demo_key,
    issue_demo_seal,
    reseal_keys,
    unlocked,
    unlocked_seal,
)
from tests.emr.people import make_an, make_chi
from tests.signatures.records import PIN, make_signer

pytestmark = pytest.mark.django_db


def _certificate() -> Certificate:
    certificate = certificate_of(make_signer())
    assert certificate is not None
    return certificate


def _verifies(certificate: Certificate, digest: bytes, value: bytes) -> bool:
    key = certificate.parsed.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(value, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return True


def _guess(certificate: Certificate, pin: str) -> str:
    with pytest.raises(PinRefused) as refusal, unlocked(certificate, Pin(pin)):
        pytest.fail("opened")
    return refusal.value.code


def test_the_right_pin_opens_the_key_for_many_signatures() -> None:
    certificate = _certificate()
    with unlocked(certificate, Pin(PIN)) as key:
        for text in (b"mot", b"hai", b"ba"):
            digest = hashlib.sha256(text).digest()
            assert _verifies(certificate, digest, key.sign_digests([digest])[0])


def test_a_wrong_pin_is_counted_and_the_right_one_starts_over() -> None:
    certificate = _certificate()
    assert [_guess(certificate, "000111"), _guess(certificate, "000112")] == ["wrong_pin", "wrong_pin"]
    assert Credential.objects.get().wrong_pins == 2
    with unlocked(certificate, Pin(PIN)):
        pass
    assert Credential.objects.get().wrong_pins == 0
    assert AuditEvent.objects.filter(action="pin.refuse", outcome="denied").count() == 2


def test_guesses_become_slower_and_end(settings: Settings) -> None:
    """Even the right PIN is not tried during a pause, so a pause tells nothing."""
    certificate, moment = _certificate(), now()
    with freeze_time(moment) as clock:
        for _ in range(3):
            assert _guess(certificate, "000000") == "wrong_pin"
        assert _guess(certificate, PIN) == "pin_paused"
        clock.tick(dt.timedelta(seconds=31))
        assert _guess(certificate, "000000") == "wrong_pin"
        clock.tick(dt.timedelta(seconds=31))
        assert _guess(certificate, PIN) == "pin_paused"
        for _ in range(6):
            clock.tick(dt.timedelta(hours=2))
            _guess(certificate, "000000")
        clock.tick(dt.timedelta(days=300))
        assert _guess(certificate, PIN) == "pin_blocked"


def test_one_persons_lock_is_nobody_elses() -> None:
    certificate = _certificate()
    issue_demo_key(owner=make_chi(), pin=PIN)
    for _ in range(3):
        _guess(certificate, "000000")
    chi = Certificate.objects.get(owner__username="chi")
    with unlocked(chi, Pin(PIN)):
        pass


def test_a_new_pin_replaces_the_old_one() -> None:
    certificate = _certificate()
    owner = certificate.owner
    assert owner is not None
    change_pin(owner=owner, pin=Pin(PIN), new_pin=Pin("975310"))
    assert _guess(certificate, PIN) == "wrong_pin"
    with unlocked(certificate, Pin("975310")):
        pass


@pytest.mark.parametrize("pin", ["12345", "111111", "123456", "987654", ""])
def test_a_pin_too_easy_is_refused(pin: str) -> None:
    owner = _certificate().owner
    assert owner is not None
    with pytest.raises(DomainError):
        change_pin(owner=owner, pin=Pin(PIN), new_pin=Pin(pin))


def test_a_pin_never_shows_itself() -> None:
    pin = Pin("975310")
    assert "975310" not in f"{pin} {pin!r} {[pin]} {vars(Pin)}"
    with pytest.raises(TypeError):
        pickle.dumps(pin)
    with pytest.raises(WrongPin) as wrong:
        open_blob(b"no such thing", pin)
    assert "975310" not in repr(wrong.value) + repr(wrong.value.__cause__)


def test_the_database_alone_opens_nothing(settings: Settings) -> None:
    """Whoever has the row and guesses the PIN still lacks EMR_FILE_KEY."""
    credential = _certificate().credential
    with pytest.raises(WrongPin):
        open_blob(bytes(credential.sealed_key), Pin(PIN))
    settings.EMR_FILE_KEYS = ["11" * 32]
    with pytest.raises(vault.SealedByAnother):
        vault.unseal(bytes(credential.sealed_key), row=str(credential.uuid), sealed_by=credential.sealed_by)


def test_a_blob_moved_to_another_row_does_not_open() -> None:
    an = _certificate().credential
    with pytest.raises(vault.SealedByAnother):
        vault.unseal(bytes(an.sealed_key), row="another", sealed_by=an.sealed_by)


def test_keys_survive_a_new_file_key_and_then_need_the_old_one_no_more(settings: Settings) -> None:
    certificate = _certificate()
    issue_demo_seal(facility=certificate.facility)
    old = settings.EMR_FILE_KEYS
    settings.EMR_FILE_KEYS = ["22" * 32, *old]
    assert reseal_keys() == 2
    assert reseal_keys() == 0
    settings.EMR_FILE_KEYS = ["22" * 32]
    with unlocked(certificate, Pin(PIN)):
        pass
    seal = seal_of(certificate.facility)
    assert seal is not None
    with unlocked_seal(seal) as key:
        assert key.sign_digests([bytes(32)])


def test_a_persons_key_is_no_seal() -> None:
    with pytest.raises(ProviderDown), unlocked_seal(_certificate()):
        pass


def test_a_key_file_from_an_authority_is_taken_in_under_a_new_pin() -> None:
    an, trial = make_an(), demo_authority()
    issued = authority.issue(
        trial, common_name="Nguyễn Văn An", identifier="AN", organization="TTYT", today=now()
    )
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    blob = pkcs12.serialize_key_and_certificates(
        b"an",
        issued.key,
        issued.certificate,
        [trial.issuing],
        serialization.BestAvailableEncryption(b"from-the-authority"),
    )
    with pytest.raises(DomainError) as refusal:
        import_key(blob=blob, passphrase=Pin("wrong"), new_pin=Pin(PIN), owner=an, by=an)
    assert refusal.value.code == "bad_key_file"
    import_key(blob=blob, passphrase=Pin("from-the-authority"), new_pin=Pin(PIN), owner=an, by=an)
    certificate = certificate_of(an)
    assert certificate is not None
    with unlocked(certificate, Pin(PIN)):
        pass
    assert _guess(certificate, "from-the-authority") == "wrong_pin"


def test_a_file_without_a_certificate_is_refused() -> None:
    an = make_an()
    with pytest.raises(DomainError):
        import_key(blob=b"PK", passphrase=Pin("x"), new_pin=Pin(PIN), owner=an, by=an)


def test_the_blob_is_pkcs12_of_today() -> None:
    """AES-256, PBKDF2, SHA-256: no RC2, no triple DES."""
    issued = authority.issue(
        demo_authority(), common_name="An", identifier="AN", organization="TTYT", today=now()
    )
    blob = make_blob(issued.key, issued.certificate, Pin(PIN))
    aes256_cbc, pbkdf2 = bytes.fromhex("60864801650304012a"), bytes.fromhex("2a864886f70d01050c")
    assert aes256_cbc in blob and pbkdf2 in blob
