"""The hospital's OpenID provider: a program of somebody else's, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from emr.accounts.models import PractitionerRole
from emr.audit.models import AuditEvent
from emr.signin.models import GroupRole, StaffSession
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.emr.signin.ports import free_port, wait_for_port

pytestmark = [pytest.mark.django_db, pytest.mark.peer]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Where the provider listens; it knows An, with a group, and a stranger."""
    port = free_port()
    people = [
        {"sub": "an", "preferred_username": "An", "groups": ["ngoai"]},
        {"sub": "la", "preferred_username": "la"},
    ]
    claims = [word for person in people for word in ("--user-claims", json.dumps(person))]
    program = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-n", "true", *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, program)
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(10)


@pytest.fixture
def set_up(issuer: str, settings: Any) -> None:
    """The hospital has named its provider."""
    settings.EMR_OIDC_ISSUER = issuer
    settings.EMR_OIDC_CLIENT_ID, settings.EMR_OIDC_CLIENT_SECRET = "benhanmo", "secret"


def at_the_provider(client: Client, subject: str) -> tuple[str, dict[str, list[str]]]:
    """The person says who they are there: the address they are sent back to, and what we asked with."""
    address = client.get("/sign-in/oidc/?next=/patients/").headers["Location"]
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}", parse_qs(urlsplit(address).query)


def test_the_hospitals_account_opens_the_persons_own(set_up: None) -> None:
    an = make_an()
    client = Client()
    back, asked = at_the_provider(client, "an")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"]
    assert asked["state"]
    before = client.cookies["sessionid"].value
    assert client.get(back).headers["Location"] == "/patients/"
    assert client.get("/patients/").status_code == 200
    assert client.cookies["sessionid"].value != before
    assert StaffSession.objects.get(user=an).method == "oidc"


def test_its_groups_give_roles(set_up: None) -> None:
    an = make_an()
    surgery = make_department(an.facility, "K19", "Khoa Ngoại")
    GroupRole.objects.create(facility=an.facility, group="ngoai", role="doctor", department=surgery)
    client = Client()
    client.get(at_the_provider(client, "an")[0])
    assert client.get("/").status_code == 200
    assert PractitionerRole.objects.filter(user=an, department=surgery, ends_at=None).exists()


def test_an_answer_is_taken_once_and_only_by_who_asked(set_up: None) -> None:
    """S-21."""
    make_an()
    client, thief = Client(), Client()
    back, _asked = at_the_provider(client, "an")
    assert thief.get(back).headers["Location"] == "/sign-in/"
    assert client.get(back).headers["Location"] == "/patients/"
    client.post("/sign-out/")
    assert client.get(back).headers["Location"] == "/sign-in/"
    assert client.get("/patients/").headers["Location"].startswith("/sign-in/")


def test_who_is_no_member_of_staff_stays_outside(set_up: None) -> None:
    client = Client()
    assert client.get(at_the_provider(client, "la")[0]).headers["Location"] == "/sign-in/"
    assert "chưa có trong danh sách nhân viên" in client.get("/sign-in/").content.decode()
    assert AuditEvent.objects.filter(action="user.sign_in", outcome="denied").exists()


def test_while_the_provider_is_away_local_passwords_work_and_the_page_says_so(
    set_up: None, settings: Any
) -> None:
    settings.EMR_OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    make_an()
    client = Client()
    assert client.get("/sign-in/oidc/").headers["Location"] == "/sign-in/"
    assert "không trả lời" in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/", {"username": "an", "password": "benhanmo"}).status_code == 302


def test_without_a_provider_there_is_no_such_door(client: Client) -> None:
    assert client.get("/sign-in/oidc/").headers["Location"] == "/sign-in/"
    assert "/sign-in/oidc/" not in client.get("/sign-in/").content.decode()


def test_the_administrator_says_which_group_means_which_role() -> None:
    office = make_department(make_facility(), "HC", "Hành chính")
    admin = Client()
    admin.force_login(
        make_user("quan", "Lý Quản", "admin", office), backend="django.contrib.auth.backends.ModelBackend"
    )
    ward = make_department(office.parent or office)
    words = {"group": "bac-si-noi", "role": "doctor", "department": str(ward.pk)}
    assert admin.post("/administration/sign-in/groups/add", words).status_code == 302
    page = admin.get("/administration/sign-in/groups/").content.decode()
    assert "bac-si-noi" in page
    assert admin.post("/administration/sign-in/groups/add", words | {"role": "king"}).status_code == 422
    row = GroupRole.objects.get()
    assert admin.post(f"/administration/sign-in/groups/{row.uuid}/remove").status_code == 302
    assert not GroupRole.objects.exists()
