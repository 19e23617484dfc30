"""Once a record is closed nothing is written on it: at the door, in every room, and in the database (R-24, R-06)."""

import threading
import time

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import Client
from django.urls import reverse

from emr.accounts import roles
from emr.accounts.closed import WHEN_CLOSED
from emr.accounts.roles import RIGHTS
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.notices.models import Notice
from emr.outbox.models import OutboxEvent
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.records import services
from encounters.records.selectors.history import events_of, late_of
from encounters.visits.access import acts_here
from encounters.visits.models import Encounter
from tests.emr.people import make_binh
from tests.encounters.chart import begin, deliver_all, draft_of, written
from tests.encounters.records.world import brought_to, left, person, step
from tests.encounters.results.reports import facts, file, value
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
CLOSED = ("completed", "countersigned", "submitted", "accepted", "archived")


def _finished(stay: Encounter) -> Document:
    an = person("an")
    entry = begin(stay, an, late_reason="Nhập lại")
    documents.save_draft(document=entry, fields=written(entry), revision=draft_of(entry).revision, by=an)
    documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    entry.refresh_from_db()
    return entry


def _as(who: str) -> Client:
    return signed_in(person(who))


@pytest.mark.parametrize("state", CLOSED)
def test_every_right_that_is_not_named_stops_at_a_closed_record(state: str) -> None:
    stay = left()
    writers = [person("an"), person("hoa"), make_binh(department())]
    held = {right for user in writers for right in user.rights}
    before = {right for right in held if any(acts_here(user, right, stay) for user in writers)}
    brought_to(state, stay)
    stay.refresh_from_db()
    after = {right for right in held if any(acts_here(user, right, stay) for user in writers)}
    assert after == before & WHEN_CLOSED
    assert {"orders.place", "medicines.give", "documents.write", "visits.diagnose"} <= before - after


def test_what_passes_a_closed_record_changes_nothing_in_it_but_what_is_late() -> None:
    assert set(RIGHTS) >= WHEN_CLOSED
    assert roles.WHEN_LISTED <= WHEN_CLOSED
    writing = {
        right
        for right in WHEN_CLOSED
        if not right.startswith("records.") and right.rpartition(".")[2] not in {"read", "print", "oversee"}
    }
    assert writing == {
        "attestations.hand_over",
        "attestations.issue",
        "bundles.approve",
        "bundles.extract",
        "bundles.make",
        "completeness.override",
        "documents.append",
        "performing.imaging",
        "performing.laboratory",
        "performing.release",
        "results.acknowledge",
        "results.compose",
        "results.take_back",
        "specimens.receive",
    }


def test_the_page_says_why_and_the_log_that_it_was_tried() -> None:
    stay = left()
    entry = _finished(stay)
    brought_to("completed", stay)
    client = _as("an")
    tried = [
        (reverse("encounters:documents:begin", args=[stay.uuid]), {"code": "36/BV2"}),
        (reverse("encounters:documents:amend", args=[entry.uuid]), {"reason": "Ghi nhầm"}),
        (reverse("encounters:documents:error", args=[entry.uuid]), {"reason": "Ghi nhầm"}),
        (reverse("encounters:visits:add_diagnosis", args=[stay.uuid]), {"code": "J18.9"}),
        (reverse("encounters:results:vital_signs", args=[stay.uuid]), {"pulse": "80"}),
    ]
    for address, posted in tried:
        answer = client.post(address, posted)
        assert answer.status_code == 403, address
        assert "Hồ sơ đã đóng" in answer.content.decode(), address
    assert AuditEvent.objects.filter(outcome="denied").count() == len(tried)
    entry.refresh_from_db()
    assert entry.status == "final"
    assert Document.objects.filter(encounter=stay).count() == 1
    assert client.get(reverse("encounters:documents:document", args=[entry.uuid])).status_code == 200


