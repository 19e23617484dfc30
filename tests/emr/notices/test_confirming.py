"""An address counts once its owner has typed the code that was sent there (issue 3)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.notices import services
from emr.notices.models import Contact, ContactCode, NoticeDelivery
from emr.notices.services import confirming
from emr.notices.simulator import Gateway
from emr.outbox.models import OutboxEvent
from tests.emr.notices.house import People, reach
from tests.emr.notices.test_pages import client_of
from tests.encounters.chart import deliver_all

pytestmark = pytest.mark.django_db
PAGE, SEND, CONFIRM = "/notices/contact/", "/notices/contact/code/", "/notices/contact/confirm/"


def unconfirmed(people: People) -> Contact:
    return reach(people.binh, email="", chat="", phone_confirmed_at=None)


def asked_before(minutes: int) -> None:
    """The code was asked for so long ago."""
    for code in ContactCode.objects.all():
        code.asked_at -= dt.timedelta(minutes=minutes)
        code.save()


def told_ways(people: People, key: str) -> list[str]:
    notice = services.notify(
        kind="test.glass", key=key, facility=people.facility, department=people.ward, to=[people.binh],
        parameters={"place": "Khoa Nội"},
    )  # fmt: skip
    return sorted(
        NoticeDelivery.objects.filter(notice=notice, user=people.binh).values_list("channel", flat=True)
    )


def refused(typed: str, people: People) -> str:
    with pytest.raises(DomainError) as refusal:
        services.confirm_address(channel="sms", typed=typed, by=people.binh)
    return str(refusal.value.code)


def test_nothing_goes_to_an_address_before_its_code_came_back(people: People, gateway: Gateway) -> None:
    client = client_of(people.binh)
    client.post(PAGE, {"phone": "0912 345 678"})
    assert told_ways(people, "k1") == []
    assert client.post(SEND, {"channel": "sms"}).status_code == 302
    deliver_all()
    [message] = gateway.taken.values()
    code = confirming.code_of(ContactCode.objects.get().uuid)
    assert (message.to, message.text.count(code), message.way) == ("+84912345678", 1, "sms")
    assert code not in str(list(OutboxEvent.objects.values())), "the queue holds no code"
    assert code not in str(list(AuditEvent.objects.values())), "nor does the log"
    wrong = client.post(CONFIRM, {"channel": "sms", "code": str((int(code) + 1) % 10**6).zfill(6)})
    assert (wrong.status_code, "không phải mã" in wrong.content.decode()) == (422, True)
    assert told_ways(people, "k2") == []
    assert client.post(CONFIRM, {"channel": "sms", "code": f" {code[:3]} {code[3:]}"}).status_code == 302
    assert told_ways(people, "k3") == ["sms"]
    log = AuditEvent.objects.filter(action="contact.confirm").order_by("pk").values_list("outcome", flat=True)
    assert list(log) == ["failure", "success"]
    assert "Đã xác nhận" in client.get(PAGE).content.decode()


def test_a_changed_address_is_confirmed_anew_and_its_old_code_is_worth_nothing(
    people: People, all_ways: None
) -> None:
    unconfirmed(people)
    client = client_of(people.binh)
    client.post(SEND, {"channel": "sms"})
    old = confirming.code_of(ContactCode.objects.get().uuid)
    client.post(PAGE, {"phone": "0987654321"})
    assert refused(old, people) == "no_code"
    Contact.objects.update(phone_confirmed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    client.post(PAGE, {"phone": "0987654321", "quiet_from": "22:00", "quiet_until": "06:00"})
    assert Contact.objects.get().phone_confirmed_at is not None, "quiet hours change nothing about it"
    client.post(PAGE, {"phone": "0912345678"})
    assert Contact.objects.get().phone_confirmed_at is None


def test_codes_run_out_are_limited_and_only_the_last_one_counts(people: People, all_ways: None) -> None:
    unconfirmed(people)

    def send() -> str:
        return confirming.code_of(services.send_code(channel="sms", by=people.binh).uuid)

    first = send()
    with pytest.raises(DomainError) as soon:
        send()
    assert soon.value.code == "too_soon"
    asked_before(2)
    second = send()
    assert first != second
    assert refused(first, people) == "wrong_code"
    for _ in range(confirming.TRIES - 1):
        assert refused("000000" if second != "000000" else "1", people) == "wrong_code"
    assert refused(second, people) == "too_many", "nor the right one any more"
    for _ in range(confirming.A_DAY - 2):
        asked_before(2)
        last = send()
    asked_before(2)
    with pytest.raises(DomainError) as many:
        send()
    assert many.value.code == "too_many"
    ContactCode.objects.filter(pk=ContactCode.objects.latest("asked_at").pk).update(
        expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    assert refused(last, people) == "no_code"


def test_what_cannot_be_confirmed_says_why(people: People) -> None:
    client = client_of(people.binh)
    for channel in ("sms", "pigeon"):
        assert client.post(SEND, {"channel": channel}).status_code == 422
        assert client.post(CONFIRM, {"channel": channel, "code": "1"}).status_code == 422
    unconfirmed(people)
    with pytest.raises(DomainError) as refusal:
        services.send_code(channel="sms", by=people.binh)
    assert refusal.value.code == "not_set_up"
    assert not ContactCode.objects.exists()


def test_administrators_see_who_is_not_reached_and_no_address(people: People) -> None:
    unconfirmed(people)
    reach(people.an)
    client = client_of(people.admin)

    def listed(**asked: str) -> set[str]:
        return {
            row["person"].username
            for row in client.get("/administration/notices/reached/", asked).context["rows"]
        }

    assert listed() == {"binh"}
    assert listed(show="unreached") == {"binh", "dao", "huu", "quan"}
    assert listed(show="all", q="nguyễn văn an") == {"an"}
    assert "912345678" not in client.get("/administration/notices/reached/").content.decode()
    assert client_of(people.director).get("/administration/notices/reached/").status_code == 403
    with CaptureQueriesContext(connection) as few:
        client.get("/administration/notices/reached/", {"show": "unreached"})
    with CaptureQueriesContext(connection) as many:
        client.get("/administration/notices/reached/", {"show": "all"})
    assert len(few) == len(many)
