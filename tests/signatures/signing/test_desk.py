"""Chains, members in any order, the seal at last, refusals, delegations and reminders: who is to sign what, when."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from pytest_django.fixtures import DjangoAssertNumQueries

from emr.accounts.models import PractitionerRole, User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.notices.models import Notice
from emr.notices.services import acknowledge, climb_due
from encounters.documents.models import Document, DocumentVersion
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_seal
from signatures.signing import before as earlier
from signatures.signing import chains, delegations, services, telling, watching
from signatures.signing.chains import Place
from signatures.signing.desk import ahead_of, ranked, returned_to
from signatures.signing.models import Delegation, SigningRequest
from signatures.signing.selectors import signatures_of, steps_of, waiting_for
from signatures.signing.services.requests import capacity_for, part_in
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.emr.people import make_department, make_user
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer, make_version, newest_pdf

pytestmark = pytest.mark.django_db

FORM = "36/BV2"


@pytest.fixture
def an() -> User:
    """The author."""
    return make_signer()


@pytest.fixture
def em(an: User) -> User:
    """Head of the author's department."""
    return _head(an, "em", "Vũ Thị Em")


def _head(an: User, username: str, name: str) -> User:
    department = an.practitioner_roles.get().department
    return make_signer(make_user(username, name, "head_of_department", department, title="BSCKII."))


def _office(an: User, username: str, name: str, role: str) -> User:
    return make_signer(
        make_user(username, name, role, make_department(an.facility, "HC", "Phòng Hành chính"))
    )


def _again(user: User) -> User:
    """As the next request sees the person: roles are read once a request."""
    return User.objects.get(pk=user.pk)


def _chain(an: User, *places: Place, code: str = FORM, **more: object) -> None:
    told = {"starts_on": local_today(), "by": an, **more}
    services.save_chain(facility=an.facility, code=code, places=places, **told)  # type: ignore[arg-type]


def _sign(user: User, *requests: SigningRequest) -> list[services.Outcome]:
    for request in requests:
        request.refresh_from_db()
    shown = {request.uuid: request.sha256 for request in requests}
    return services.sign_requests(shown=shown, pin=Pin(PIN), by=_again(user))


def _signed_by_author(an: User) -> DocumentVersion:
    request = make_ready(an)
    assert _sign(an, request)[0].is_signed
    deliver_all()
    return request.version


def test_a_chain_goes_from_one_of_two_heads_to_the_director_and_ends_under_the_seal(
    an: User, em: User
) -> None:
    hoa, ha = _head(an, "hoa", "Mai Thị Hoa"), _office(an, "ha", "Đỗ Thu Hà", "director")
    mai = _office(an, "mai", "Hồ Thị Mai", "seal_keeper")
    issue_demo_seal(facility=an.facility)
    _chain(an, Place(1, "head"), Place(2, "role", "director"), Place(3, "seal"))
    version = _signed_by_author(an)
    assert len(ahead_of(version.document, list(steps_of(version.document)))) == 2, "director and seal"
    (of_em,), (of_hoa,) = waiting_for(em), waiting_for(hoa)
    assert not waiting_for(ha), "the director's turn comes after a head's"
    assert _sign(hoa, of_hoa)[0].is_signed
    of_em.refresh_from_db()
    assert of_em.status == "withdrawn", "one head is enough"
    deliver_all()
    (of_ha,) = waiting_for(ha)
    _sign(ha, of_ha)
    deliver_all()
    (of_mai,) = waiting_for(mai)
    assert _sign(mai, of_mai)[0].code == "seal", "no personal key signs in the seal's place"
    shown = {of_mai.uuid: of_mai.sha256}
    assert services.seal_documents(shown=shown, by=_again(mai))[0].is_signed
    deliver_all()
    stored = version.bytes.order_by("-revision")[0]
    report = verify_stored(stored)
    assert (report.verdict, len(report.signatures)) == (Verdict.VALID, 4)
    names = [signed.name for signed in signatures_of([version.pk])[version.pk]]
    assert names == ["BS. Nguyễn Văn An", "BSCKII. Mai Thị Hoa", "Đỗ Thu Hà", an.facility.name]
    assert AuditEvent.objects.get(action="seal.use").detail["purpose"] == "document"


