"""Who may come in."""

import datetime as dt
import io
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from emr.accounts.models import PractitionerRole, User
from emr.accounts.services import create_user, grant_role
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.signin.views.coming import sign_in
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


def _sign_in(client: Client, username: str, password: str, address: str = "127.0.0.1") -> int:
    answer = client.post("/sign-in/", {"username": username, "password": password}, REMOTE_ADDR=address)
    return answer.status_code


def test_the_right_password_opens_a_new_session(client: Client) -> None:
    make_an()
    client.get("/sign-in/")
    before = client.cookies.get("sessionid")
    assert _sign_in(client, " AN ", "benhanmo") == 302
    assert before is None  # a public page sets no session cookie
    assert AuditEvent.objects.get(action="user.sign_in").outcome == "success"
    first = client.cookies["sessionid"].value
    _sign_in(client, "an", "benhanmo")
    assert client.cookies["sessionid"].value != first


@pytest.mark.parametrize(
    ("username", "password"), [("an", "wrong"), ("nobody", "benhanmo"), ("an", ""), ("", "")]
)
def test_a_wrong_word_is_refused_without_saying_which(client: Client, username: str, password: str) -> None:
    make_an()
    answer = client.post("/sign-in/", {"username": username, "password": password})
    assert answer.status_code == 422
    assert "sessionid" not in client.cookies
    if username and password:
        assert "sai" in answer.content.decode()


def test_guessing_locks_the_guesser_out_and_not_the_ward(client: Client) -> None:
    make_an()
    for _ in range(8):
        _sign_in(client, "an", "wrong", address="10.0.0.66")
    assert _sign_in(client, "an", "benhanmo", address="10.0.0.66") == 429
    assert _sign_in(client, "an", "benhanmo", address="10.0.0.7") == 302


def test_one_word_tried_on_everybody_is_slowed_at_its_address(client: Client, settings: Any) -> None:
    """S-20: nobody is tried often, so no account's own count tells; who comes from elsewhere isn't kept waiting."""
    settings.EMR_RATE_LIMITS = True
    make_an()
    sign_in.bucket._per_second = 0.001  # type: ignore[attr-defined]
    for _ in range(119):
        sign_in.bucket.take("address 10.0.0.66")  # type: ignore[attr-defined]
    tried = [_sign_in(client, name, "benhanmo1", address="10.0.0.66") for name in ("binh", "chi", "an")]
    assert tried == [422, 429, 429]
    assert _sign_in(client, "an", "benhanmo", address="10.0.0.7") == 302


def test_somebody_suspended_cannot_come_in_nor_go_on(client: Client) -> None:
    an = make_an()
    client.force_login(an, backend="emr.accounts.backends.StaffBackend")
    assert client.get("/session/").status_code == 200
    User.objects.filter(pk=an.pk).update(is_active=False)
    assert client.get("/session/").status_code == 302
    assert _sign_in(Client(), "an", "benhanmo") == 422


def test_after_signing_out_the_session_is_dead(client: Client) -> None:
    make_an()
    _sign_in(client, "an", "benhanmo")
    old = client.cookies["sessionid"].value
    assert client.post("/sign-out/").status_code == 302
    client.cookies["sessionid"] = old
    assert client.get("/session/").status_code == 302


def test_no_open_redirect(client: Client) -> None:
    make_an()
    answer = client.post(
        "/sign-in/", {"username": "an", "password": "benhanmo", "next": "https://evil.example/"}
    )
    assert answer.headers["Location"] == "/"


def test_a_right_reaches_only_where_the_role_is_held() -> None:
    facility = make_facility()
    noi, ngoai = make_department(facility), make_department(facility, "K19", "Khoa Ngoại")
    binh = make_binh(noi)
    assert binh.has_right("registry.read", noi.pk)
    assert not binh.has_right("registry.read", ngoai.pk)
    assert not binh.has_right("documents.write")
    assert binh.departments_for("registry.read") == frozenset({noi.pk})
    clerk = make_user("em", "Phạm Em", "registration", noi)
    assert clerk.departments_for("registry.read") == "everywhere"


def test_a_role_counts_only_between_its_dates() -> None:
    an = make_an()
    ended = timezone.now() - dt.timedelta(seconds=1)
    PractitionerRole.objects.filter(user=an).update(starts_at=ended - dt.timedelta(days=9), ends_at=ended)
    assert not User.objects.get(pk=an.pk).has_right("documents.write")


def test_one_role_is_not_held_twice_at_once() -> None:
    an = make_an()
    department = an.practitioner_roles.get().department
    with pytest.raises(DomainError):
        grant_role(user=an, role="doctor", department=department, by=None)
    assert an.practitioner_roles.count() == 1


def test_a_taken_username_is_refused_in_words() -> None:
    an = make_an()
    with pytest.raises(DomainError) as refusal:
        create_user(
            facility=an.facility, username="An", full_name="Khác", staff_code="X", password="x" * 20, by=None
        )
    assert refusal.value.code == "taken"


def test_the_first_facility_and_its_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery staple\n"))
    arguments = [
        "12345",
        "Trung tâm Y tế X",
        "--admin",
        "it",
        "--admin-name",
        "Võ Thị It",
        "--password-stdin",
    ]
    call_command("createfacility", *arguments)
    assert User.objects.get(username="it").has_right("accounts.manage")
    with pytest.raises(CommandError):
        call_command("createfacility", *arguments)
