"""A record's way (R-24): who takes which step, what stops it, and that two capacities stay in two hands."""

import datetime as dt
import threading
import uuid
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connections, transaction

from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice
from encounters.documents import services as documents
from encounters.documents import signed
from encounters.documents.models import Document
from encounters.records import services
from encounters.records.models import Keeping, RecordEvent
from encounters.records.selectors.history import steps_of_round
from encounters.records.steps import STEPS
from encounters.visits.access import encounters_for
from encounters.visits.codes import WRITABLE, RecordState
from encounters.visits.models import Encounter
from encounters.visits.services import cancel_discharge
from tests.encounters.chart import begin, deliver_all, draft_of, written
from tests.encounters.records.world import WAY, brought_to, choose, left, person, step
from tests.encounters.visits.ward import admit, ago
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def _refused(code: str, stay: Encounter, verb: str, who: str = "", **told: object) -> None:
    before = (Encounter.objects.get(pk=stay.pk).record_state, RecordEvent.objects.count())
    with pytest.raises(DomainError) as refusal:
        step(stay, verb, who, **told)
    assert refusal.value.code == code
    assert (Encounter.objects.get(pk=stay.pk).record_state, RecordEvent.objects.count()) == before


def test_the_whole_way_ends_with_a_number_and_a_term() -> None:
    stay = left()
    for verb in WAY:
        step(stay, verb)
    stay.refresh_from_db()
    assert stay.record_state == "archived"
    assert stay.archive_number.endswith("000001")
    keeping = Keeping.objects.get(encounter=stay)
    assert keeping.retention_class == "general"
    assert keeping.retained_until == dt.date(RecordEvent.objects.latest("at").at.year + 10, 12, 31)
    told = list(RecordEvent.objects.values_list("verb", "from_state", "to_state", "by__username"))
    assert told == [
        ("complete", "open", "completed", "an"),
        ("countersign", "completed", "countersigned", "hoa"),
        ("submit", "countersigned", "submitted", "an"),
        ("accept", "submitted", "accepted", "tung"),
        ("archive", "accepted", "archived", "luu"),
    ]


@pytest.mark.parametrize("verb", STEPS)
def test_a_step_is_taken_from_its_own_states_alone(verb: str) -> None:
    stay = left()
    for state in [s for s in RecordState if s not in STEPS[verb].before]:
        number = "26000001" if state == "archived" else ""
        Encounter.objects.filter(pk=stay.pk).update(record_state=state, archive_number=number)
        _refused("state", stay, verb)


def test_the_same_form_twice_is_one_step() -> None:
    stay, key = left(), uuid.uuid4()
    assert step(stay, "complete", request_key=key) == step(stay, "complete", request_key=key)
    assert RecordEvent.objects.count() == 1


def test_who_completed_it_neither_countersigns_nor_checks_it() -> None:
    stay = left()
    step(stay, "complete", "hoa")
    _refused("same_person", stay, "countersign", "hoa")
    choose("record_same_person", True, stay)
    step(stay, "countersign", "hoa")
    step(stay, "submit")
    _refused("same_person", stay, "accept", "hoa")
    _refused("same_person", stay, "return", "hoa")
    step(stay, "accept")
    _refused("same_person", stay, "archive", "hoa")


def test_a_new_round_begins_where_people_wrote_again() -> None:
    stay = brought_to("submitted")
    event = step(stay, "return")
    assert sorted(event.faults.values_list("code", flat=True)) == ["CM03", "KY01"]
    assert steps_of_round(stay) == []
    step(stay, "complete", "hoa")
    _refused("same_person", stay, "countersign", "hoa")
    step(stay, "countersign", "an")


def test_nothing_is_given_back_or_reopened_without_words() -> None:
    stay = brought_to("completed")
    _refused("reason_required", stay, "give_back", reason=" ")
    _refused("reason_required", stay, "reopen", reason="")
    brought_to("submitted", stay)
    _refused("no_faults", stay, "return", faults=[])
    _refused("unknown_fault", stay, "return", faults=["XX99"])


def test_a_patient_who_is_here_has_an_open_record() -> None:
    stay = admit(at=ago(hours=3), attending=person("an"))
    _refused("not_finished", stay, "complete")
    with pytest.raises(DatabaseError), transaction.atomic():
        Encounter.objects.filter(pk=stay.pk).update(record_state="completed")


def test_a_draft_keeps_the_record_open_until_it_is_confirmed_or_discarded() -> None:
    stay = left()
    draft = begin(stay, person("an"))
    _refused("unfinished_drafts", stay, "complete")
    documents.discard_draft(document=draft, by=person("an"))
    step(stay, "complete")


