"""Whose certificate it is, whether it may sign, and whether anybody vouches for it."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates import authority
from signatures.certificates.checks import check_person, check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of
from signatures.certificates.services import demo_authority, register_certificate, set_status
from signatures.certificates.trust import demo_authority_folder, trust_roots
from tests.emr.people import make_an, make_chi
from tests.signatures import support

pytestmark = pytest.mark.django_db


def _issue(
    trial: authority.Authority, name: str = "Nguyễn Văn An", code: str = "AN", **more: dt.datetime
) -> x509.Certificate:
    today = more.get("today", now())
    return authority.issue(
        trial, common_name=name, identifier=code, organization="TTYT", today=today
    ).certificate


def _register(
    certificate: x509.Certificate, owner: User, issuers: list[x509.Certificate] | None = None
) -> Certificate:
    issuers = issuers if issuers is not None else [demo_authority().issuing]
    return register_certificate(
        certificate=certificate, issuers=issuers, owner=owner, facility=owner.facility, by=owner
    )


def test_the_demo_authority_is_made_once_and_its_key_is_the_owners_alone() -> None:
    first, second = demo_authority(), demo_authority()
    assert first.root == second.root
    for file in demo_authority_folder().iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    assert not [path for path in demo_authority_folder().parent.iterdir() if path.name.startswith(".")]


def test_only_a_demo_trusts_the_demo_authority(settings: Settings, tmp_path: Path) -> None:
    root = demo_authority().root
    assert trust_roots() == [root]
    settings.EMR_DEMO = False
    assert trust_roots() == []
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "national.crt").write_bytes(support.authority().root.public_bytes(Encoding.PEM))
    settings.EMR_TRUST_ROOTS = str(folder)
    assert trust_roots() == [support.authority().root]


def test_a_persons_own_certificate_is_taken_in() -> None:
    an = make_an()
    row = _register(_issue(demo_authority()), an)
    assert certificate_of(an) == row
    assert row.chain == [demo_authority().issuing]
    check_usable(row, at=now())


def test_a_certificate_of_another_person_is_refused() -> None:
    an = make_an()
    with pytest.raises(DomainError) as refusal:
        _register(_issue(demo_authority(), "Lê Thị Chi", "CHI"), an)
    assert refusal.value.code == "certificate_of_another"
    assert not Certificate.objects.exists()


def test_the_same_name_in_another_spelling_is_the_same_person() -> None:
    check_person(_issue(demo_authority(), "NGUYEN VAN AN", "TAX-0101"), make_an())


def test_a_citizen_number_counts_more_than_a_name() -> None:
    an = make_an()
    an.citizen_number = "001085000001"
    check_person(_issue(demo_authority(), "An Nguyen (BS)", "CCCD:001085000001"), an)
    with pytest.raises(DomainError):
        check_person(_issue(demo_authority(), "Nguyễn Văn An", "CCCD:001085999999"), an)


def test_a_certificate_of_an_unknown_issuer_is_refused() -> None:
    demo_authority()
    with pytest.raises(DomainError) as refusal:
        _register(_issue(support.authority()), make_an(), [support.authority().issuing])
    assert refusal.value.code == "certificate_untrusted"


def test_without_the_issuer_in_between_there_is_no_way_to_the_root() -> None:
    with pytest.raises(DomainError) as refusal:
        _register(_issue(demo_authority()), make_an(), [])
    assert refusal.value.code == "certificate_untrusted"


@pytest.mark.parametrize(
    ("days", "code"), [(-365 * 4, "certificate_expired"), (30, "certificate_not_yet_valid")]
)
def test_out_of_its_period_it_is_refused(days: int, code: str) -> None:
    certificate = _issue(demo_authority(), today=now() + dt.timedelta(days=days))
    with pytest.raises(DomainError) as refusal:
        _register(certificate, make_an())
    assert refusal.value.code == code


def test_an_authoritys_certificate_signs_no_documents() -> None:
    with pytest.raises(DomainError) as refusal:
        _register(demo_authority().issuing, make_an())
    assert refusal.value.code in {"certificate_purpose", "certificate_of_authority"}


def test_the_same_certificate_is_not_taken_in_twice() -> None:
    an, certificate = make_an(), _issue(demo_authority())
    _register(certificate, an)
    with pytest.raises(DomainError) as refusal:
        _register(certificate, an)
    assert refusal.value.code == "certificate_known"


@pytest.mark.parametrize("status", [Certificate.Status.SUSPENDED, Certificate.Status.REVOKED])
def test_a_suspended_or_revoked_certificate_does_not_sign(status: str) -> None:
    an = make_an()
    row = set_status(
        certificate=_register(_issue(demo_authority()), an), status=status, reason="Mất máy", by=an
    )
    with pytest.raises(DomainError) as refusal:
        check_usable(row, at=now())
    assert refusal.value.code == f"certificate_{status}"


def test_a_suspension_ends_but_a_revocation_does_not() -> None:
    an = make_an()
    row = _register(_issue(demo_authority()), an)
    set_status(certificate=row, status="suspended", reason="", by=an)
    assert set_status(certificate=row, status="active", reason="", by=an).status == "active"
    set_status(certificate=row, status="revoked", reason="Mất", by=an)
    assert certificate_of(an) is None
    with pytest.raises(DomainError):
        set_status(certificate=row, status="active", reason="", by=an)


def test_names_of_strangers_are_not_mine() -> None:
    with pytest.raises(DomainError):
        check_person(_issue(demo_authority()), make_chi())
