"""Second factors, fresh proof, recovery by two, rounds, passwords."""

import datetime as dt
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client
from django.utils import timezone

from emr.accounts.models import FacilitySetting, Organization, User
from emr.accounts.services import facility_setting
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.signin import services
from emr.signin.models import CodeApp, Recovery, StaffSession
from emr.signin.selectors import open_recovery
from emr.storage import keys
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db


def code_of(user: User, *, steps: int = 0) -> str:
    app = CodeApp.objects.get(user=user)
    secret = keys.unwrap(bytes(app.sealed_secret), app.sealed_by)
    return TOTP(secret, 6, SHA1(), 30).generate(int(time.time()) + 30 * steps).decode()  # noqa: S303


def with_app(user: User) -> list[str]:
    """The person has set the app up a while ago; the codes for paper."""
    services.offer_code_app(user)
    codes = services.confirm_code_app(user=user, code=code_of(user))
    CodeApp.objects.filter(user=user).update(last_step=0)
    return codes


def administrator(username: str, department: Organization | None = None) -> User:
    office = department or make_department(make_facility(), "HC", "Hành chính")
    return make_user(username, f"Quản {username}", "admin", office)


def first_word(client: Client, user: User) -> str:
    answer = client.post(
        "/sign-in/", {"username": user.username, "password": "benhanmo", "next": "/patients/"}
    )
    return str(answer.headers["Location"])


def test_the_password_alone_opens_nothing_for_who_has_a_second_factor(client: Client) -> None:
    an = make_an()
    with_app(an)
    assert first_word(client, an) == "/sign-in/second/"
    assert client.get("/patients/").headers["Location"].startswith("/sign-in/")
    assert client.post("/sign-in/second/", {"code": "000000"}).status_code == 422
    answer = client.post("/sign-in/second/", {"code": code_of(an)})
    assert answer.headers["Location"] == "/patients/"
    assert client.get("/patients/").status_code == 200


def test_a_password_at_the_locked_screen_makes_no_day_longer_for_who_has_a_second_factor(
    client: Client,
) -> None:
    """S-16."""
    an = make_an()
    papers = with_app(an)
    first_word(client, an)
    client.post("/sign-in/second/", {"code": papers[0]})
    client.post("/lock/")
    began = timezone.now() - dt.timedelta(hours=11)
    StaffSession.objects.update(opened_at=began)
    assert client.post("/locked/unlock", {"secret": "benhanmo"}).status_code == 302
    assert StaffSession.objects.get(user=an).opened_at == began


def test_no_code_works_twice(client: Client) -> None:
    """S-21: not even within its half minute, and no code for paper either."""
    an = make_an()
    papers = with_app(an)
    assert len(papers) == 10
    code = code_of(an)
    assert services.check_code(an, code)
    assert not services.check_code(an, code)
    assert services.check_code(an, papers[0].lower())
    assert not services.check_code(an, papers[0])


def test_guessing_codes_is_slowed() -> None:
    """S-21."""
    an = make_an()
    with_app(an)
    for _ in range(5):
        assert not services.check_code(an, "000000")
    assert not services.check_code(an, code_of(an)), "not even the right one, for a while"
    CodeApp.objects.update(locked_until=timezone.now() - dt.timedelta(seconds=1))
    assert services.check_code(an, code_of(an))


def test_the_step_between_lasts_five_minutes_and_one_password(client: Client) -> None:
    an = make_an()
    with_app(an)
    first_word(client, an)
    session = client.session
    session["half"] = session["half"] | {"at": timezone.now().timestamp() - 301}
    session.save()
    assert client.post("/sign-in/second/", {"code": code_of(an)}).headers["Location"] == "/sign-in/"
    first_word(client, an)
    an.set_password("another")
    an.save()
    assert client.post("/sign-in/second/", {"code": code_of(an)}).headers["Location"] == "/sign-in/"


def test_the_app_is_set_up_on_the_page() -> None:
    an = make_an()
    client = come_in(an)
    client.post("/account/second-factor/app")
    page = client.get("/account/second-factor/").content.decode()
    assert "data:image/svg+xml" in page
    assert client.post("/account/second-factor/app/confirm", {"code": "12"}).status_code == 422
    assert not services.has_factor(an)
    page = client.post("/account/second-factor/app/confirm", {"code": code_of(an)}).content.decode()
    assert page.count("<li>") >= 10
    assert services.has_factor(an)
    assert "data:image/svg+xml" not in client.get("/account/second-factor/").content.decode()


def test_secrets_follow_the_instances_key(settings: Any) -> None:
    an = make_an()
    with_app(an)
    settings.EMR_FILE_KEYS = ["ab" * 31 + "cd", *settings.EMR_FILE_KEYS]
    assert services.rewrap_secrets() == 1
    settings.EMR_FILE_KEYS = settings.EMR_FILE_KEYS[:1]
    assert services.check_code(an, code_of(an))