def test_members_sign_in_any_order_and_never_over_the_same_bytes(an: User, em: User) -> None:
    """Whoever is second signs over the first's signature, though both were shown the same file."""
    hoa = _head(an, "hoa", "Mai Thị Hoa")
    version = _signed_by_author(an)
    services.request_together(version=version, signers=[em, hoa], by=an)
    deliver_all()
    (of_em,), (of_hoa,) = waiting_for(em), waiting_for(hoa)
    assert (of_em.status, of_hoa.status, of_em.turn) == ("ready", "ready", of_hoa.turn)
    assert _sign(hoa, of_hoa)[0].is_signed
    assert _sign(em, of_em)[0].code == "stale", "hers is just being put in"
    with pytest.raises(IntegrityError, match="one_signature_over_a_revision"), transaction.atomic():
        SigningRequest.objects.filter(pk=of_em.pk).update(status="signed")
    deliver_all()
    assert _sign(em, of_em)[0].is_signed
    deliver_all()
    report = verify_stored(version.bytes.order_by("-revision")[0])
    assert (report.verdict, [one.signer for one in report.signatures][1:]) == (
        Verdict.VALID,
        ["Mai Thị Hoa", "Vũ Thị Em"],
    )


def test_a_form_that_names_its_members_has_them_asked_together(
    an: User, em: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hoa = _head(an, "hoa", "Mai Thị Hoa")
    monkeypatch.setattr(chains, "_members", {})
    chains.register_members(FORM, lambda _version: [hoa, em])
    _chain(an, Place(1, "members"))
    version = _signed_by_author(an)
    assert not chains.wants_members(version.document), "nobody has to name them by hand"
    (of_hoa,), (of_em,) = waiting_for(hoa), waiting_for(em)
    assert of_hoa.turn == of_em.turn


def test_two_places_on_one_document_are_never_signed_in_one_batch(an: User, em: User) -> None:
    """Em stands in for Hoa too: the second is prepared over the first."""
    version = _signed_by_author(an)
    hoa = _head(an, "hoa", "Mai Thị Hoa")
    requests = services.request_together(version=version, signers=[em, hoa], by=an)
    SigningRequest.objects.filter(pk=requests[1].pk).update(signer=em)
    deliver_all()
    assert [outcome.is_signed for outcome in _sign(em, *waiting_for(em))] == [True, False]


def test_chains_count_from_their_day_for_documents_confirmed_after_they_were_entered(an: User) -> None:
    shipped = chains.shipped()
    assert {place.who for place in shipped["27/BV2"].places} == {"members", "head"}
    assert shipped["01/BV1"].only_closing
    assert FORM not in shipped
    before = now()
    _chain(an, Place(1, "head"), starts_on=local_today() + dt.timedelta(days=2))
    facility = an.facility_id
    assert not chains.chain_for(facility, FORM, at=now()).places
    later = now() + dt.timedelta(days=3)
    assert chains.chain_for(facility, FORM, at=later).positions == [1]
    _chain(an, code="06/BV2")
    assert chains.chain_for(facility, "06/BV2", at=before - dt.timedelta(minutes=1)).places, "shipped, before"
    assert not chains.chain_for(facility, "06/BV2", at=later).places, (
        "the author alone, by the facility's word"
    )
    _chain(an, code="06/BV2", as_shipped=True)
    assert chains.chain_for(facility, "06/BV2", at=later) == shipped["06/BV2"]


@pytest.mark.parametrize(
    ("places", "code"),
    [
        ([Place(1, "seal"), Place(2, "head")], "seal_not_last"),
        ([Place(1, "seal"), Place(1, "head")], "seal_not_last"),
        ([Place(1, "seal"), Place(2, "seal")], "seal_twice"),
        ([Place(1, "role")], "no_code"),
        ([Place(1, "person")], "no_person"),
        ([Place(n, "head") for n in range(1, 10)], "too_many"),
    ],
)
def test_a_chain_without_sense_is_refused(an: User, places: list[Place], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        _chain(an, *places)
    assert refusal.value.code == code


def test_a_place_without_people_is_told_and_goes_on_when_somebody_comes(an: User) -> None:
    khanh = _office(an, "khanh", "Lý Văn Khánh", "planning")
    _chain(an, Place(1, "head"))
    version = _signed_by_author(an)
    (notice,) = Notice.objects.filter(kind=telling.MISSING)
    assert [copy.user for copy in notice.recipients.all()] == [khanh]
    assert ahead_of(version.document, list(steps_of(version.document)))[0].is_next
    em = _head(an, "em", "Vũ Thị Em")
    watching.look()
    watching.look()
    assert [one.version for one in waiting_for(em)] == [version]
    notice.refresh_from_db()
    assert notice.status == "revoked"


def test_the_author_names_the_members_before_the_head_is_asked(an: User, em: User) -> None:
    dat = make_signer(
        make_user("dat", "Trần Quốc Đạt", "doctor", make_department(an.facility, "K19", "Khoa Ngoại"))
    )
    _chain(an, Place(1, "members", needs="all"), Place(2, "head"))
    version = _signed_by_author(an)
    (notice,) = Notice.objects.filter(kind=telling.MEMBERS)
    assert [copy.user for copy in notice.recipients.all()] == [an]
    assert not waiting_for(em)
    assert chains.wants_members(version.document)
    (request,) = services.request_together(version=version, signers=[dat], by=an)
    notice.refresh_from_db()
    assert notice.status == "revoked"
    deliver_all()
    assert _sign(dat, request)[0].is_signed
    deliver_all()
    assert [one.version for one in waiting_for(em)] == [version]


def test_the_author_who_is_the_head_isnt_asked_twice(an: User) -> None:
    version = make_version(an)
    PractitionerRole.objects.create(
        user=an, role="head_of_department", department=version.document.department
    )
    _chain(an, Place(1, "head"))
    request = services.open_author_request(version=version)
    deliver_all()
    _sign(an, request)
    deliver_all()
    assert SigningRequest.objects.count() == 1
    assert not Notice.objects.exists()


def test_a_refusal_goes_back_to_the_author_who_answers_and_asks_again(an: User, em: User) -> None:
    ha = _office(an, "ha", "Đỗ Thu Hà", "director")
    version = _signed_by_author(an)
    of_em, of_ha = services.request_together(version=version, signers=[em, ha], by=an)
    deliver_all()
    services.decline(request=of_em, reason="Thiếu kết quả siêu âm", by=em)
    of_ha.refresh_from_db()
    assert of_ha.status == "withdrawn", "nobody signs what goes back"
    assert not waiting_for(ha)
    (back,) = returned_to(an)
    assert (back.pk, back.problem, back.title) == (of_em.pk, "Thiếu kết quả siêu âm", "Tờ điều trị")
    (notice,) = Notice.objects.filter(kind=telling.REFUSED)
    assert [copy.user for copy in notice.recipients.all()] == [an]
    assert "siêu âm" not in str(notice.parameters), "no clinical text leaves by a notice"
    with pytest.raises(DomainError) as refusal:
        services.ask_again(document=version.document, answer="Đã có kết quả", by=em)
    assert refusal.value.code == "not_author"
    asked = services.ask_again(document=version.document, answer="Đã có kết quả, xem trang 2", by=an)
    assert [(one.signer, one.step, one.turn == asked[0].turn) for one in asked] == [
        (em, 4, True),
        (ha, 5, True),
    ]
    deliver_all()
    assert not returned_to(an)
    notice.refresh_from_db()
    assert notice.status == "revoked"
    for person in (ha, em):
        (request,) = waiting_for(person)
        assert _sign(person, request)[0].is_signed
        deliver_all()
    assert verify_stored(version.bytes.order_by("-revision")[0]).verdict == Verdict.VALID


def test_an_amended_version_ends_the_refusal_of_the_one_before(an: User, em: User) -> None:
    version = _signed_by_author(an)
    (request,) = services.request_together(version=version, signers=[em], by=an)
    services.decline(request=request, reason="Sai mạch", by=em)
    newer = make_version(an, document=version.document, text="Mạch 88")
    services.withdraw_older(version=newer)
    assert not returned_to(an)
    assert Notice.objects.get(kind=telling.REFUSED).status == "revoked"
    with pytest.raises(DomainError) as refusal:
        services.ask_again(document=Document.objects.get(), answer="x", by=an)
    assert refusal.value.code == "nothing_refused"


def _delegate(principal: User, delegate: User, *, days: int = 2, begins: int = 0) -> Delegation:
    day = local_today() + dt.timedelta(days=begins)
    return services.delegate_signing(
        principal=_again(principal),
        delegate=_again(delegate),
        manner="KT.",
        starts_on=day,
        ends_on=day + dt.timedelta(days=days),
        reason="Quyết định 12/QĐ-BV",
    )


def test_a_delegate_signs_for_the_head_and_the_paper_says_so(an: User, em: User) -> None:
    department = an.practitioner_roles.get().department
    binh = make_signer(make_user("pho", "Trần Văn Phó", "doctor", department, title="BS."))
    version = _signed_by_author(an)
    (request,) = services.request_together(version=version, signers=[em], by=an)
    deliver_all()
    given = _delegate(em, binh)
    assert not waiting_for(em)
    deliver_all()
    (moved,) = waiting_for(binh)
    assert (moved.pk, moved.on_behalf_of, moved.status) == (request.pk, em, "ready")
    assert moved.capacity == "KT. Trưởng khoa, Khoa Nội (Bác sĩ, Khoa Nội)"
    assert _sign(binh, moved)[0].is_signed
    deliver_all()
    (_author, signed) = signatures_of([version.pk])[version.pk]
    assert (signed.name, signed.capacity[:14]) == ("BS. Trần Văn Phó", "KT. Trưởng kho")
    assert AuditEvent.objects.filter(action="document.sign").latest("pk").detail["for"] == em.pk
    services.revoke_delegation(delegation=given, by=em)
    request.refresh_from_db()
    assert request.signer == binh, "what was signed stays"


def test_what_is_taken_back_or_over_waits_for_the_head_again(an: User, em: User) -> None:
    department = an.practitioner_roles.get().department
    pho = make_signer(make_user("pho", "Trần Văn Phó", "doctor", department))
    version = _signed_by_author(an)
    services.request_together(version=version, signers=[em], by=an)
    given = _delegate(em, pho, days=0, begins=1)
    deliver_all()
    assert waiting_for(em), "not before its first day"
    with freeze_time(timezone.now() + dt.timedelta(days=1)):
        watching.look()
        deliver_all()
        (request,) = waiting_for(pho)
    with freeze_time(timezone.now() + dt.timedelta(days=2)):
        outcome = services.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=_again(pho))[
            0
        ]
        assert outcome.code == "delegation_over", "even before the clock has moved it back"
        watching.look()
        assert not waiting_for(pho)
        (back,) = waiting_for(em)
        assert (back.on_behalf_of, back.capacity) == (None, "Trưởng khoa, Khoa Nội")
    services.revoke_delegation(delegation=given, by=em)
    services.revoke_delegation(delegation=given, by=em)
    assert AuditEvent.objects.filter(action="delegation.revoke").count() == 1


def test_nobody_delegates_beyond_what_the_other_holds(an: User, em: User) -> None:
    other = make_user("xa", "Lê Văn Xa", "doctor", make_department(an.facility, "K19", "Khoa Ngoại"))
    clerk = make_user("dung", "Phạm Thị Dung", "registration", an.practitioner_roles.get().department)
    for person in (other, clerk, em):
        with pytest.raises(DomainError) as refusal:
            _delegate(em, person)
        assert refusal.value.code == "beyond"
    assert other not in delegations.stand_ins(_again(em))
    assert an in delegations.stand_ins(_again(em))
    _delegate(em, an)
    with pytest.raises(DomainError) as refusal:
        _delegate(em, an, begins=1)
    assert refusal.value.code == "overlaps"
    with pytest.raises(DomainError) as refusal:
        _delegate(an, em)
    assert refusal.value.code == "away"


def test_nobody_countersigns_their_own_document_for_somebody_else(an: User, em: User) -> None:
    _delegate(em, an)
    version = _signed_by_author(an)
    (request,) = services.request_together(version=version, signers=[em], by=an)
    assert (request.signer, request.on_behalf_of) == (em, None)


def test_members_of_a_checklist_sign_as_what_the_form_says(an: User, em: User) -> None:
    """BK-ATPT keeps places for the team; what the chain asks for is signed in one's own capacity."""
    version = make_version(an)
    version.composition = {
        "signers": [
            {"of": "author", "role": "ĐIỀU DƯỠNG VÒNG NGOÀI"},
            {"of": "member", "role": "THÀNH VIÊN KÍP MỔ"},
        ]
    }
    assert part_in(version, 2, None) == "Thành viên kíp mổ"
    assert part_in(version, 1, None) == part_in(version, 2, 1) == ""
    said = capacity_for(em, version.document, None, part=part_in(version, 2, None))
    assert said == "Thành viên kíp mổ: Trưởng khoa, Khoa Nội"


def test_who_signed_for_the_head_isnt_asked_again_as_director(an: User, em: User) -> None:
    """One person, one capacity on one document."""
    department = an.practitioner_roles.get().department
    pho = make_signer(make_user("pho", "Trần Văn Phó", "doctor", department))
    PractitionerRole.objects.create(user=pho, role="director", department=department)
    _chain(an, Place(1, "head"), Place(2, "role", "director"))
    _delegate(em, pho)
    _signed_by_author(an)
    deliver_all()
    (request,) = waiting_for(_again(pho))
    assert request.on_behalf_of == em
    _sign(_again(pho), request)
    deliver_all()
    assert not waiting_for(_again(pho))
    assert SigningRequest.objects.count() == 2


def test_who_is_late_is_reminded_once_up_the_ladder_until_it_is_signed(an: User) -> None:
    request = make_ready(an)
    watching.look()
    assert not Notice.objects.filter(kind=telling.LATE).exists()
    with freeze_time(now() + dt.timedelta(hours=13)):
        watching.look()
        watching.look()
        (notice,) = Notice.objects.filter(kind=telling.LATE)
        assert (notice.parameters["count"], notice.parameters["who"]) == (1, an.full_name)
    em = _head(an, "em", "Vũ Thị Em")
    with freeze_time(now() + dt.timedelta(hours=13 + 25)):
        watching.look()
        climb_due()
        assert notice.recipients.filter(user=em).exists(), "the head hears of it a day later"
        acknowledge(notice=notice, by=an)
        watching.look()
        assert Notice.objects.filter(kind=telling.LATE).count() == 1
    with freeze_time(now() + dt.timedelta(hours=13 + 25 + 13)):
        watching.look()
        assert Notice.objects.filter(kind=telling.LATE, cause_gone_at=None).get().pk != notice.pk, "forgotten"
    SigningRequest.objects.filter(pk=request.pk).update(status="withdrawn")
    watching.look()
    assert not Notice.objects.filter(kind=telling.LATE, cause_gone_at=None).exists()


def test_the_riskiest_comes_first_and_says_why(an: User) -> None:
    usual, late, controlled = (make_ready(an) for _ in range(3))
    SigningRequest.objects.filter(pk=late.pk).update(waiting_since=now() - dt.timedelta(hours=30))
    Document.objects.filter(pk=controlled.version.document_id).update(code="DON-THUOC-N")
    found = ranked(waiting_for(an), an.facility_id).order_by("risk", "waiting_since", "pk")
    assert [(one.pk, one.risk) for one in found] == [(controlled.pk, 1), (late.pk, 2), (usual.pk, 9)]


def test_a_countersigner_sees_that_nothing_but_signatures_came_since(
    an: User, em: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = _signed_by_author(an)
    (request,) = services.request_together(version=version, signers=[em], by=an)
    deliver_all()
    request.refresh_from_db()
    looked = earlier.before(request)
    (first,) = looked.signatures
    assert looked.is_good
    assert (first.request.signer, first.sha256) == (an, version.bytes.get(revision=1).sha256)
    page = _client(em).get(reverse("signatures:signing:before", args=[request.uuid]))
    assert first.sha256 in page.content.decode()
    assert b"alert-done" in page.content
    pdf = newest_pdf(version)
    forged = pdf + pdf[-300:].replace(b"%%EOF", b"%%EOF\n1 0 obj\n<< >>\nendobj\n")
    monkeypatch.setattr(earlier, "read_bytes", lambda _attachment: forged)
    assert not earlier.before(request).is_good
    page = _client(em).get(reverse("signatures:signing:before", args=[request.uuid]))
    assert b"alert-interrupt" in page.content


def _client(user: User) -> Client:
    client = Client()
    client.force_login(_again(user), backend="emr.accounts.backends.StaffBackend")
    return client


def test_the_pages_of_the_desk(an: User, em: User) -> None:
    khanh = _office(an, "khanh", "Lý Văn Khánh", "planning")
    client, address = _client(khanh), reverse("signatures:signing:chain") + "?code=06/BV2"
    assert client.get(reverse("signatures:signing:chains"), {"q": "phẫu thuật"}).status_code == 200
    assert client.get(address).status_code == 200
    rows = {f"place-{n}-{name}": "" for n in range(6) for name in ("who", "person", "needs")}
    rows |= {"place-TOTAL_FORMS": "6", "place-INITIAL_FORMS": "0", "starts_on": f"{local_today():%d/%m/%Y}"}
    wrong = rows | {"place-0-who": "seal", "place-1-who": "head", "note": "QĐ 5"}
    answer = client.post(address, wrong)
    assert answer.status_code == 422
    assert "QĐ 5" in answer.content.decode(), "what was typed stays"
    right = rows | {
        "place-0-who": "role:director",
        "place-1-who": "right:documents.oversee",
        "place-1-together": "on",
    }
    assert client.post(address, right).status_code == 302
    saved = chains.chain_for(an.facility_id, "06/BV2", at=now())
    assert [(place.position, place.who, place.code) for place in saved.places] == [
        (1, "role", "director"),
        (1, "right", "documents.oversee"),
    ]
    assert client.get(address).status_code == 200
    assert _client(an).get(address).status_code == 403
    _walk_delegation(an, em)
    version = _signed_by_author(an)
    (request,) = services.request_together(version=version, signers=[em], by=an)
    services.decline(request=request, reason="Thiếu siêu âm", by=em)
    for name in ("tray", "waiting"):
        assert "Thiếu siêu âm" in _client(an).get(reverse(f"signatures:signing:{name}")).content.decode()
    panel = (
        _client(an).get(reverse("signatures:signing:panel", args=[version.document.uuid])).content.decode()
    )
    again = reverse("signatures:signing:ask_again", args=[version.document.uuid])
    assert again in panel
    assert _client(an).post(again, {"answer": ""}).status_code == 422
    assert _client(an).post(again, {"answer": "Đã bổ sung"}).status_code == 200
    deliver_all()
    (asked,) = waiting_for(em)
    page = _client(em).get(reverse("signatures:signing:sign_page", args=[asked.uuid])).content.decode()
    assert "Đã bổ sung" in page


def _walk_delegation(an: User, em: User) -> None:
    client, address = _client(em), reverse("signatures:signing:delegation")
    assert client.get(address).status_code == 200
    today = f"{local_today():%d/%m/%Y}"
    told = {"delegate": an.pk, "manner": "TUQ.", "starts_on": today, "ends_on": today, "reason": "Nghỉ phép"}
    assert client.post(address, told | {"reason": ""}).status_code == 422
    assert client.post(address, told).status_code == 302
    given = Delegation.objects.get()
    revoke = reverse("signatures:signing:revoke_delegation", args=[given.uuid])
    assert _client(an).post(revoke).status_code == 404, "not the delegate's to take back"
    assert client.post(revoke).status_code == 302


def test_the_seal_keepers_list(an: User) -> None:
    mai = _office(an, "mai", "Hồ Thị Mai", "seal_keeper")
    _chain(an, Place(1, "seal"))
    _signed_by_author(an)
    client, address = _client(mai), reverse("signatures:signing:seal")
    (request,) = waiting_for(mai)
    assert (request.status, request.problem) == ("failed", "The facility has no seal.")
    issue_demo_seal(facility=an.facility)
    assert client.post(reverse("signatures:signing:try_again")).status_code == 200
    deliver_all()
    request.refresh_from_db()
    page = client.get(address).content.decode()
    value = f"{request.uuid}:{request.sha256}"
    assert value in page
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"request": value}).status_code == 302
    assert client.get(reverse("signatures:signing:seal_rows")).status_code == 200
    deliver_all()
    request.refresh_from_db()
    assert request.status == "completed"
    assert _client(an).get(address).status_code == 403


