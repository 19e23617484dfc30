"""A discharge paper on its way: its doctor, the head of department, the seal; then it is issued, and its code says so."""

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from encounters.attestations import services
from encounters.attestations.models import Attestation
from encounters.documents import services as documents
from encounters.documents.models import DocumentVersion
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_seal
from signatures.signing import services as signing
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import waiting_for
from tests.emr.people import make_department, make_user
from tests.encounters.attestations.papers import make_paper
from tests.encounters.chart import deliver_all, draft_of
from tests.signatures.records import PIN, make_signer

pytestmark = pytest.mark.django_db


def _sign(user: User) -> None:
    (request,) = waiting_for(user)
    shown = {request.uuid: request.sha256}
    assert signing.sign_requests(shown=shown, pin=Pin(PIN), by=User.objects.get(pk=user.pk))[0].is_signed
    deliver_all()


def _seal(keeper: User) -> None:
    (request,) = waiting_for(keeper)
    shown = {request.uuid: request.sha256}
    assert signing.seal_documents(shown=shown, by=User.objects.get(pk=keeper.pk))[0].is_signed
    deliver_all()


@pytest.fixture
def signed() -> tuple[User, User, User, Attestation]:
    """An's paper, signed by him and the head; the seal is owed."""
    an, paper = make_paper()
    department = paper.encounter.department
    assert department is not None
    make_signer(an)
    head = make_signer(make_user("em", "Vũ Thị Em", "head_of_department", department, title="BSCKII."))
    office = make_department(an.facility, "HC", "Phòng Hành chính")
    keeper = make_signer(make_user("mai", "Hồ Thị Mai", "seal_keeper", office))
    issue_demo_seal(facility=an.facility)
    deliver_all()
    _sign(an)
    _sign(head)
    paper.refresh_from_db()
    return an, head, keeper, paper


def test_the_last_signature_issues_the_paper_and_its_code_tells_how_it_stands(
    signed: tuple[User, User, User, Attestation],
) -> None:
    an, head, keeper, paper = signed
    assert paper.status == "numbered", "the seal is owed"
    _seal(keeper)
    paper.refresh_from_db()
    assert paper.status == "issued"
    version = DocumentVersion.objects.get(document=paper.document)
    assert version.bytes.count() == 4

    page = Client().get(reverse("signatures:verification:code", args=[version.verify_code])).content.decode()
    assert paper.number in page and "Giấy ra viện" in page and "Đã cấp" in page
    assert paper.patient.full_name.upper() not in page.upper() and "Viêm phổi" not in page

    anew = services.reissue_paper(paper=paper, reason="Mất giấy", by=an)
    documents.finalize_document(
        document=anew.document, revision=draft_of(anew.document).revision, by=User.objects.get(pk=an.pk)
    )
    deliver_all()
    _sign(an)
    _sign(head)
    _seal(keeper)
    anew.refresh_from_db()
    page = Client().get(reverse("signatures:verification:code", args=[version.verify_code])).content.decode()
    assert "Đã cấp lại bản khác" in page and anew.number in page


def test_nobody_signs_what_was_cancelled(signed: tuple[User, User, User, Attestation]) -> None:
    an, _head, keeper, paper = signed
    services.take_back(paper=paper, reason="Sai chẩn đoán", by=an)
    deliver_all()
    assert not waiting_for(keeper)
    assert not SigningRequest.objects.filter(status="ready").exists()
    paper.refresh_from_db()
    assert (paper.status, paper.number != "") == ("cancelled", True)


def test_a_rendering_keeps_a_place_for_the_facility() -> None:
    """The doctor's place and the unit's stand on the print; the second is nobody's until the chain finds them."""
    _an, paper = make_paper("TT01-VI")
    version = paper.document.current_version
    assert version is not None
    places = version.composition["signers"]
    assert [place["of"] for place in places] == ["author", "second"]
    assert places[1]["name"] == "" and "ĐẠI DIỆN" in places[1]["role"]
