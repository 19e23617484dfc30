"""A link from the HIS opens the same patient for the same person: once, now, and nothing that they may not see."""

import base64
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from freezegun import freeze_time

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common import wall
from emr.signin.models import StaffSession
from encounters.visits.models import Encounter
from integrations.launch import services, tokens
from integrations.launch.models import Launch, LaunchKey
from patients.registry import systems
from patients.registry.models import Identifier
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.emr.signin.test_factors import code_of, with_app
from tests.emr.signin.test_sessions import come_in, rest
from tests.encounters.visits.ward import admit

pytestmark = pytest.mark.django_db
SECRET = b"a secret of thirty-two bytes ..."
BACKEND = "emr.accounts.backends.StaffBackend"


@pytest.fixture
def admin(db: None) -> User:
    return make_user("quan", "Quản Trị", "admin", make_department(make_facility(), "HC", "Hành chính"))


@pytest.fixture
def key(admin: User) -> LaunchKey:
    return services.add_key(issuer="HIS", key_id="2026", secret=SECRET, by=admin)[0]


@pytest.fixture
def stay(db: None) -> Encounter:
    return admit()


def number_of(stay: Encounter) -> str:
    return Identifier.objects.get(patient=stay.patient, system=systems.mrn(stay.facility)).value


def link(stay: Encounter, *, subject: str = "an", **other: Any) -> str:
    said: dict[str, Any] = {
        "issuer": "HIS",
        "facility_code": "99999",
        "key_id": "2026",
        "key": SECRET,
        "subject": subject,
        "patient": number_of(stay),
        "encounter": stay.identifier,
        "at": time.time(),
    }
    return tokens.make(**(said | other))


def from_the_his(client: Client, token: str) -> HttpResponse:
    """The HIS's page posts: from another site, so without this site's session and without its forgery token."""
    jar, strict = client.cookies.copy(), Client(enforce_csrf_checks=True)
    answer = strict.post("/launch/", {"token": token}, HTTP_ORIGIN="http://his.local")
    client.cookies = jar
    client.cookies.update(answer.cookies)
    return answer  # type: ignore[return-value]


def follow(client: Client, token: str) -> HttpResponse:
    """All the way to where the link leads."""
    answer = from_the_his(client, token)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/launch/open/")
    return client.get("/launch/open/")  # type: ignore[return-value]


def refusals() -> list[str]:
    return [
        event.detail["reason"]
        for event in AuditEvent.objects.filter(action="launch.refuse", outcome="denied").order_by("pk")
    ]


def test_a_link_signs_its_person_in_and_opens_the_stay(key: LaunchKey, stay: Encounter) -> None:
    an, client = make_an(), Client()
    answer = follow(client, link(stay))
    assert answer.headers["Location"] == f"/encounters/{stay.uuid}/"
    session = StaffSession.objects.get(user=an)
    assert (session.method, session.proved_at) == ("launch", None)
    assert client.get(answer.headers["Location"]).status_code == 200
    line = AuditEvent.objects.get(action="launch.open")
    assert (line.agent_id, line.patient_id, line.detail["iss"]) == (an.pk, stay.patient_id, "HIS")
    # Without a visit, the patient's chart.
    assert follow(client, link(stay, encounter="")).headers["Location"] == f"/patients/{stay.patient.uuid}/"


def test_no_address_and_no_page_carries_the_link(key: LaunchKey, stay: Encounter) -> None:
    make_an()
    client, token = Client(), link(stay)
    answer = from_the_his(client, token)
    cookie = answer.cookies["launch"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/launch/", 120)
    assert token not in cookie.value + str(answer.headers)
    assert Client().get("/launch/", {"token": link(stay)}).status_code == 405
    assert Client().get("/launch/open/").status_code == 403


def test_a_link_opens_once(key: LaunchKey, stay: Encounter) -> None:
    make_an()
    client, token = Client(), link(stay)
    follow(client, token)
    assert from_the_his(Client(), token).status_code == 403
    assert refusals() == ["used"]
    # Nor does the cookie that was given for it, kept by somebody.
    kept = Client()
    from_the_his(kept, fresh := link(stay))
    copy = kept.cookies["launch"].value
    assert kept.get("/launch/open/").status_code == 302
    again = Client()
    again.cookies["launch"] = copy
    assert again.get("/launch/open/").status_code == 403
    assert from_the_his(Client(), fresh).status_code == 403
    assert StaffSession.objects.filter(user__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_at_one_instant_one_opens(key: LaunchKey, stay: Encounter) -> None:
    """The unique key decides, not the look before it."""
    make_an()
    token = link(stay)

    def post(_number: int) -> int:
        with wall.nowhere():
            try:
                return Client().post("/launch/", {"token": token}).status_code
            finally:
                connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(post, range(8)))
    assert codes == [303] + [403] * 7
    assert Launch.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"late": -200}, "too_old"),
        ({"late": 300}, "not_yet"),
        ({"seconds": 121}, "lasts_too_long"),
        ({"seconds": 0}, "lasts_too_long"),
        ({"key": b"another secret of 32 bytes ....."}, "bad_signature"),
        ({"key_id": "2025"}, "unknown_key"),
        ({"issuer": "OTHER"}, "unknown_key"),
        ({"facility_code": "88888"}, "wrong_audience"),
        ({"subject": "nobody"}, "unknown_person"),
        ({"subject": "gone"}, "unknown_person"),
        ({"subject": "quan"}, "guarded_person"),
        ({"patient": "BN404"}, "unknown_patient"),
    ],
)
def test_what_is_no_good_link_opens_nothing(
    key: LaunchKey, stay: Encounter, changed: dict[str, Any], reason: str
) -> None:
    make_an()
    gone = make_user("gone", "Đã Nghỉ", "doctor", make_department(make_facility()))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    client = Client()
    if "late" in changed:
        changed = {"at": time.time() + changed["late"]}
    answer = from_the_his(client, link(stay, **changed))
    assert answer.status_code == 403
    assert "launch" not in client.cookies or not client.cookies["launch"].value
    assert refusals() == [reason]
    assert not Launch.objects.exists()
    assert not StaffSession.objects.filter(user__isnull=False).exists()


