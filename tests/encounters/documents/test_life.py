"""A document is drafted, confirmed, rendered, amended, taken back; what was frozen never changes."""

import datetime as dt
import hashlib
import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from emr.accounts.models import FacilitySetting
from emr.audit.models import AuditEvent
from emr.common.errors import Conflict, DomainError
from encounters.documents import services
from encounters.documents.models import Document, DocumentBytes, DocumentDraft, DocumentVersion
from encounters.orders.models import MedicationRequest
from encounters.orders.services import add_medication
from tests.emr.people import make_user
from tests.encounters import chart
from tests.encounters.visits.ward import ago, department

pytestmark = pytest.mark.django_db


def test_a_confirmed_draft_is_frozen_and_its_author_is_who_confirmed() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    version = services.finalize_document(document=document, revision=draft.revision, by=an)
    document.refresh_from_db()
    assert (document.status, document.current_version, version.number) == ("final", version, 1)
    assert version.author == an
    assert version.composition["header"]["identity"][0][0] == ["Họ và tên", "NGUYỄN THỊ ĐÀO"]
    assert not DocumentDraft.objects.filter(document=document).exists()
    assert AuditEvent.objects.filter(action="document.finalize", entity_id=document.pk).count() == 1


def test_confirming_twice_makes_one_version() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    first = services.finalize_document(document=document, revision=draft.revision, by=an)
    assert services.finalize_document(document=document, revision=draft.revision, by=an) == first
    assert DocumentVersion.objects.count() == 1


def test_what_is_missing_is_named_and_the_draft_stays() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields={"a/course.text/0": ["  "]}, revision=1, by=an)
    with pytest.raises(services.NotComplete) as missing:
        services.finalize_document(document=document, revision=draft.revision, by=an)
    assert "course.text" in {problem.link_id for problem in missing.value.problems}
    assert DocumentDraft.objects.filter(document=document).exists()
    assert not DocumentVersion.objects.exists()


def test_two_doctors_typing_see_the_difference_and_nothing_is_lost() -> None:
    """F-23."""
    an, stay = chart.make_stay()
    em = make_user("em", "Vũ Văn Em", "doctor", department(), title="BS.")
    document = chart.begin(stay, an)
    services.save_draft(document=document, fields=chart.written(document, "Sốt 38,5 °C."), revision=1, by=an)
    with pytest.raises(services.DraftConflict) as conflict:
        services.save_draft(
            document=document, fields=chart.written(document, "Không sốt."), revision=1, by=em
        )
    change = next(c for c in conflict.value.changes if c.link_id == "course.text")
    assert (change.before, change.after) != (change.after, change.before)
    assert "Sốt 38,5 °C." in str(change.before)
    assert "Không sốt." in str(change.after)
    assert "Sốt 38,5" in str(chart.draft_of(document).content)
    kept = services.save_draft(
        document=document, fields=chart.written(document, "Không sốt."), revision=2, by=em
    )
    assert (kept.revision, kept.updated_by) == (3, em)


def test_saving_the_same_text_again_is_no_conflict() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    again = services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    assert again.revision == 2


def test_what_was_changed_after_it_was_read_is_not_confirmed() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    with pytest.raises(Conflict):
        services.finalize_document(document=document, revision=1, by=an)


def test_nothing_more_is_typed_on_a_finished_document() -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    with pytest.raises(Conflict):
        services.save_draft(document=document, fields=chart.written(document, "Khác"), revision=2, by=an)


def _finished(stay, an, text: str = "Tỉnh, không sốt.") -> Document:  # type: ignore[no-untyped-def]
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields=chart.written(document, text), revision=1, by=an)
    services.finalize_document(document=document, revision=draft.revision, by=an)
    document.refresh_from_db()
    return document


def test_an_amendment_is_a_new_version_with_its_reason() -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    first = document.current_version
    with pytest.raises(DomainError):
        services.amend_document(document=document, reason=" ", by=an)
    draft = services.amend_document(document=document, reason="Ghi thiếu", by=an)
    assert services.amend_document(document=document, reason="Lần nữa", by=an) == draft
    fields = chart.written(document, "Tỉnh, sốt nhẹ.")
    draft = services.save_draft(document=document, fields=fields, revision=draft.revision, by=an)
    second = services.finalize_document(document=document, revision=draft.revision, by=an)
    document.refresh_from_db()
    assert (second.number, second.reason, document.status) == (2, "Ghi thiếu", "amended")
    assert first is not None
    assert "Tỉnh, không sốt." in str(DocumentVersion.objects.get(pk=first.pk).response.resource)