def _one_more(name: str, an: User, reader: User) -> None:
    if name == "chains":
        codes = [code for code in chains.shipped() if code.endswith("/BV1")]
        _chain(
            an,
            Place(1, "person", person=an),
            Place(2, "head"),
            code=codes[chains.SigningChain.objects.count()],
        )
    elif name == "delegation":
        day = local_today() + dt.timedelta(days=Delegation.objects.count())
        told = {"principal": reader, "delegate": an, "starts_on": day, "ends_on": day, "reason": "Nghỉ"}
        Delegation.objects.create(facility=an.facility, **told)
    else:
        request = make_ready(an)
        SigningRequest.objects.filter(pk=request.pk).update(signer=reader, is_seal=name == "seal")


@pytest.mark.parametrize(
    ("name", "role"),
    [("tray", "director"), ("seal", "seal_keeper"), ("delegation", "director"), ("chains", "planning")],
)
def test_a_list_costs_the_same_however_long_it_is(
    an: User, name: str, role: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reader = _office(an, "reader", "Đỗ Thu Hà", role)
    client, address = _client(reader), reverse(f"signatures:signing:{name}")
    _one_more(name, an, reader)
    client.get(address)
    with django_assert_max_num_queries(60) as few:
        client.get(address)
    for _ in range(4):
        _one_more(name, an, reader)
    with django_assert_max_num_queries(len(few)):
        assert client.get(address).status_code == 200