def test_another_facilitys_key_signs_nothing_here(stay: Encounter) -> None:
    far = make_department(make_facility("88888", "Bệnh viện khác"), "HC", "Hành chính")
    services.add_key(issuer="HIS", key_id="2026", secret=SECRET, by=make_user("xa", "Xa", "admin", far))
    make_an()
    assert from_the_his(Client(), link(stay)).status_code == 403
    # And a link of its own opens nobody of this house.
    assert from_the_his(Client(), link(stay, facility_code="88888")).status_code == 403
    assert refusals() == ["unknown_key", "unknown_person"]


def _forged(stay: Encounter, header: dict[str, Any], signature: bytes = b"") -> str:
    claims = json.loads(_decoded(link(stay).split(".")[1]))
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_neither_no_signature_nor_another_algorithm_passes(admin: User, stay: Encounter) -> None:
    """RFC 8725 §3.1: the algorithm is the key's, never the link's."""
    make_an()
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    services.add_key(issuer="HIS", key_id="2026", public_key=public.decode(), by=admin)
    unsigned = _forged(stay, {"alg": "none", "kid": "2026"})
    signed = _forged(stay, {"alg": "HS256", "kid": "2026"}).rpartition(".")[0]
    tag = hmac.digest(public.strip(), signed.encode(), "sha256")  # by what everybody may know
    by_public_key = f"{signed}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"
    for token in (unsigned, by_public_key, "a.b.c", "", "x" * 5000, link(stay).replace(".", "")):
        assert from_the_his(Client(), token).status_code == 403
    assert refusals()[:2] == ["bad_signature", "bad_signature"]
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert from_the_his(Client(), link(stay, key=pem, algorithm="ES256")).status_code == 303


def test_an_rsa_key_signs_links_too_and_a_weak_one_is_refused(admin: User, stay: Encounter) -> None:
    make_an()
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    services.add_key(issuer="HIS", key_id="2026", public_key=public.decode(), by=admin)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert from_the_his(Client(), link(stay, key=pem, algorithm="RS256")).status_code == 303
    weak = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505  what is refused
    with pytest.raises(ValueError, match="another kind"):
        tokens.algorithm_of(
            weak.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ).decode()
        )


def test_a_second_factor_is_asked_for_all_the_same(key: LaunchKey, stay: Encounter) -> None:
    """S-21: no more is given than by the hospital's own account."""
    an = make_an()
    with_app(an)
    client = Client()
    assert follow(client, link(stay)).headers["Location"] == "/sign-in/second/"
    assert client.get(f"/encounters/{stay.uuid}/").status_code == 302
    done = client.post("/sign-in/second/", {"code": code_of(an)})
    assert done.headers["Location"] == f"/encounters/{stay.uuid}/"
    assert client.get(done.headers["Location"]).status_code == 200


def test_who_is_here_already_goes_straight_on_in_their_own_session(key: LaunchKey, stay: Encounter) -> None:
    an = make_an()
    client = come_in(an)
    before = StaffSession.objects.get(user=an)
    assert follow(client, link(stay)).headers["Location"] == f"/encounters/{stay.uuid}/"
    after = StaffSession.objects.get(user=an)
    assert (after.pk, after.method, after.proved_at) == (before.pk, "password", before.proved_at)


def test_a_locked_screen_opens_no_wider_than_by_signing_in(key: LaunchKey, stay: Encounter) -> None:
    """S-16: with a second factor the link alone doesn't open it."""
    an = make_an()
    client = come_in(an)
    with_app(an)
    rest(an, minutes=11)
    assert follow(client, link(stay)).headers["Location"] == "/sign-in/second/"
    assert client.get("/patients/").status_code == 302
    assert client.post("/sign-in/second/", {"code": code_of(an)}).status_code == 302
    assert client.get(f"/encounters/{stay.uuid}/").status_code == 200


