"""A shared PC changes hands in seconds: badge or name, PIN; what another's page sends then is refused."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.signin.models import Badge, StaffSession, SwitchPin
from emr.signin.services import issue_badge, keep_pin, revoke_badge, set_pin
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db
PIN = "482915"


@pytest.fixture
def an() -> User:
    """An, whose screen it is."""
    an = make_an()
    keep_pin(user=an, pin=PIN)
    return an


@pytest.fixture
def binh(an: User) -> User:
    """Bình, who comes next."""
    binh = make_binh()
    keep_pin(user=binh, pin="739105")
    return binh


@pytest.fixture
def ward(an: User) -> Client:
    """An's PC, locked."""
    client = come_in(an)
    client.post("/lock/")
    return client


def enter(client: Client, who: str, secret: str, to: str = "/patients/") -> int:
    return client.post("/locked/unlock", {"who": who, "secret": secret, "next": to}).status_code


def here(client: Client) -> StaffSession:
    return StaffSession.objects.get(session_key=client.cookies["sessionid"].value)


def test_its_person_comes_back_by_pin_to_the_same_page(ward: Client, an: User) -> None:
    answer = ward.post("/locked/unlock", {"who": "", "secret": PIN, "next": "/patients/"})
    assert answer.headers["Location"] == "/patients/"
    assert here(ward).user == an
    assert ward.get("/patients/").status_code == 200


def test_the_next_person_takes_over_under_their_own_name(ward: Client, an: User, binh: User) -> None:
    """S-18: An's session is over, and its id with it."""
    before = ward.cookies["sessionid"].value
    opened = here(ward).opened_at
    answer = ward.post("/locked/unlock", {"who": "BINH", "secret": "739105", "next": "/patients/"})
    assert answer.headers["Location"] == "/", "An's page isn't Bình's to see"
    assert here(ward).user == binh
    assert here(ward).method == "pin"
    assert here(ward).opened_at == opened, "a PIN doesn't make the day longer"
    assert not StaffSession.objects.filter(session_key=before).exists()
    assert AuditEvent.objects.get(action="user.hand_over").detail == {"to": binh.pk}


def test_a_badge_says_who_and_the_pin_proves_it(ward: Client, binh: User) -> None:
    _badge, code = issue_badge(user=binh, by=binh)
    assert enter(ward, code, "111112") == 422
    assert enter(ward, code.lower(), "739105") == 302
    assert here(ward).method == "badge"


def test_a_badge_is_kept_as_a_digest_alone_and_dies_with_the_next(ward: Client, binh: User) -> None:
    """S-21."""
    first, code = issue_badge(user=binh, by=binh)
    assert len(code) == 30
    assert code not in str(Badge.objects.values_list())
    second, newer = issue_badge(user=binh, by=binh)
    assert enter(ward, code, "739105") == 422
    revoke_badge(badge=second, by=binh)
    assert enter(ward, newer, "739105") == 422
    first.refresh_from_db()
    assert first.revoked_at is not None


def test_a_badge_without_a_pin_opens_nothing(ward: Client, binh: User) -> None:
    _badge, code = issue_badge(user=binh, by=binh)
    assert enter(ward, code, "") == 422
    assert enter(ward, code, "benhanmo") == 422


def test_after_five_wrong_pins_only_the_password_helps(ward: Client, binh: User) -> None:
    """S-20, S-21: the PIN is blocked, not the person."""
    for _ in range(5):
        assert enter(ward, "binh", "111112") == 422
    assert enter(ward, "binh", "739105") == 422
    assert enter(ward, "binh", "benhanmo") == 302
    assert SwitchPin.objects.get(user=binh).wrong_count == 0


