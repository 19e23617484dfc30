"""A cause is told once, to the people who are meant, by the ways they gave; who answers ends it."""

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone, translation

from emr.audit.models import AuditEvent
from emr.common.errors import Conflict, DomainError
from emr.notices import services
from emr.notices.models import Notice, NoticeDelivery, NoticeRecipient
from emr.notices.selectors import inbox_of, ringing_for
from emr.notices.services import Holders
from emr.outbox.models import OutboxEvent
from tests.emr.notices.house import People, make_people, reach
from tests.emr.people import make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


def tell(people: People, kind: str = "test.glass", key: str = "glass:1", **more: Any) -> Notice:
    more.setdefault("to", [Holders("nurse", people.ward)])
    return services.notify(
        kind=kind,
        key=key,
        facility=people.facility,
        department=people.ward,
        parameters={"place": "K03"},
        **more,
    )


def told(notice: Notice) -> set[str]:
    return set(notice.recipients.values_list("user__username", flat=True))


def test_whoever_holds_the_role_in_the_department_is_told_and_nobody_else(people: People) -> None:
    other = make_department(people.facility, "K19", "Khoa Ngoại")
    make_user("nga", "Đỗ Thị Nga", "nurse", other)
    gone = make_user("xa", "Vũ Văn Xa", "nurse", people.ward)
    gone.is_active = False
    gone.save()
    assert told(tell(people)) == {"binh"}


def test_a_role_that_has_ended_is_told_nothing(people: People) -> None:
    people.binh.practitioner_roles.update(ends_at=timezone.now() - dt.timedelta(minutes=1),
                                          starts_at=timezone.now() - dt.timedelta(days=1))  # fmt: skip
    assert told(tell(people, to=[Holders("nurse", people.ward), people.an])) == {"an"}


def test_another_facilitys_people_are_never_told(people: People) -> None:
    elsewhere = make_facility("88888", "Trung tâm khác")
    make_user("la", "Mai Thị Lạ", "admin", elsewhere)
    notice = tell(people, to=[Holders("admin", people.facility)])
    assert told(notice) == {"quan"}
    assert not inbox_of(make_user("la2", "Mai Thị La", "admin", elsewhere), show="all").exists()


def test_twice_under_one_key_is_once(people: People, all_ways: None) -> None:
    reach(people.binh)
    first = tell(people)
    before = NoticeDelivery.objects.count(), OutboxEvent.objects.count(), AuditEvent.objects.count()
    again = services.notify(
        kind="test.glass",
        key="glass:1",
        facility=people.facility,
        to=[people.an],
        parameters={"place": "K19"},
    )
    assert again.pk == first.pk
    assert told(first) == {"binh"}
    assert (NoticeDelivery.objects.count(), OutboxEvent.objects.count(), AuditEvent.objects.count()) == before
    assert again.title == "Emergency access in K19"  # the numbers are renewed, nobody is told again


def test_when_nobody_holds_the_role_the_administrators_are_told_and_the_log_says_so(people: People) -> None:
    notice = tell(people, to=[Holders("pharmacist", people.facility)])
    assert told(notice) == {"quan"}
    assert AuditEvent.objects.get(action="notice.send").detail["unheard"] is True


def test_one_message_goes_out_by_each_way_that_the_person_gave(people: People, all_ways: None) -> None:
    reach(people.binh, phone="")
    assert list(tell(people).deliveries.values_list("channel", "address")) == [("email", "binh@example.vn")]


def test_a_way_that_is_not_set_up_owes_nothing(people: People) -> None:
    reach(people.binh)
    assert not tell(people).deliveries.exists()


def test_a_muted_way_is_for_urgent_notices_alone(people: People, all_ways: None) -> None:
    reach(people.binh, muted_channels=["email"])
    assert not tell(people, kind="test.drill", key="drill").deliveries.exists()
    assert set(tell(people).deliveries.values_list("channel", flat=True)) == {"email", "sms"}


def test_a_rolled_back_cause_tells_nobody(people: People, all_ways: None) -> None:
    reach(people.binh)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(people)
        raise RuntimeError
    assert not Notice.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize("value", ["x" * 121, ["a"], {"a": 1}, 1.5, None])
def test_a_parameter_that_could_be_clinical_text_is_refused(people: People, value: object) -> None:
    with pytest.raises(ValueError, match="place"):
        services.notify(
            kind="test.glass", key="k", facility=people.facility, to=[people.an], parameters={"place": value}
        )


def test_an_unknown_kind_is_a_mistake_of_the_program(people: People) -> None:
    with pytest.raises(ValueError, match=r"test\.nothing"):
        tell(people, kind="test.nothing")