def test_somebody_elses_session_is_not_taken_over_unasked(key: LaunchKey, stay: Encounter) -> None:
    an, binh = make_an(), make_binh()
    client = come_in(binh)
    answer = follow(client, link(stay))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Trần Thị Bình" in page
    assert "Nguyễn Văn An" in page
    assert stay.patient.full_name not in page
    assert not StaffSession.objects.filter(user=an).exists()
    # Bình stays: she is who she was, and the link still waits for nobody else's click.
    assert client.get("/session/").json()["user"] == str(binh.uuid)
    done = client.post("/launch/switch/")
    assert done.headers["Location"] == f"/encounters/{stay.uuid}/"
    assert client.get("/session/").json()["user"] == str(an.uuid)
    assert AuditEvent.objects.filter(action="user.hand_over", agent_id=binh.pk).count() == 1
    assert client.post("/launch/switch/").status_code == 403


def test_another_site_cannot_press_the_button(key: LaunchKey, stay: Encounter) -> None:
    """S-24: changing hands needs this site's own form."""
    make_an()
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_binh(), backend=BACKEND)
    follow(client, link(stay))
    assert client.post("/launch/switch/").status_code == 403
    assert not Launch.objects.exclude(opened_at=None).exists()


def test_the_question_may_be_answered_for_two_minutes(key: LaunchKey, stay: Encounter) -> None:
    make_an()
    client = come_in(make_binh())
    follow(client, link(stay))
    with freeze_time(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 130)), tick=True):
        assert client.post("/launch/switch/").status_code == 403
    assert not Launch.objects.exclude(opened_at=None).exists()


def test_a_link_gives_no_reach(key: LaunchKey, stay: Encounter) -> None:
    """S-01: the patient lies in internal medicine; Chi is of surgery."""
    chi, client = make_chi(), Client()
    answer = follow(client, link(stay, subject="chi"))
    assert client.get(answer.headers["Location"]).status_code == 404
    assert StaffSession.objects.filter(user=chi).exists()


def test_grave_things_ask_for_proof_after_a_link(key: LaunchKey, stay: Encounter) -> None:
    """S-22: the HIS's word is no fresh proof of who sits here."""
    make_user("khth", "Kế Hoạch", "planning", make_department(make_facility(), "KH", "KHTH"))
    client = Client()
    follow(client, link(stay, subject="khth"))
    assert StaffSession.objects.get(user__username="khth").is_fresh(15, services.now()) is False


def test_a_key_that_signs_nobody_in_opens_charts_for_who_is_here(admin: User, stay: Encounter) -> None:
    services.add_key(issuer="HIS", key_id="2026", secret=SECRET, may_sign_in=False, by=admin)
    an = make_an()
    to_sign_in = follow(Client(), link(stay)).headers["Location"]
    assert to_sign_in == f"/sign-in/?next=%2Fencounters%2F{stay.uuid}%2F"
    client = come_in(an)
    assert follow(client, link(stay)).headers["Location"] == f"/encounters/{stay.uuid}/"
    other = come_in(make_binh())
    assert follow(other, link(stay)).status_code == 403
    rest(an, minutes=11)
    assert follow(client, link(stay)).headers["Location"].startswith("/locked/?next=")


def test_staff_codes_name_people_where_the_his_knows_no_usernames(admin: User, stay: Encounter) -> None:
    services.add_key(issuer="HIS", key_id="2026", secret=SECRET, names_by="staff-code", by=admin)
    an = make_an()
    User.objects.filter(pk=an.pk).update(staff_code="NV0007")
    assert from_the_his(Client(), link(stay, subject="an")).status_code == 403
    follow(Client(), link(stay, subject="nv0007"))
    assert StaffSession.objects.filter(user=an).exists()


def test_a_revoked_key_opens_nothing_and_the_next_one_does(
    key: LaunchKey, admin: User, stay: Encounter
) -> None:
    make_an()
    second = b"the next secret of 32 bytes ...."
    services.add_key(issuer="HIS", key_id="2027", secret=second, by=admin)
    assert from_the_his(Client(), link(stay)).status_code == 303  # both work
    services.revoke_key(key=key, by=admin)
    assert from_the_his(Client(), link(stay)).status_code == 403
    assert from_the_his(Client(), link(stay, key_id="2027", key=second)).status_code == 303


def test_secrets_are_wrapped_anew_under_a_new_file_key(
    key: LaunchKey, stay: Encounter, settings: Any
) -> None:
    make_an()
    settings.EMR_FILE_KEYS = ["ab" * 32, *settings.EMR_FILE_KEYS]
    assert services.rewrap_secrets(key.facility_id) == 1
    settings.EMR_FILE_KEYS = ["ab" * 32]
    assert from_the_his(Client(), link(stay)).status_code == 303
    assert services.rewrap_secrets(key.facility_id) == 0