@pytest.fixture
def signatures() -> Iterator[dict[int, list[signed.SignedBy]]]:
    """Who signed which version, as the house above would answer."""
    made: dict[int, list[signed.SignedBy]] = {}
    before = list(signed._registered)
    signed.register_signatures(lambda ids: {key: made[key] for key in ids if key in made})
    yield made
    signed._registered[:] = before


def test_the_head_signs_the_record_document_first(signatures: dict[int, list[signed.SignedBy]]) -> None:
    stay = left()
    choose("record_head_signature", True, stay)
    step(stay, "complete")
    _refused("no_head_signature", stay, "countersign")
    step(stay, "reopen")
    version = _record_document(stay)
    step(stay, "complete")
    one = signed.SignedBy("BS. Nguyễn Văn An", "Bác sĩ, Khoa Nội", ago(hours=1))
    signatures[version] = [one]
    _refused("no_head_signature", stay, "countersign")
    signatures[version] = [
        one,
        signed.SignedBy("BSCKII. Trịnh Thị Hoa", "Trưởng khoa, Khoa Nội", ago(hours=1)),
    ]
    step(stay, "countersign")


def _record_document(stay: Encounter) -> int:
    """A record document with one version, as rows alone: what it says doesn't matter here."""
    an = person("an")
    entry = begin(stay, an)
    documents.save_draft(document=entry, fields=written(entry), revision=draft_of(entry).revision, by=an)
    version = documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    Document.objects.filter(pk=entry.pk).update(code="01/BV1")
    return version.pk


def test_a_paper_record_carries_the_heads_signature_on_paper() -> None:
    stay = left()
    choose("record_head_signature", True, stay)
    services.keep_paper(encounter=stay, is_hybrid=True, barcode="hs-0001", shelf="K2-05", by=person("luu"))
    step(stay, "complete")
    step(stay, "countersign")


def test_reopened_it_keeps_its_number_and_says_so_for_ever() -> None:
    stay = brought_to("archived")
    number = Encounter.objects.get(pk=stay.pk).archive_number
    step(stay, "reopen")
    stay.refresh_from_db()
    assert (stay.record_state, stay.archive_number, stay.is_archived) == ("reopened", number, False)
    brought_to("archived", stay)
    assert Encounter.objects.get(pk=stay.pk).archive_number == number
    assert RecordEvent.objects.filter(verb="reopen", reason="Tòa án yêu cầu").count() == 1
    for change in ({"reason": "Khác"}, None):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows = RecordEvent.objects.filter(verb="reopen")
            rows.update(**change) if change else rows.delete()


def test_a_discharge_is_not_cancelled_once_the_record_was_closed() -> None:
    stay = brought_to("completed")
    for _state in ("completed", "reopened"):
        with pytest.raises(DomainError) as refusal:
            cancel_discharge(encounter=stay, by=person("an"), reason="Nhầm người")
        assert refusal.value.code == "record_closed"
        if _state == "completed":
            step(stay, "reopen")


def test_the_doctor_is_told_of_a_record_that_came_back() -> None:
    stay = brought_to("submitted")
    step(stay, "return")
    deliver_all()
    notice = Notice.objects.get(kind="records.returned")
    assert [row.user for row in notice.recipients.all()] == [person("an")]


def test_giving_back_opens_the_chart_to_the_ward_however_long_ago_the_patient_left() -> None:
    stay = left(days=45)
    stay.patient.care_contexts.update(starts_at=ago(days=47), ends_at=ago(days=45))
    assert not encounters_for(person("an")).filter(pk=stay.pk).exists()
    brought_to("submitted", stay)
    step(stay, "return")
    assert encounters_for(person("an")).filter(pk=stay.pk).exists()
    step(stay, "complete")
    stay.patient.care_contexts.filter(reason="record").update(ends_at=ago(days=40), starts_at=ago(days=41))
    assert not encounters_for(person("an")).filter(pk=stay.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clerks_archiving_at_once_get_two_numbers_and_a_record_gets_one() -> None:
    stays = [brought_to("accepted", left(make_patient(name))) for name in ("Lê Văn Một", "Lê Văn Hai")]
    clerks = [person("luu"), person("tung")]
    barrier, lost = threading.Barrier(4), []

    def archive(stay: Encounter, who: str) -> None:
        barrier.wait(30)
        try:
            step(stay, "archive", who)
        except Conflict:
            lost.append(stay.pk)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=archive, args=(stay, clerk.username)) for stay in stays for clerk in clerks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lost) == sorted(stay.pk for stay in stays)
    numbers = Encounter.objects.filter(record_state="archived").values_list("archive_number", flat=True)
    assert sorted(number[-6:] for number in numbers) == ["000001", "000002"]


def test_the_states_in_which_people_write_are_three() -> None:
    assert {"open", "returned", "reopened"} == WRITABLE
