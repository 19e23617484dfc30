"""Records whose time is over: put down, approved by two, gone by the owner alone, and nothing before its date (R-48)."""

import datetime as dt
import uuid
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from emr.audit.models import AuditEvent, RowVersion
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.storage.models import Attachment, AttachmentKey
from emr.storage.services import read_bytes, store_bytes
from emr.storage.stores import store
from encounters.bundles.models import Bundle
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.records import services, shredding
from encounters.records.models import DisposalMinutes, Keeping, Tombstone
from encounters.records.selectors.disposals import due_for_disposal
from encounters.visits.models import Encounter
from signatures.preserving.models import Preservation, SealedRevision
from tests.encounters.chart import begin, draft_of, written
from tests.encounters.records.world import brought_to, left, person
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
LONG_AGO = dt.date(2020, 12, 31)
TEXT = b"%PDF-1.7 Chan doan: viem phoi"


@pytest.fixture(autouse=True)
def files_of_their_own(settings: Any, tmp_path: Any) -> None:
    settings.EMR_HOME = tmp_path


def archived(patient: Any = None, *, over: bool = True) -> Encounter:
    """An archived record with a document that has its PDF; its time is over."""
    stay = left(patient)
    an = person("an")
    document = begin(stay, an)
    draft = draft_of(document)
    documents.save_draft(document=document, fields=written(document), revision=draft.revision, by=an)
    draft.refresh_from_db()
    version = documents.finalize_document(document=document, revision=draft.revision, by=an)
    kept = store_bytes(TEXT, content_type="application/pdf", facility=stay.facility)
    DocumentBytes.objects.create(version=version, revision=0, attachment=kept, sha256=kept.sha256)
    brought_to("archived", stay)
    if over:
        Keeping.objects.filter(encounter=stay).update(retained_until=LONG_AGO)
    return stay


def put_down(*stays: Encounter, **told: Any) -> DisposalMinutes:
    usual: dict[str, Any] = {
        "decision_number": "12/QĐ-BV",
        "decided_on": local_today(),
        "members": "Đỗ Thu Hà, Phan Thanh Tùng, Mai Văn Lưu",
        "by": person("luu"),
    }
    return services.prepare_disposal(encounters=[stay.uuid for stay in stays], **(usual | told))


def approved(*stays: Encounter) -> DisposalMinutes:
    minutes = put_down(*stays)
    services.approve_disposal(minutes=minutes, by=person("tung"))
    return services.approve_disposal(minutes=minutes, by=person("ha"))