def test_an_amendment_thrown_away_leaves_the_document_as_it_was() -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    services.amend_document(document=document, reason="Ghi thiếu", by=an)
    services.discard_draft(document=document, by=an)
    document.refresh_from_db()
    assert document.status == "final"


def test_a_document_entered_in_error_stays_and_says_why() -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    services.enter_in_error(document=document, reason="Nhầm người bệnh", by=an)
    services.enter_in_error(document=document, reason="Lần hai", by=an)
    document.refresh_from_db()
    assert (document.status, document.error_reason) == ("entered-in-error", "Nhầm người bệnh")
    with pytest.raises(DomainError):
        services.amend_document(document=document, reason="x", by=an)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_documentversion SET reason = 'x'",
        "DELETE FROM documents_documentversion",
        "UPDATE documents_documentbytes SET sha256 = 'x'",
        "DELETE FROM documents_documentbytes",
        "UPDATE forms_questionnaireresponse SET resource = '{}'",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_frozen(statement: str) -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    assert document.current_version is not None
    services.store_rendering(version=document.current_version, pdf=b"%PDF")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_impossible_and_late_times_are_refused_with_the_reason() -> None:
    an, stay = chart.make_stay(at=ago(hours=20), late_reason="Mất điện")
    for at, code in ((timezone.now() + dt.timedelta(hours=1), "future"), (ago(hours=21), "before_stay")):
        with pytest.raises(DomainError) as refusal:
            chart.begin(stay, an, happened_at=at)
        assert refusal.value.code == code
    with pytest.raises(DomainError) as refusal:
        chart.begin(stay, an, happened_at=ago(hours=13))
    assert refusal.value.code == "late"
    late = chart.begin(stay, an, happened_at=ago(hours=13), late_reason="Mất điện")
    assert late.late_reason == "Mất điện"
    assert late.created_at > late.happened_at
    FacilitySetting.objects.create(facility=stay.facility, name="document_late_hours", value=24)
    assert chart.begin(stay, an, happened_at=ago(hours=14)).late_reason == ""


def test_one_record_of_a_kind_a_stay() -> None:
    an, stay = chart.make_stay()
    first = services.begin_document(encounter=stay, code="01/BV1", by=an)
    assert services.begin_document(encounter=stay, code="01/BV-01", by=an) == first
    assert Document.objects.filter(code="01/BV1").count() == 1


def test_yesterdays_entry_is_carried_on_with_its_orders() -> None:
    an, stay = chart.make_stay(at=ago(days=2), late_reason="Nhập lại")
    yesterday = chart.begin(stay, an, happened_at=ago(days=1), late_reason="Nhập lại")
    add_medication(
        entry=yesterday,
        by=an,
        text="Ceftriaxon 1 g",
        route="IV",
        dose="1",
        dose_unit="lo",
        times_per_day=2,
        day_number=3,
    )
    draft = services.save_draft(document=yesterday, fields=chart.written(yesterday), revision=1, by=an)
    services.finalize_document(document=yesterday, revision=draft.revision, by=an)
    old = MedicationRequest.objects.get()
    assert (old.status, old.confirmed_by) == ("active", an)
    today = chart.begin(stay, an)
    draft = services.copy_earlier(document=today, by=an)
    assert "Tỉnh, không sốt." in str(draft.content)
    copied = MedicationRequest.objects.get(entry=today)
    assert (copied.status, copied.day_number, copied.based_on) == ("draft", 4, old)
    services.finalize_document(document=today, revision=draft.revision, by=an)
    old.refresh_from_db()
    copied.refresh_from_db()
    assert (old.status, copied.status) == ("completed", "active")


def test_a_version_is_rendered_once_and_the_same_each_time() -> None:
    an, stay = chart.make_stay()
    document = _finished(stay, an)
    chart.deliver_all()
    stored = DocumentBytes.objects.get(version=document.current_version, revision=0)
    assert document.current_version is not None
    version = DocumentVersion.objects.get(pk=document.current_version.pk)
    assert hashlib.sha256(services.render_version(version)).hexdigest() == stored.sha256


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_make_one_version() -> None:
    an, stay = chart.make_stay()
    em = make_user("em", "Vũ Văn Em", "doctor", department(), title="BS.")
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    barrier, answers = threading.Barrier(2), []

    def confirm(user) -> None:  # type: ignore[no-untyped-def]
        barrier.wait()
        try:
            answers.append(
                services.finalize_document(document=document, revision=draft.revision, by=user).number
            )
        except Conflict:
            answers.append("conflict")
        connections.close_all()

    threads = [threading.Thread(target=confirm, args=(user,)) for user in (an, em)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["1", "conflict"]
    assert DocumentVersion.objects.count() == 1