def test_a_role_may_ask_for_a_second_factor_before_anything_else() -> None:
    """S-22: the administrator's does in a real house."""
    admin = administrator("quan")
    FacilitySetting.objects.create(facility=admin.facility, name="second_factor_roles", value=["admin"])
    client = come_in(admin)
    assert client.get("/administration/sign-in/").headers["Location"] == "/account/second-factor/"
    assert client.get("/", HTTP_HX_REQUEST="true").headers["HX-Redirect"] == "/account/second-factor/"
    client.post("/account/second-factor/app")
    assert client.post("/account/second-factor/app/confirm", {"code": code_of(admin)}).status_code == 200
    assert client.get("/administration/sign-in/").status_code == 200


def test_a_real_house_asks_its_administrators(settings: Any) -> None:
    settings.EMR_DEMO = False
    assert services.must_have_factor(administrator("quan"))
    assert not services.must_have_factor(make_an())


def test_six_digits_alone_do_not_take_up_a_role_that_asks_for_more() -> None:
    admin, an = administrator("quan"), make_an()
    FacilitySetting.objects.create(facility=admin.facility, name="second_factor_roles", value=["admin"])
    services.keep_pin(user=admin, pin="739105")
    client = come_in(an)
    client.post("/lock/")
    assert client.post("/locked/unlock", {"who": "quan", "secret": "739105"}).status_code == 422
    _badge, code = services.issue_badge(user=admin, by=admin)
    assert client.post("/locked/unlock", {"who": code, "secret": "739105"}).status_code == 302


def test_an_old_session_proves_itself_before_a_sensitive_action() -> None:
    """S-22."""
    admin, an = administrator("quan"), make_an()
    papers = with_app(admin)
    client = Client()
    first_word(client, admin)
    client.post("/sign-in/second/", {"code": papers[0]})
    badge = f"/administration/sign-in/{an.uuid}/badge"
    assert client.post(badge).status_code == 201
    StaffSession.objects.update(proved_at=timezone.now() - dt.timedelta(minutes=16))
    person = f"/administration/sign-in/{an.uuid}/"
    answer = client.post(badge, HTTP_REFERER=f"http://testserver{person}")
    assert answer.headers["Location"] == f"/prove/?next={person.replace('/', '%2F')}"
    assert client.post("/prove/", {"proof": "benhanmo"}).status_code == 422, (
        "the password is not the second factor"
    )
    assert client.post("/prove/", {"proof": papers[1], "next": person}).headers["Location"] == person
    assert client.post(badge).status_code == 201


def test_a_pin_at_a_shared_pc_is_no_fresh_proof() -> None:
    """S-22."""
    an, binh = make_an(), make_binh()
    services.keep_pin(user=binh, pin="739105")
    client = come_in(an)
    client.post("/lock/")
    client.post("/locked/unlock", {"who": "binh", "secret": "739105"})
    assert client.get("/account/second-factor/").headers["Location"].startswith("/prove/")
    assert client.post("/prove/", {"proof": "benhanmo"}).headers["Location"] == "/"
    assert client.get("/account/second-factor/").status_code == 200


def test_two_administrators_bring_a_lost_password_back(client: Client) -> None:
    """S-21: one asks, another confirms, the code works once."""
    an, one, two = make_an(), administrator("mot"), administrator("hai")
    ward, first, second = come_in(an), come_in(one), come_in(two)
    base = f"/administration/sign-in/{an.uuid}/recovery"
    first.post(base, {"kind": "password"})
    first.post(f"{base}/confirm")
    recovery = open_recovery(an)
    assert recovery is not None
    assert recovery.confirmed_by is None, "nobody confirms what they asked for"
    page = second.post(f"{base}/confirm").content.decode()
    code = page.split('font-monospace fs-3 mb-0">')[1].split("<")[0]
    words = {"username": "an", "code": code, "new_password": "bảy con mèo trên mái"}
    assert client.post("/sign-in/recover/", words | {"code": "AAAA-AAAA-AAAA-AAAA"}).status_code == 422
    assert client.post("/sign-in/recover/", words).status_code == 302
    assert client.post("/sign-in/recover/", words).status_code == 422
    assert ward.get("/").headers["Location"].startswith("/sign-in/"), "what was open has ended"
    assert User.objects.get(pk=an.pk).check_password("bảy con mèo trên mái")
    told = AuditEvent.objects.filter(action__startswith="recovery.", outcome="success")
    assert sorted(told.values_list("action", flat=True)) == [
        "recovery.confirm",
        "recovery.request",
        "recovery.use",
    ]