@pytest.mark.parametrize("state", CLOSED)
def test_the_database_takes_additions_alone(state: str) -> None:
    stay, an = left(), person("an")
    brought_to(state, stay)
    row = {
        "facility_id": stay.facility_id,
        "patient_id": stay.patient_id,
        "encounter_id": stay.pk,
        "department_id": stay.department_id,
        "code": "36/BV2",
        "author": an,
    }
    for told in ({}, {"late_reason": "Muộn"}, {"is_addendum": True}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Document.objects.create(**row, **told)
    with pytest.raises(DomainError) as refusal:
        documents.begin_document(encounter=stay, code="36/BV2", by=an)
    assert refusal.value.code == "record_closed"
    Document.objects.create(**row, late_reason="Muộn", is_addendum=True)


def test_an_addition_is_written_confirmed_and_from_then_on_closed_too() -> None:
    stay = brought_to("submitted")
    client = _as("an")
    page = reverse("encounters:records:record", args=[stay.uuid])
    assert "Lý do bổ sung muộn" in client.get(page).content.decode()
    add = reverse("encounters:records:add", args=[stay.uuid])
    assert client.post(add, {"code": "36/BV2", "reason": " "}).status_code == 422
    answer = client.post(add, {"code": "36/BV2", "reason": "Hội chẩn ngoài giờ"})
    document = Document.objects.get(encounter=stay)
    assert answer.status_code == 302 and str(document.uuid) in answer["Location"]
    assert (document.is_addendum, document.late_reason) == (True, "Hội chẩn ngoài giờ")
    draft = draft_of(document)
    saved = client.post(
        reverse("encounters:documents:draft", args=[document.uuid]),
        {name: value[0] for name, value in written(document).items()} | {"version": str(draft.revision)},
    )
    assert saved.status_code == 200
    draft.refresh_from_db()
    documents.finalize_document(document=document, revision=draft.revision, by=person("an"))
    amend = client.post(reverse("encounters:documents:amend", args=[document.uuid]), {"reason": "Sửa"})
    assert amend.status_code == 403
    assert "Hội chẩn ngoài giờ" in client.get(page).content.decode()


def test_to_an_archived_record_nothing_is_added_until_it_is_reopened() -> None:
    stay = brought_to("archived")
    for state, code in (("archived", "archived"), ("reopened", "not_closed")):
        with pytest.raises(DomainError) as refusal:
            services.begin_addendum(encounter=stay, code="36/BV2", reason="Muộn", by=person("an"))
        assert refusal.value.code == code, state
        if state == "archived":
            step(stay, "reopen")


def test_a_result_that_comes_late_is_kept_listed_and_told() -> None:
    stay = brought_to("accepted")
    deliver_all()
    filed = file(stay, facts(value(), number="LATE1"))
    deliver_all()
    late = late_of(stay, list(events_of(stay)))
    assert [report.pk for report in late.reports] == [filed.report.pk]
    notice = Notice.objects.get(kind="records.late_result")
    assert {row.user for row in notice.recipients.all()} == {person("an"), person("tung")}
    page = _as("tung").get(reverse("encounters:records:record", args=[stay.uuid])).content.decode()
    assert "kết quả về muộn" in page


@pytest.mark.django_db(transaction=True)
def test_a_result_filed_while_the_record_is_being_closed_is_told_too() -> None:
    """Whoever closes holds the stay; the result waits, and is then late."""
    stay = brought_to("open")
    deliver_all()
    began, filed = threading.Event(), []

    def result_comes() -> None:
        began.set()
        filed.append(file(stay, facts(value(), number="LATE2")))
        connections.close_all()

    with transaction.atomic():
        Encounter.objects.select_for_update().get(pk=stay.pk)
        laboratory = threading.Thread(target=result_comes)
        laboratory.start()
        began.wait(5)
        time.sleep(0.3)
        assert not filed
        Encounter.objects.filter(pk=stay.pk).update(record_state="completed")
    laboratory.join(10)
    deliver_all()
    assert Notice.objects.filter(kind="records.late_result").count() == 1


def test_an_open_record_tells_nobody_of_its_results() -> None:
    stay = brought_to("open")
    deliver_all()
    file(stay, facts(value(), number="L3"))
    assert not OutboxEvent.objects.filter(topic="diagnostic_report.came_late").exists()


def test_a_reopened_record_is_written_on_again() -> None:
    stay = brought_to("archived")
    step(stay, "reopen")
    stay.refresh_from_db()
    assert acts_here(person("an"), "documents.write", stay)
    _finished(stay)
    assert Document.objects.get(encounter=stay).is_addendum is False