@pytest.mark.parametrize("who", ["binh", "nobody", "xa", "EMRB" + "A" * 26])
def test_nobody_learns_who_exists(ward: Client, binh: User, who: str) -> None:
    """S-20: the same words for a wrong PIN, an unknown name, another house's person, an unknown badge."""
    other = make_department(make_facility("88888", "Bệnh viện khác"), "K03")
    keep_pin(user=make_user("xa", "Người Xa", "doctor", other), pin="739105")
    answer = ward.post("/locked/unlock", {"who": who, "secret": "111112" if who == "binh" else "739105"})
    assert answer.status_code == 422
    assert "Không khớp" in answer.content.decode()


def test_a_pin_opens_no_door_but_a_locked_screen(an: User) -> None:
    """S-21: bound to its purpose."""
    client = Client()
    assert client.post("/sign-in/", {"username": "an", "password": PIN}).status_code == 422
    assert client.post("/locked/unlock", {"who": "an", "secret": PIN}).status_code == 302
    assert "sessionid" not in client.cookies
    open_one = come_in(an)
    assert open_one.post("/locked/unlock", {"who": "an", "secret": PIN}).headers["Location"] == "/"


def test_no_pin_after_a_working_day(ward: Client) -> None:
    StaffSession.objects.update(opened_at=timezone.now() - dt.timedelta(hours=13))
    answer = ward.post("/locked/unlock", {"who": "", "secret": PIN})
    assert answer.headers["Location"].startswith("/sign-in/")


def _by_field(client: Client, user: User) -> int:
    return client.post("/lock/", {"acting_user": str(user.uuid)}).status_code


def _by_header(client: Client, user: User) -> int:
    return client.post("/lock/", HTTP_X_ACTING_USER=str(user.uuid)).status_code


@pytest.mark.parametrize("send", [_by_field, _by_header])
def test_a_page_of_an_sends_nothing_under_the_name_of_binh(
    ward: Client, an: User, binh: User, send: Callable[[Client, User], int]
) -> None:
    """S-18."""
    enter(ward, "binh", "739105")
    assert send(ward, an) == 403
    assert here(ward).locked_at is None
    assert AuditEvent.objects.filter(action="session.refuse", outcome="denied").count() == 1
    assert send(ward, binh) == 302


def test_a_form_of_an_is_dead_even_when_it_says_nothing(an: User, binh: User) -> None:
    """S-18: the forgery token changes with the person."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(an, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/account/")
    token = client.cookies["csrftoken"].value
    client.post("/lock/", {"csrfmiddlewaretoken": token})
    client.get("/locked/")
    token = client.cookies["csrftoken"].value
    words = {"who": "binh", "secret": "739105", "csrfmiddlewaretoken": token}
    assert client.post("/locked/unlock", words).status_code == 302
    assert client.post("/lock/", {"csrfmiddlewaretoken": token}).status_code == 403


@pytest.mark.parametrize("pin", ["12345", "123456", "111111", "654321", "12a456", "１２３４５６"])
def test_a_pin_that_is_easily_guessed_is_refused(an: User, pin: str) -> None:
    with pytest.raises(DomainError):
        set_pin(user=an, pin=pin)


def test_a_pin_is_set_under_the_password(an: User) -> None:
    client = come_in(an)
    assert client.post("/account/pin", {"pin": "604182", "password": "wrong"}).status_code == 422
    assert client.post("/account/pin", {"pin": "604182", "password": "benhanmo"}).status_code == 302
    client.post("/lock/")
    assert enter(client, "", "604182") == 302


def test_the_administrator_issues_badges_and_the_holder_reports_a_loss(binh: User) -> None:
    office = make_department(make_facility(), "HC", "Hành chính")
    admin = come_in(make_user("quan", "Lý Quản", "admin", office))
    nurse = come_in(binh)
    assert nurse.post(f"/administration/sign-in/{binh.uuid}/badge").status_code == 403
    page = admin.post(f"/administration/sign-in/{binh.uuid}/badge")
    assert page.status_code == 201
    assert "EMRB" in page.content.decode()
    assert nurse.post("/account/badge/lost").status_code == 302
    assert not Badge.objects.filter(user=binh, revoked_at=None).exists()
