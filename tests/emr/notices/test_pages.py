"""The bell costs the page nothing; everybody has their own inbox and contact data; the administrator has the ladders."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.notices import services
from emr.notices.models import Contact, LadderStep, Notice
from emr.notices.views import inbox
from tests.emr.notices.house import People, reach
from tests.emr.people import make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


@pytest.fixture
def notice(people: People) -> Notice:
    return services.notify(
        kind="test.glass", key="g", facility=people.facility, department=people.ward, to=[people.binh, people.an],
        parameters={"place": "K03"}, link=("ui:home",),
    )  # fmt: skip


def page(notice: Notice, name: str = "notice") -> str:
    return reverse(f"notices:{name}", args=[notice.uuid])


def notice_queries(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured if "notices_" in query["sql"]]


def test_the_bell_costs_a_page_no_query(people: People, notice: Notice) -> None:
    client = client_of(people.binh)
    assert notice_queries(client, "/") == []
    assert b'hx-get="/notices/bell/"' in client.get("/").content


def test_the_bell_itself_costs_one_query_while_nothing_is_open_and_two_otherwise(
    people: People, notice: Notice
) -> None:
    assert len(notice_queries(client_of(people.head), "/notices/bell/")) == 1
    assert len(notice_queries(client_of(people.binh), "/notices/bell/")) == 2


def test_the_bell_is_kept_by_the_persons_own_browser(people: People, notice: Notice) -> None:
    """Silent or ringing: less than the pause between two askings of one page."""
    for user in (people.head, people.binh):
        headers = client_of(user).get("/notices/bell/").headers
        assert set(headers["Cache-Control"].split(", ")) == {"private", "max-age=25"}
        assert "Cookie" in headers["Vary"], "another person's isn't shown"


def test_asking_the_bell_is_no_sign_of_a_person(people: People) -> None:
    """S-16: it is marked as polling, and leaves the session as it was."""
    assert inbox.bell.is_polled  # type: ignore[attr-defined]
    client = client_of(people.binh)
    client.get("/")
    before = client.session.get_expiry_date(), dict(client.session)
    with CaptureQueriesContext(connection) as captured:
        client.get("/notices/bell/")
    assert not [query for query in captured if "UPDATE" in query["sql"] or "INSERT" in query["sql"]]
    assert dict(client.session) == before[1]


def test_an_urgent_notice_lies_over_every_page_until_it_is_seen(people: People, notice: Notice) -> None:
    client = client_of(people.binh)
    assert b"data-notice-sound" in client.get("/notices/bell/").content
    answer = client.post(page(notice, "see"), headers={"HX-Request": "true"})
    assert b"data-notice-sound" not in answer.content
    assert b"badge-count" in answer.content
    assert b"data-notice-sound" in client_of(people.an).get("/notices/bell/").content


def test_the_page_says_who_was_told_and_opening_it_is_no_answer(people: People, notice: Notice) -> None:
    shown = client_of(people.binh).get(page(notice)).content.decode()
    assert "Emergency access in K03" in shown
    assert "Nguyễn Văn An" in shown
    assert 'href="/"' in shown
    assert notice.recipients.get(user=people.binh).seen_at is None
    assert AuditEvent.objects.filter(action="notice.read", agent_id=people.binh.pk).count() == 1


def test_the_second_who_takes_it_on_reads_who_was_first(people: People, notice: Notice) -> None:
    client_of(people.binh).post(page(notice, "acknowledge"))
    answer = client_of(people.an).post(page(notice, "acknowledge"), follow=True)
    assert "Trần Thị Bình" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.closed_by == people.binh


@pytest.mark.parametrize("name", ["notice", "see", "acknowledge"])
def test_others_find_nothing_there(people: People, notice: Notice, name: str) -> None:
    """S-01: a notice is reached through one's own copy alone; the attempt is on record."""
    stranger = make_user("la", "Mai Thị La", "admin", make_department(make_facility("88888", "Khác")))
    for user in (people.head, people.admin, stranger):
        client = client_of(user)
        answer = client.get(page(notice)) if name == "notice" else client.post(page(notice, name))
        assert answer.status_code == 404
    assert AuditEvent.objects.filter(action="notice.read", outcome="denied").count() == 3
    assert not notice.recipients.exclude(seen_at=None).exists()


def test_the_inbox_shows_what_is_open_and_finds_by_level_number_and_words(
    people: People, notice: Notice
) -> None:
    services.notify(kind="test.drill", key="d", facility=people.facility, to=[people.binh])
    news = services.notify(kind="test.news", key="n", facility=people.facility, to=[people.binh])
    services.see(notice=news, by=people.binh)
    client = client_of(people.binh)

    def shown(**asked: object) -> list[int]:
        return [copy.notice_id for copy in client.get("/notices/", asked).context["page"]]

    drill = Notice.objects.get(kind="test.drill")
    assert shown() == [drill.pk, notice.pk]
    assert 'nav-link active" href="/notices/"' in client.get("/notices/").content.decode()
    assert shown(show="all") == [news.pk, drill.pk, notice.pk]
    assert shown(level="urgent") == [notice.pk]
    assert shown(q=str(drill.pk)) == [drill.pk]
    assert shown(q="FIRE") == [drill.pk]
    assert shown(q="nothing like it") == []
    assert client_of(people.head).get("/notices/").context["page"].object_list.count() == 0