def test_a_recovery_dies_of_guesses_and_of_age() -> None:
    """S-21."""
    an, one, two = make_an(), administrator("mot"), administrator("hai")
    code = services.confirm_recovery(recovery=services.ask_recovery(user=an, kind="factor", by=one), by=two)
    Recovery.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert services.recovery_for("an", code) is None
    Recovery.objects.update(expires_at=timezone.now() + dt.timedelta(hours=1))
    for _ in range(Recovery.GUESS_LIMIT):
        assert services.recovery_for("an", "WRONG") is None
    assert services.recovery_for("an", code) is None


def test_nobody_recovers_themselves_and_one_alone_is_a_settings_choice() -> None:
    one, an = administrator("mot"), make_an()
    with pytest.raises(DomainError):
        services.ask_recovery(user=one, kind="password", by=one)
    recovery = services.ask_recovery(user=an, kind="factor", by=one)
    with pytest.raises(DomainError):
        services.confirm_recovery(recovery=recovery, by=one)
    FacilitySetting.objects.create(facility=an.facility, name="recovery_needs_two", value=False)
    assert services.confirm_recovery(recovery=recovery, by=one)


def test_a_lost_phone_leaves_the_password_alone() -> None:
    an, one, two = make_an(), administrator("mot"), administrator("hai")
    with_app(an)
    code = services.confirm_recovery(recovery=services.ask_recovery(user=an, kind="factor", by=one), by=two)
    found = services.recovery_for("an", code)
    assert found is not None
    services.use_recovery(recovery=found, new_password="")
    assert not services.has_factor(an)
    assert come_in(an).get("/").status_code == 200


def test_on_a_round_one_pin_lasts_for_this_ward_until_the_screen_locks() -> None:
    """S-22."""
    an = make_an()
    ward = an.practitioner_roles.get().department
    other = make_department(an.facility, "K19", "Khoa Ngoại")
    client = come_in(an)
    row = StaffSession.objects.get(user=an)
    services.begin_round(session=row, user=an, department=ward)
    assert services.on_round(session=row, user=an, department_id=ward.pk)
    assert not services.on_round(session=row, user=an, department_id=other.pk)
    with pytest.raises(DomainError):
        services.begin_round(session=row, user=an, department=other)
    elsewhere = come_in(an)
    row_elsewhere = StaffSession.objects.get(session_key=elsewhere.cookies["sessionid"].value)
    assert not services.on_round(session=row_elsewhere, user=an, department_id=ward.pk)
    begun = services.begin_round(session=row, user=an, department=ward)
    assert begun.until < timezone.now() + dt.timedelta(minutes=61)
    client.post("/lock/")
    row.refresh_from_db()
    assert not services.on_round(session=row, user=an, department_id=ward.pk)
    client.post("/locked/unlock", {"secret": "benhanmo"})
    row = StaffSession.objects.get(session_key=client.cookies["sessionid"].value)
    assert not services.on_round(session=row, user=an, department_id=ward.pk), "the PIN is asked anew"


@pytest.fixture
def real_rules(settings: Any) -> None:
    """Passwords as in production; the demo's are exempt."""
    from emr.settings import base  # noqa: PLC0415

    settings.AUTH_PASSWORD_VALIDATORS = base.AUTH_PASSWORD_VALIDATORS


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("mười bốn chữ ạ", False),
        ("mười lăm chữ đây", True),
        ("a" * 20, False),
        ("benhanmo1234567890", False),
        ("correcthorsebatterystaple" * 3, True),
        ("1234567890123456", False),
    ],
)
def test_passwords_are_long_and_not_everybodys(real_rules: None, password: str, is_taken: bool) -> None:
    """S-20: 15 alone, 64 and more allowed, no rule about letters."""
    an = make_an()
    if is_taken:
        services.keep_password(user=an, password=password)
        return
    with pytest.raises(DomainError):
        services.keep_password(user=an, password=password)


def test_eight_characters_are_enough_beside_a_second_factor(real_rules: None) -> None:
    """S-20."""
    an = make_an()
    with pytest.raises(DomainError):
        services.keep_password(user=an, password="mèo mướp")
    with_app(an)
    services.keep_password(user=an, password="mèo mướp")


def test_a_password_is_changed_under_the_old_one_and_signs_the_others_out() -> None:
    """S-19, S-20."""
    an = make_an()
    here, there = come_in(an), come_in(an)
    words = {"password": "wrong", "new_password": "bảy con mèo trên mái"}
    assert here.post("/account/password/", words).status_code == 422
    assert here.post("/account/password/", words | {"password": "benhanmo"}).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").headers["Location"].startswith("/sign-in/")


def test_the_demo_signs_in_with_a_password_alone() -> None:
    admin = administrator("quantri")
    assert facility_setting(admin.facility_id, "second_factor_roles", None) is None
    assert come_in(admin).get("/administration/sign-in/").status_code == 200