def dispose(minutes: DisposalMinutes, *, for_good: bool = True) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("dispose", minutes=minutes.number, for_good=for_good, stdout=out, stderr=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


def test_a_disposed_record_is_gone_and_its_bytes_cannot_be_read() -> None:
    stay, other = archived(), archived(make_patient("Người Khác"))
    version = DocumentVersion.objects.get(document__encounter=stay)
    kept, foreign = (
        DocumentBytes.objects.get(version__document__encounter=s).attachment for s in (stay, other)
    )
    assert read_bytes(kept) == TEXT
    Document.objects.filter(encounter=stay).update(late_reason="đổi một lần")  # an earlier state is kept
    minutes = approved(stay)
    before = Encounter.objects.get(pk=stay.pk)
    assert dispose(minutes) == (0, dispose_words(before))
    stone = Tombstone.objects.get()
    assert (stone.archive_number, stone.stay_uuid) == (before.archive_number, stay.uuid)
    assert (stone.minutes, stone.patient_id) == (minutes, stay.patient_id)
    assert not Encounter.objects.filter(pk=stay.pk).exists()
    assert not DocumentVersion.objects.filter(pk=version.pk).exists()
    assert not AttachmentKey.objects.filter(pk=kept.pk).exists()
    assert not Attachment.objects.filter(pk=kept.pk).exists()
    assert kept.stored_sha256 not in list(store().names())
    assert not RowVersion.objects.filter(row__encounter_id=stay.pk).exclude(table_name="records_disposalline")
    line = AuditEvent.objects.get(action="record.dispose")
    assert (line.patient_id, line.detail["minutes"]) == (stay.patient_id, minutes.number)
    assert read_bytes(foreign) == TEXT
    assert Document.objects.filter(encounter=other).exists()


def test_what_was_appended_to_a_sealed_file_goes_with_its_record() -> None:
    """Proof for years hangs on the record's file, not on the stay itself."""
    stay = archived()
    bundle = Bundle.objects.filter(encounter=stay).latest("pk")
    proof = Preservation.objects.create(facility=stay.facility, bundle=bundle, level="B-LT")
    raised = store_bytes(TEXT + b" raised", content_type="application/pdf", facility=stay.facility)
    SealedRevision.objects.create(
        facility=stay.facility, preservation=proof, number=1, attachment=raised, level="B-LT"
    )
    assert dispose(approved(stay))[0] == 0
    assert not SealedRevision.objects.exists() and not Preservation.objects.filter(pk=proof.pk).exists()
    assert not AttachmentKey.objects.filter(pk=raised.pk).exists()
    assert raised.stored_sha256 not in list(store().names())


def dispose_words(stay: Encounter) -> str:
    stone = Tombstone.objects.get(stay_id=stay.pk)
    return f"{stay.archive_number}: {stone.row_count} rows, {len(stone.file_names)} files gone\n"


def test_a_dry_run_changes_nothing() -> None:
    stay = archived()
    code, words = dispose(approved(stay), for_good=False)
    assert code == 0
    assert "would go" in words
    assert Encounter.objects.filter(pk=stay.pk).exists()
    assert not Tombstone.objects.exists()


def test_the_triggers_stand_again_after_it() -> None:
    minutes, other = approved(archived()), archived(make_patient("Người Khác"))
    dispose(minutes)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic(using="owner"):
        DocumentVersion.objects.using("owner").filter(document__encounter=other.pk).update(number=7)


def test_one_of_three_people_isnt_enough() -> None:
    stay = archived()
    minutes = put_down(stay)
    with pytest.raises(DomainError) as refused:
        services.approve_disposal(minutes=minutes, by=person("luu"))
    assert refused.value.code == "same_person"
    services.approve_disposal(minutes=minutes, by=person("tung"))
    with pytest.raises(DomainError):
        services.approve_disposal(minutes=minutes, by=person("tung"))
    assert dispose(minutes)[0] == 1
    assert Encounter.objects.filter(pk=stay.pk).exists()
    with pytest.raises(DatabaseError, match="three_people_dispose"), transaction.atomic():
        DisposalMinutes.objects.filter(pk=minutes.pk).update(second_by=person("tung"))


WORDS = {"date": "kept until", "hold": "legal hold", "reopened": "isn't archived", "for ever": "for ever"}


@pytest.mark.parametrize("why", WORDS)
def test_what_may_not_go_stays_whoever_asks(why: str, owner_sql: psycopg.Connection) -> None:
    """The command says so, and the database itself refuses what the owner would write."""
    stay = archived()
    minutes = approved(stay)
    if why == "date":
        Keeping.objects.filter(encounter=stay).update(retained_until=local_today())
    elif why == "hold":
        services.hold(encounter=stay, reason="Vụ án 12/2036", by=person("luu"))
    elif why == "for ever":
        Keeping.objects.filter(encounter=stay).update(retained_until=None)
    else:
        Encounter.objects.filter(pk=stay.pk).update(record_state="reopened")
    code, words = dispose(minutes, for_good=False)
    assert code == 1
    assert WORDS[why] in words, "a dry run promises nothing that the database refuses"
    code, words = dispose(minutes)
    assert code == 1
    assert "STAYS" in words
    with pytest.raises(psycopg.Error, match="not due"):
        owner_sql.execute(
            "INSERT INTO records_tombstone (uuid, facility_id, minutes_id, patient_id, stay_id, stay_uuid, identifier,"
            " admission_number, archive_number, started_at, retention_class, retained_until, bundle_sha256, row_count,"
            " file_names) VALUES (%s, %s, %s, %s, %s, %s, '', '', 'x', now(), 'general', '2020-12-31', '', 0, '[]')",
            [uuid.uuid4(), stay.facility_id, minutes.pk, stay.patient_id, stay.pk, stay.uuid],
        )
    with pytest.raises(psycopg.Error, match="by minutes alone"):
        owner_sql.execute("DELETE FROM records_keeping WHERE encounter_id = %s", [stay.pk])
    assert Encounter.objects.filter(pk=stay.pk).exists()


def test_the_application_may_neither_write_a_tombstone_nor_take_a_key() -> None:
    for statement in ("DELETE FROM storage_attachmentkey", "INSERT INTO records_tombstone (id) VALUES (1)"):
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute(statement)


def test_killed_between_two_steps_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first kill comes inside a record's transaction, the second before its file was removed and its line written."""
    stay = archived()
    kept = DocumentBytes.objects.get(version__document__encounter=stay).attachment
    minutes = approved(stay)
    [keeping] = shredding.lines(minutes)
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(shredding, "_still_named", _killed)
        shredding.dispose_of(minutes, keeping)
    assert Encounter.objects.filter(pk=stay.pk).exists()
    assert read_bytes(kept) == TEXT
    shredding.dispose_of(minutes, keeping)
    assert kept.stored_sha256 in list(store().names())
    assert dispose(minutes) == (0, "")
    assert kept.stored_sha256 not in list(store().names())
    assert dispose(minutes) == (0, "")
    assert AuditEvent.objects.filter(action="record.dispose").count() == 1


def _killed(ids: list[int]) -> set[int]:
    raise KeyboardInterrupt


def test_a_record_stands_in_one_minutes_and_is_put_down_anew_when_they_are_laid_aside() -> None:
    stay, key = archived(), uuid.uuid4()
    minutes = put_down(stay, request_key=key)
    assert put_down(stay, request_key=key) == minutes
    assert not due_for_disposal(person("luu")).exists()
    with pytest.raises(Conflict):
        put_down(stay)
    with pytest.raises(DomainError):
        services.cancel_disposal(minutes=minutes, reason=" ", by=person("luu"))
    services.cancel_disposal(minutes=minutes, reason="Thiếu một hồ sơ", by=person("luu"))
    assert put_down(stay).number != minutes.number


def test_nothing_is_slipped_into_approved_minutes() -> None:
    other = archived(make_patient("Người Khác"))
    minutes = approved(archived())
    with pytest.raises(DatabaseError, match="minutes are closed"), transaction.atomic():
        minutes.lines.create(facility=minutes.facility, encounter=other)


def test_what_isnt_due_isnt_put_down() -> None:
    stay = archived(over=False)
    with pytest.raises(Conflict):
        put_down(stay)