def test_the_inbox_costs_the_same_for_one_and_for_many(people: People, notice: Notice) -> None:
    client = client_of(people.binh)
    one = len(notice_queries(client, "/notices/"))
    for number in range(8):
        services.notify(kind="test.drill", key=f"d{number}", facility=people.facility, to=[people.binh])
    assert len(notice_queries(client, "/notices/")) == one


def test_people_keep_their_own_contact_data(people: People) -> None:
    client = client_of(people.binh)
    typed = {"email": "binh@example.vn", "phone": "0912 345 678", "chat": "@binh", "muted_channels": ["sms"],
             "quiet_from": "22:00", "quiet_until": "06:00"}  # fmt: skip
    assert client.post("/notices/contact/", typed).status_code == 302
    contact = Contact.objects.get()
    assert (contact.user, contact.phone, contact.muted_channels) == (people.binh, "+84912345678", ["sms"])
    assert (contact.quiet_from, contact.quiet_until) == (dt.time(22), dt.time(6))
    changed = AuditEvent.objects.get(action="contact.change").detail
    assert "phone" in changed["fields"]
    assert "912345678" not in str(changed)
    assert "binh@example.vn" not in client_of(people.an).get("/notices/contact/").content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        {"phone": "115"},
        {"phone": "+0912345678"},
        {"phone": "+84912345678\r\nx"},
        {"email": "binh@example.vn\nBcc: x@y.z"},
        {"email": "binh"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"muted_channels": ["pigeon"]},
    ],
)
def test_nonsense_is_given_back_with_what_was_typed(people: People, typed: dict[str, object]) -> None:
    answer = client_of(people.binh).post("/notices/contact/", {"chat": "@còn đây", **typed})
    assert answer.status_code == 422
    assert "@còn đây" in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_trial_goes_out_once_a_minute(people: People, all_ways: None) -> None:
    client = client_of(people.binh)
    client.post("/notices/contact/trial/")
    assert not Notice.objects.exists()  # nothing saved, nothing to try
    reach(people.binh)
    for _ in range(3):
        client.post("/notices/contact/trial/")
    assert Notice.objects.filter(kind="notices.trial").count() <= 2  # the minute may have changed
    assert set(Notice.objects.latest("pk").deliveries.values_list("channel", flat=True)) == {
        "email",
        "sms",
        "chat",
    }


def rungs(*rows: tuple[object, str, list[str]]) -> dict[str, object]:
    typed: dict[str, object] = {"step-TOTAL_FORMS": 6, "step-INITIAL_FORMS": 0}
    for number, (minutes, audience, channels) in enumerate(rows):
        typed |= {
            f"step-{number}-after_minutes": minutes,
            f"step-{number}-audience": audience,
            f"step-{number}-channels": channels,
        }
    return typed


def test_the_administrator_changes_a_ladder_and_takes_it_back(people: People) -> None:
    client = client_of(people.admin)
    address = reverse("notices:ladder", args=["test.glass"])
    assert client.post(address, rungs((0, "told", ["sms"]), (20, "director", []))).status_code == 302
    assert list(LadderStep.objects.values_list("after_minutes", "audience", "channels")) == [
        (0, "told", ["sms"]),
        (20, "director", []),
    ]
    assert "director" in client.get(address).content.decode()
    assert client.post(reverse("notices:forget", args=["test.glass"])).status_code == 302
    assert not LadderStep.objects.exists()


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(0, "told", ["sms"]), (5, "", [])],
        [(0, "told", ["sms"]), ("", "director", [])],
        [(0, "told", ["sms"]), (-5, "director", [])],
        [(0, "told", ["sms"]), (5, "emperor", [])],
        [(0, "told", ["pigeon"])],
    ],
)
def test_a_ladder_that_makes_no_sense_is_given_back(
    people: People, rows: list[tuple[object, str, list[str]]]
) -> None:
    client = client_of(people.admin)
    answer = client.post(reverse("notices:ladder", args=["test.glass"]), rungs(*rows))
    assert answer.status_code == 422
    assert not LadderStep.objects.exists()


def test_what_was_sent_is_listed_for_the_own_facility_without_addresses(
    people: People, all_ways: None
) -> None:
    reach(people.binh)
    services.notify(kind="test.glass", key="g", facility=people.facility, to=[people.binh])
    client = client_of(people.admin)
    shown = client.get("/administration/notices/sent/", {"status": "preparation", "channel": "sms"})
    assert [row["message"].channel for row in shown.context["rows"]] == ["sms"]
    assert "912345678" not in shown.content.decode()
    other = make_user("la", "Mai Thị La", "admin", make_department(make_facility("88888", "Khác")))
    assert client_of(other).get("/administration/notices/sent/").context["rows"] == []


def test_ladders_are_for_administrators_alone(people: People) -> None:
    for user in (people.binh, people.director):
        client = client_of(user)
        for name, args in (
            ("kinds", []),
            ("deliveries", []),
            ("ladder", ["test.glass"]),
            ("forget", ["test.glass"]),
        ):
            assert client.post(reverse(f"notices:{name}", args=args)).status_code == 403
    assert client_of(people.admin).get(reverse("notices:ladder", args=["no.such"])).status_code == 404
