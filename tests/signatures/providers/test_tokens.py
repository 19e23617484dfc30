"""Keys in tokens, by a real PKCS #11 library: wrong and locked PINs, lost sessions, PINs set anew, the seal."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.authority import Issued
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import seal_of
from signatures.certificates.services import demo_authority
from signatures.providers import services
from signatures.providers.base import Pin, ProviderDown, Typed, provider
from signatures.providers.models import Credential
from signatures.signing.models import Signature
from signatures.signing.services import Purpose, sign_bytes, sign_requests
from tests.emr.people import make_an, make_user
from tests.signatures.providers import softhsm
from tests.signatures.records import make_ready

pytestmark = pytest.mark.django_db
DIGEST = hashlib.sha256(b"to dieu tri").digest()


@pytest.fixture(autouse=True)
def tokens(home: Path, settings: Settings) -> Iterator[Path]:
    softhsm.set_up(home, settings, price=300)
    yield home
    pkcs11.lib(softhsm.MODULE).finalize()


def _issue(name: str = "Nguyễn Văn An", code: str = "AN", **more: int) -> Issued:
    return authority.issue(
        demo_authority(), common_name=name, identifier=code, organization="TTYT", today=now(), **more
    )


def _enrolled(folder: Path, user: User | None = None, *keys: Issued) -> Credential:
    user = user or make_an()
    label = softhsm.make_token(folder, *(keys or (_issue(),)))
    return services.enrol_key(service="hsm", account=label, pin=Pin(softhsm.PIN), owner=user, by=user)


def _refused(credential: Credential, pin: str) -> str:
    with pytest.raises(DomainError) as refusal, services.unlocked(credential.certificate, Pin(pin)):
        pytest.fail("opened")
    return refusal.value.code


def test_documents_are_signed_by_a_key_that_never_leaves_its_token(tokens: Path) -> None:
    an = make_an()
    credential = _enrolled(tokens, an)
    assert credential.sealed_key is None
    first, second = make_ready(an), make_ready(an)
    shown = {request.uuid: request.sha256 for request in (first, second)}
    outcomes = sign_requests(shown=shown, pin=Pin(softhsm.PIN), by=an)
    assert all(outcome.is_signed for outcome in outcomes)
    assert [signature.cost for signature in Signature.objects.all()] == [300, 300]


def test_an_rsa_key_in_a_token_signs_too_and_names_its_owner_by_citizen_number(tokens: Path) -> None:
    an = make_an()
    an.citizen_number = "001085000001"
    an.save()
    _enrolled(tokens, an, softhsm.issue_rsa(an))
    request = make_ready(an)
    (outcome,) = sign_requests(shown={request.uuid: request.sha256}, pin=Pin(softhsm.PIN), by=an)
    assert outcome.is_signed


def test_a_wrong_pin_is_counted_here_too_and_the_tokens_own_lock_is_told(
    tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = _enrolled(tokens)
    assert _refused(credential, "000111") == "wrong_pin"
    assert _refused(credential, "x") == "wrong_pin"
    assert Credential.objects.get().wrong_pins == 2
    # SoftHSM never locks a token by itself: its answer is put into its mouth.
    real = pkcs11.lib(softhsm.MODULE).get_token(token_label=credential.reference["token"])

    class Locked:
        label = real.label

        def open(self, **_how: object) -> None:
            raise pkcs11.PinLocked

    monkeypatch.setattr("signatures.providers.pkcs11._token", lambda *_asked: Locked())
    assert _refused(credential, softhsm.PIN) == "pin_locked_there"
    assert Credential.objects.get().wrong_pins == 2


def test_a_lost_session_is_opened_again_and_a_token_that_is_gone_is_said(tokens: Path) -> None:
    credential = _enrolled(tokens)
    with services.unlocked(credential.certificate, Pin(softhsm.PIN)) as key:
        assert key.sign_digests([DIGEST])
        pkcs11.lib(
            softhsm.MODULE
        ).reinitialize()  # all sessions of the process are gone, as after an HSM's restart
        assert len(key.sign_digests([DIGEST, DIGEST])) == 2
    (tokens / "tokens").rename(tokens / "unplugged")
    (tokens / "tokens").mkdir()
    with pytest.raises(ProviderDown), services.unlocked(credential.certificate, Pin(softhsm.PIN)):
        pytest.fail("opened")


def test_nobody_signs_through_a_session_that_another_pin_has_opened(tokens: Path) -> None:
    """Logged in is the whole process: while one block holds the token, a wrong PIN beside it waits and is refused."""
    credential = _enrolled(tokens)
    keeper, found = provider("pkcs11"), Credential.objects.get(pk=credential.pk)
    told: list[str] = []

    def guess() -> None:
        try:
            with keeper.unlock(found, Typed(Pin("000111")), ()):
                told.append("opened")
        except Exception as error:
            told.append(type(error).__name__)

    with services.unlocked(credential.certificate, Pin(softhsm.PIN)) as key:
        beside = threading.Thread(target=guess)
        beside.start()
        assert key.sign_digests([DIGEST])
        beside.join(1)
        assert beside.is_alive() and told == [], "it waits for as long as the block lasts"
    beside.join()
    assert told == ["WrongPin"]


def test_the_owner_changes_the_pin_of_the_token(tokens: Path) -> None:
    credential = _enrolled(tokens)
    owner = credential.certificate.owner
    assert owner is not None
    with pytest.raises(DomainError) as refusal:
        services.change_pin(owner=owner, pin=Pin(softhsm.PIN), new_pin=Pin("9" * 20 + "13" * 130))
    assert refusal.value.code == "pin_unfit"
    services.change_pin(owner=owner, pin=Pin(softhsm.PIN), new_pin=Pin("975310"))
    assert _refused(credential, softhsm.PIN) == "wrong_pin"
    with services.unlocked(credential.certificate, Pin("975310")) as key:
        assert key.sign_digests([DIGEST])


def test_a_forgotten_pin_takes_two_people_and_the_officer(tokens: Path) -> None:
    credential = _enrolled(tokens)
    owner = credential.certificate.owner
    assert owner is not None
    admin = make_user("quantri", "Lý Công Thành", "admin", owner.practitioner_roles.get().department)
    with pytest.raises(DomainError) as refusal:
        services.reset_pin(owner=owner, new_pin=Pin("975310"))
    assert refusal.value.code == "not_allowed"
    with pytest.raises(DomainError) as refusal:
        services.allow_reset(credential=credential, reason="Quên", by=owner)
    assert refusal.value.code == "own_key"
    services.allow_reset(credential=credential, reason="Gặp trực tiếp", by=admin)
    services.reset_pin(owner=owner, new_pin=Pin("975310"))
    with services.unlocked(credential.certificate, Pin("975310")) as key:
        assert key.sign_digests([DIGEST])
    with pytest.raises(DomainError) as refusal:
        services.reset_pin(owner=owner, new_pin=Pin("864213"))
    assert refusal.value.code == "not_allowed", "it was allowed once"
    assert AuditEvent.objects.filter(action__in=["pin.allow_reset", "pin.reset"]).count() == 2


@pytest.mark.parametrize(
    ("issued", "code"),
    [
        ({"name": "Lê Thị Chi", "code": "CHI"}, "certificate_of_another"),
        ({"years": 0}, "certificate_expired"),
    ],
)
def test_a_certificate_that_may_not_sign_for_this_person_is_not_enrolled(
    tokens: Path, issued: dict[str, str], code: str
) -> None:
    an, issuing = make_an(), demo_authority()
    key = authority.issue(
        issuing,
        common_name=issued.get("name", "Nguyễn Văn An"),
        identifier=issued.get("code", "AN"),
        organization="TTYT",
        today=now(),
        years=int(issued.get("years", 3)),
    )
    with pytest.raises(DomainError) as refusal:
        _enrolled(tokens, an, key)
    assert refusal.value.code == code
    assert not Credential.objects.exists()


def test_the_licence_number_names_a_person(tokens: Path) -> None:
    an = make_an()
    an.licence_number = "012345/HNO-GPHN"
    an.save()
    credential = _enrolled(tokens, an, _issue("N. V. An", "012345/HNO-GPHN"))
    assert credential.certificate.owner == an


def test_a_certificate_over_a_key_of_another_is_found_out_at_once(tokens: Path) -> None:
    an = make_an()
    with pytest.raises(DomainError) as refusal:
        _enrolled(tokens, an, Issued(key=_issue().key, certificate=_issue().certificate))
    assert refusal.value.code == "provider_down"


def test_the_seal_lives_in_a_token(tokens: Path) -> None:
    an = make_an()
    facility = an.facility
    issued = authority.issue(
        demo_authority(), common_name=facility.name, identifier="SEAL", organization="TTYT", today=now()
    )
    label = softhsm.make_token(tokens, issued)
    secret = tokens / "pin"
    secret.write_text(f"{softhsm.PIN}\n")
    call_command(
        "take_seal",
        f"--facility={facility.code}",
        "--service=hsm",
        f"--token={label}",
        f"--secret-file={secret}",
    )
    seal = seal_of(facility)
    assert seal is not None and seal.purpose == Certificate.Purpose.SEAL
    assert sign_bytes(b"<claim/>", purpose=Purpose.CLAIM, facility=facility)


def test_nobody_finds_out_anothers_pin_by_enrolling(tokens: Path) -> None:
    credential = _enrolled(tokens)
    owner = credential.certificate.owner
    assert owner is not None
    chi = make_user("chi", "Lê Thị Chi", "doctor", owner.practitioner_roles.get().department)

    def told(label: str, pin: str) -> str:
        with pytest.raises(DomainError) as refusal:
            services.enrol_key(service="hsm", account=label, pin=Pin(pin), owner=chi, by=chi)
        return refusal.value.code

    anothers = credential.reference["token"]
    assert told(anothers, softhsm.PIN) == told(anothers, "000111") == "nothing_found", (
        "right or wrong, the same"
    )
    fresh = softhsm.make_token(tokens, _issue())
    assert [told(fresh, f"00000{number}") for number in range(5)] == ["wrong_pin"] * 5
    assert told(fresh, softhsm.PIN) == "too_many_tries"
    denied = AuditEvent.objects.filter(action="signing_key.enrol", outcome="denied", agent_id=chi.pk)
    assert denied.count() == 5 and not any(softhsm.PIN in str(event.detail) for event in denied)
