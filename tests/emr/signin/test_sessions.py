"""A screen that nobody watches locks, whatever the page asks by itself; a session ends where and when it is told to."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from emr.accounts.models import FacilitySetting, User
from emr.accounts.services import grant_role
from emr.audit.models import AuditEvent
from emr.local.home import CHECKOUT
from emr.signin.models import StaffSession
from emr.signin.services import forget_ended
from emr.ui.navigation import polled_names
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def come_in(user: User) -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"username": user.username, "password": "benhanmo"})
    assert answer.status_code == 302
    return client


def row(user: User) -> StaffSession:
    return StaffSession.objects.get(user=user)


def rest(user: User, **ago: float) -> None:
    """So long ago was the last thing that the person did."""
    StaffSession.objects.filter(user=user).update(active_at=timezone.now() - dt.timedelta(**ago))


def test_a_screen_at_rest_locks_and_shows_nothing() -> None:
    """S-16."""
    an = make_an()
    client = come_in(an)
    rest(an, minutes=9)
    assert client.get("/").status_code == 200
    rest(an, minutes=11)
    answer = client.get("/patients/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/locked/?next=%2Fpatients%2F"
    assert client.get("/patients/", HTTP_HX_REQUEST="true").status_code == 401
    assert client.post("/patients/", {"q": "a"}).status_code == 302
    assert row(an).locked_at is not None
    assert AuditEvent.objects.filter(action="user.lock", agent_id=an.pk).count() == 1


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}, {"HTTP_X_ACTIVITY": "1"}])
def test_what_a_page_asks_by_itself_keeps_no_screen_open(headers: dict[str, str]) -> None:
    """S-16."""
    an = make_an()
    client = come_in(an)
    rest(an, minutes=9)
    before = row(an).active_at
    for address in ("/session/", "/session/?active=1", "/signing/rows/"):
        assert client.get(address, **headers).status_code == 200
    assert row(an).active_at == before
    rest(an, minutes=11)
    assert client.get("/signing/rows/", HTTP_HX_REQUEST="true").headers["X-Locked"] == "1"
    assert row(an).locked_at is not None


def test_a_persons_own_request_counts() -> None:
    """S-16: and a page's second try at saving, which says so, doesn't."""
    an = make_an()
    client = come_in(an)
    rest(an, minutes=9)
    client.get("/", HTTP_X_UNATTENDED="1")
    assert row(an).active_at < timezone.now() - dt.timedelta(minutes=8)
    client.post("/session/stay")
    assert row(an).active_at > timezone.now() - dt.timedelta(minutes=1)


def test_everything_that_templates_ask_again_and_again_is_marked() -> None:
    """S-16: a new polling fragment without a mark would keep screens open."""
    views: dict[str, Any] = {}

    def walk(resolver: Any, space: str = "") -> None:
        for entry in resolver.url_patterns:
            if hasattr(entry, "url_patterns"):
                walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
            else:
                views[f"{space}{entry.name}"] = entry.callback

    walk(get_resolver())
    asked = set()
    for path in (CHECKOUT / "templates").rglob("*.html"):
        for tag in re.findall(r"<\w+[^<]*hx-trigger=\"[^\"]*every [^<]*", path.read_text(encoding="utf-8")):
            asked |= set(re.findall(r"hx-(?:get|post)=\"{% url '([\w:]+)'", tag))
    assert len(asked) >= 6
    unmarked = {
        name
        for name in asked - polled_names()
        if not getattr(views[name], "is_polled", False)
        and not getattr(views[name], "is_polled_fragment", False)
    }
    assert not unmarked


def test_the_hospital_says_how_long_a_screen_may_rest() -> None:
    """S-16."""
    an = make_an()
    FacilitySetting.objects.create(facility=an.facility, name="idle_minutes", value=2)
    client = come_in(an)
    rest(an, minutes=3)
    assert client.get("/").status_code == 302


def test_only_its_person_opens_a_locked_screen() -> None:
    an, _binh = make_an(), make_binh()
    client = come_in(an)
    before = client.cookies["sessionid"].value
    assert client.post("/lock/", {"next": "/patients/"}).headers["Location"] == "/locked/?next=%2Fpatients%2F"
    page = client.get("/locked/?next=/patients/").content.decode()
    assert "Nguyễn Văn An" in page
    assert client.post("/locked/unlock", {"secret": "wrong"}).status_code == 422
    assert client.get("/patients/").status_code == 302
    answer = client.post("/locked/unlock", {"secret": "benhanmo", "next": "/patients/"})
    assert answer.headers["Location"] == "/patients/"
    assert client.get("/patients/").status_code == 200
    assert client.cookies["sessionid"].value != before
    client.cookies["sessionid"] = before
    assert client.get("/patients/").headers["Location"].startswith("/sign-in/")


def test_no_session_outlives_a_working_day() -> None:
    """S-16: however busy somebody is."""
    an = make_an()
    client = come_in(an)
    StaffSession.objects.filter(user=an).update(opened_at=timezone.now() - dt.timedelta(hours=12, seconds=1))
    assert client.get("/").headers["Location"].startswith("/sign-in/")
    assert not StaffSession.objects.filter(user=an).exists()


def test_a_session_of_before_does_not_become_somebodys() -> None:
    """S-15: a session id planted before signing in is dead afterwards."""
    an = make_an()
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/sign-in/", {"username": "an", "password": "benhanmo"})
    assert client.cookies["sessionid"].value != planted
    assert not StaffSession.objects.filter(session_key=planted).exists()
    assert row(an).session_key == client.cookies["sessionid"].value


def test_going_out_clears_the_browser_but_not_what_was_typed() -> None:
    """S-17."""
    client = come_in(make_an())
    answer = client.post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies"'
    assert client.get("/session/").status_code == 302


def test_my_sessions_are_listed_and_ended_by_me_alone() -> None:
    an, chi = make_an(), make_chi()
    here, there, hers = come_in(an), come_in(an), come_in(chi)
    page = here.get("/account/").content.decode()
    assert page.count("/account/sessions/") == 3  # all others, and each of two
    other = StaffSession.objects.get(session_key=there.cookies["sessionid"].value)
    assert hers.post(f"/account/sessions/{other.uuid}/end").status_code == 404
    assert there.get("/").status_code == 200
    assert here.post(f"/account/sessions/{other.uuid}/end").status_code == 302
    assert there.get("/").headers["Location"].startswith("/sign-in/")
    assert here.get("/").status_code == 200
    third = come_in(an)
    assert here.post("/account/sessions/end").status_code == 302
    assert third.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_an_administrator_ends_somebodys_sessions() -> None:
    """S-19."""
    facility = make_facility()
    admin = make_user("quan", "Lý Quản", "admin", make_department(facility, "HC", "Hành chính"))
    an = make_an()
    ward, office = come_in(an), come_in(admin)
    assert "Nguyễn Văn An" in office.get("/administration/sign-in/?q=nguyen").content.decode()
    assert ward.get(f"/administration/sign-in/{an.uuid}/").status_code == 403
    assert "/account/sessions/" in office.get(f"/administration/sign-in/{an.uuid}/").content.decode()
    office.post(f"/administration/sign-in/{an.uuid}/end")
    assert ward.get("/").headers["Location"].startswith("/sign-in/")
    other = make_department(make_facility("88888", "Bệnh viện khác"), "K03")
    stranger = make_user("xa", "Người Xa", "doctor", other)
    assert office.get(f"/administration/sign-in/{stranger.uuid}/").status_code == 404


@pytest.mark.parametrize("what", ["suspended", "role", "password"])
def test_what_is_taken_away_ends_every_session_with_the_next_request(
    what: str,
) -> None:
    """S-19: and without a query of its own."""
    an = make_an()
    client = come_in(an)
    assert client.get("/").status_code == 200
    with CaptureQueriesContext(connection) as asked:
        client.get("/session/")
    assert sum("SELECT" in query["sql"] for query in asked) == 2, "the session and the person"
    if what == "suspended":
        User.objects.filter(pk=an.pk).update(is_active=False)
    elif what == "role":
        grant_role(user=an, role="nurse", department=make_department(an.facility), by=None)
    else:
        an.set_password("khác hẳn mật khẩu cũ")
        an.save()
    assert client.get("/").headers["Location"].startswith("/sign-in/")


def test_rows_of_sessions_that_are_over_go() -> None:
    an = make_an()
    come_in(an)
    StaffSession.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert forget_ended() == 1
