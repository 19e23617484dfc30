"""S-22: a ward round has the PIN in two halves, one here and one in the browser; neither says anything alone."""

import base64
import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from emr.accounts.models import Organization, User
from emr.accounts.services import end_role
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.signin import services
from emr.signin.models import Round, StaffSession
from emr.signin.tasks import forget_ended
from tests.emr.people import make_an, make_binh, make_department
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db
PIN = b"246813"


@pytest.fixture
def an() -> User:
    return make_an()


@pytest.fixture
def ward(an: User) -> Organization:
    return an.practitioner_roles.get().department


@pytest.fixture
def client(an: User) -> Client:
    return come_in(an)


def row_of(client: Client) -> StaffSession:
    return StaffSession.objects.get(session_key=client.cookies["sessionid"].value)


def begin(client: Client, user: User, ward: Organization) -> str:
    return services.begin_round(session=row_of(client), user=user, department=ward, secret=PIN)[1]


def opens(client: Client, user: User, sealed: str) -> bool:
    found = services.round_of(session=row_of(client), user=user, sealed=sealed)
    assert found is None or found[1] == PIN
    return found is not None


def test_a_round_gives_the_pin_back_to_this_session_alone(
    client: Client, an: User, ward: Organization
) -> None:
    sealed = begin(client, an, ward)
    assert opens(client, an, sealed)
    elsewhere = come_in(an)
    assert not opens(elsewhere, an, sealed), "a cookie carried to another device"
    assert not opens(client, make_binh(), sealed), "another person"
    assert AuditEvent.objects.filter(action="round.begin", agent_id=an.pk).count() == 1


def test_a_ward_where_one_does_not_work_has_no_round(client: Client, an: User, ward: Organization) -> None:
    with pytest.raises(DomainError):
        begin(client, an, make_department(an.facility, "K19", "Khoa Ngoại"))
    sealed = begin(client, an, ward)
    end_role(held=an.practitioner_roles.get(), by=None)
    del an.current_roles
    assert not opens(client, an, sealed), "who works there no longer has no round there"


def test_what_was_tampered_with_or_sealed_for_another_round_opens_nothing(
    client: Client, an: User, ward: Organization
) -> None:
    sealed = begin(client, an, ward)
    blob = bytearray(base64.urlsafe_b64decode(sealed))
    for at in (0, 12, len(blob) - 1):
        changed = bytearray(blob)
        changed[at] ^= 1
        assert not opens(client, an, base64.urlsafe_b64encode(changed).decode())
    for nonsense in ("", "x", "€", "AAAA", "A" * 4000):
        assert not opens(client, an, nonsense)
    # The database alone can't make a round longer, nor move it to another ward.
    kept = Round.objects.get()
    Round.objects.update(until=kept.until + dt.timedelta(hours=5))
    assert not opens(client, an, sealed)
    Round.objects.update(until=kept.until)
    assert opens(client, an, sealed)
    other = make_department(an.facility, "K19", "Khoa Ngoại")
    Round.objects.update(department=other)
    assert not opens(client, an, sealed)


def test_a_later_round_replaces_it_and_a_replayed_cookie_is_dead(
    client: Client, an: User, ward: Organization
) -> None:
    first = begin(client, an, ward)
    second = begin(client, an, ward)
    assert Round.objects.count() == 1
    assert not opens(client, an, first)
    assert opens(client, an, second)
    services.end_rounds(session=row_of(client))
    assert not Round.objects.exists()
    assert not opens(client, an, second)
    assert AuditEvent.objects.filter(action="round.end").count() == 1


def test_it_ends_after_an_hour_and_its_key_is_removed(client: Client, an: User, ward: Organization) -> None:
    sealed = begin(client, an, ward)
    with freeze_time(timezone.now() + dt.timedelta(minutes=59)):
        StaffSession.objects.update(active_at=timezone.now())
        assert opens(client, an, sealed)
    with freeze_time(timezone.now() + dt.timedelta(minutes=61)):
        StaffSession.objects.update(active_at=timezone.now())
        assert not opens(client, an, sealed)
        assert not Round.objects.exists()
    begin(client, an, ward)
    with freeze_time(timezone.now() + dt.timedelta(minutes=61)):
        forget_ended()
    assert not Round.objects.exists(), "the worker removes what nobody asked about"


@pytest.mark.parametrize("how", ["lock", "idle", "sign_out", "hand_over", "end"])
def test_it_ends_with_the_screen_and_the_person(
    client: Client, an: User, ward: Organization, how: str
) -> None:
    sealed = begin(client, an, ward)
    client.cookies["round"] = sealed
    if how == "lock":
        answer = client.post("/lock/")
    elif how == "idle":
        StaffSession.objects.update(active_at=timezone.now() - dt.timedelta(minutes=11))
        answer = client.get("/")
    elif how == "sign_out":
        answer = client.post("/sign-out/")
    elif how == "end":
        answer = client.post("/session/round/end", {"next": "/account/"})
        assert answer.headers["Location"] == "/account/"
    else:
        client.post("/lock/")
        services.keep_pin(user=make_binh(), pin="739105")
        answer = client.post("/locked/unlock", {"who": "binh", "secret": "739105"})
    assert answer.status_code == 302
    assert not Round.objects.exists()
    if how != "hand_over":
        assert answer.cookies["round"].value == ""
        assert answer.cookies["round"]["samesite"] == "Strict"
    if how == "lock":
        client.post("/locked/unlock", {"secret": "benhanmo"})
        assert not opens(client, an, sealed), "the PIN is asked anew"


def test_the_cookie_is_for_this_browsers_server_alone(settings: pytest.FixtureRequest) -> None:
    from django.http import HttpResponse  # noqa: PLC0415

    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    response = HttpResponse()
    services.keep_in_browser(response, "sealed")
    morsel = response.cookies["__Host-round"]
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"]) == (True, True, "Strict")
    assert (morsel["path"], morsel["domain"], morsel["max-age"]) == ("/", "", "")


def test_neither_half_says_anything(client: Client, an: User, ward: Organization) -> None:
    """What the database has of a round, and what the browser has: no PIN in either, nor in the log."""
    sealed = begin(client, an, ward)
    kept = Round.objects.values().get()
    assert PIN not in bytes(kept["key"])
    assert PIN not in base64.urlsafe_b64decode(sealed)
    assert all(PIN.decode() not in str(line) for line in AuditEvent.objects.values_list("detail", flat=True))
    assert sealed not in str(list(AuditEvent.objects.values()))