def test_the_first_who_takes_it_on_closes_it_for_all(people: People, all_ways: None) -> None:
    reach(people.an)
    notice = tell(people, to=[people.an, people.binh])
    services.acknowledge(notice=notice, by=people.binh)
    notice.refresh_from_db()
    assert (notice.status, notice.closed_by, notice.next_step_at) == ("completed", people.binh, None)
    assert ringing_for(people.an).count == 0
    assert set(notice.deliveries.values_list("status", flat=True)) == {"stopped"}
    with pytest.raises(Conflict, match="Trần Thị Bình"):
        services.acknowledge(notice=notice, by=people.an)
    assert AuditEvent.objects.filter(action="notice.acknowledge").count() == 1


def test_where_everybody_confirms_the_last_one_closes_it(people: People) -> None:
    notice = tell(people, kind="test.drill", to=[people.an, people.binh])
    services.acknowledge(notice=notice, by=people.an)
    services.acknowledge(notice=notice, by=people.an)
    notice.refresh_from_db()
    assert notice.is_active
    assert (ringing_for(people.an).count, ringing_for(people.binh).count) == (0, 1)
    services.acknowledge(notice=notice, by=people.binh)
    notice.refresh_from_db()
    assert notice.status == "completed"


def test_for_information_being_seen_is_enough(people: People) -> None:
    notice = services.notify(
        kind="test.news", key="n", facility=people.facility, to=[people.an], parameters={"code": "36/BV2"}
    )
    services.see(notice=notice, by=people.an)
    services.see(notice=notice, by=people.an)
    notice.refresh_from_db()
    assert notice.status == "completed"
    assert AuditEvent.objects.filter(action="notice.see").count() == 1


def test_an_urgent_one_rings_until_it_is_seen_and_stays_open_until_it_is_taken_on(people: People) -> None:
    notice = tell(people)
    assert [copy.notice for copy in ringing_for(people.binh).urgent] == [notice]
    services.see(notice=notice, by=people.binh)
    assert (ringing_for(people.binh).count, list(ringing_for(people.binh).urgent)) == (1, [])
    notice.refresh_from_db()
    assert notice.is_active


def test_a_stranger_can_neither_see_nor_take_on(people: People) -> None:
    notice = tell(people)
    for verb in (services.see, services.acknowledge):
        with pytest.raises(DomainError) as refusal:
            verb(notice=notice, by=people.an)
        assert refusal.value.code == "not_a_recipient"
    assert not NoticeRecipient.objects.exclude(seen_at=None).exists()


def test_when_the_cause_is_gone_the_notice_is_taken_back_and_the_next_one_is_new(people: People) -> None:
    first = tell(people)
    assert services.withdraw(facility=people.facility, key="glass:1") is True
    assert services.withdraw(facility=people.facility, key="glass:1") is False
    first.refresh_from_db()
    assert (first.status, first.next_step_at) == ("revoked", None)
    assert ringing_for(people.binh).count == 0
    with pytest.raises(DomainError):
        services.acknowledge(notice=first, by=people.binh)
    assert tell(people).pk != first.pk


def test_an_answered_notice_stays_answered_while_its_cause_lasts(people: People) -> None:
    notice = tell(people)
    services.acknowledge(notice=notice, by=people.binh)
    assert tell(people).pk == notice.pk
    assert ringing_for(people.binh).count == 0
    services.withdraw(facility=people.facility, key="glass:1")
    notice.refresh_from_db()
    assert notice.status == "completed"


def test_each_reader_reads_their_own_language(people: People) -> None:
    notice = services.notify(
        kind="backup.late", key="b", facility=people.facility, to=[people.admin], parameters={"hours": 30}
    )
    with translation.override("en"):
        assert notice.title == "No backup for 30 hours"
    with translation.override("vi"):
        assert notice.title != "No backup for 30 hours"
        assert "30" in notice.title


def test_the_database_itself_refuses_a_second_notice_of_one_cause(people: People) -> None:
    notice = tell(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(
            facility=people.facility, kind="test.glass", key=notice.key, level="urgent", answer="one"
        )


def at_once(*work: Callable[[], object]) -> list[object]:
    """Do these in threads of their own, begun together; what each answered, or its exception's kind."""
    start, outcomes = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        try:
            start.wait(10)
            outcomes.append(one())
        except DomainError as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[one]) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_first_when_telling_and_when_answering() -> None:
    people = make_people()

    def notify() -> int:
        return services.notify(
            kind="test.glass", key="one", facility=people.facility, to=[people.an, people.binh]
        ).pk

    numbers = at_once(notify, notify)
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    assert AuditEvent.objects.filter(action="notice.send").count() == 1

    notice = Notice.objects.get()
    outcomes = at_once(
        *[partial(services.acknowledge, notice=notice, by=user) for user in (people.an, people.binh)]
    )
    assert sorted(outcomes, key=str) == ["Conflict", None]
    assert NoticeRecipient.objects.exclude(acknowledged_at=None).count() == 1
