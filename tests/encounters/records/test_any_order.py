"""Whatever people do in whatever order: no incomplete record is archived, no document is lost, no capacity is doubled."""

import uuid

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentDraft, DocumentVersion
from encounters.forms.models import QuestionnaireResponse
from encounters.records import services
from encounters.records.models import RecordEvent
from encounters.records.steps import STEPS
from encounters.visits.codes import WRITABLE
from encounters.visits.models import Encounter
from tests.encounters.chart import begin, draft_of, written
from tests.encounters.records.world import FAULTS, choose, left, person
from tests.encounters.visits.ward import admit, ago
from tests.patients.people import make_patient

PEOPLE = ("an", "hoa", "tung", "luu", "ha")
APART = [
    ("complete", "countersign"),
    ("complete", "accept"),
    ("countersign", "accept"),
    ("complete", "archive"),
]


class Life(RuleBasedStateMachine):
    """One record, five people who try every step at any time, and a doctor who goes on writing."""

    def __init__(self) -> None:
        super().__init__()
        self.stay = left(make_patient(f"Bệnh Nhân {uuid.uuid4().hex[:6]}"))
        choose("record_same_person", False, self.stay)
        self.versions: set[int] = set()
        self.keys: list[tuple[uuid.UUID, str, str]] = []
        self.numbers: set[str] = set()
        self.other = admit(
            make_patient(f"Giường Bên {uuid.uuid4().hex[:6]}"), at=ago(hours=40), late_reason="Nhập lại"
        )
        self.moved: dict[int, int] = {}

    def _fresh(self) -> Encounter:
        return Encounter.objects.get(pk=self.stay.pk)

    @rule(verb=st.sampled_from(sorted(STEPS)), who=st.sampled_from(PEOPLE))
    def take(self, verb: str, who: str) -> None:
        key = uuid.uuid4()
        told = FAULTS if STEPS[verb].asks == "faults" else {"reason": "Lý do"} if STEPS[verb].asks else {}
        before = self._fresh()
        try:
            event = services.take_step(
                encounter=self.stay, verb=verb, by=person(who), request_key=key, **told
            )
        except DomainError:
            assert self._fresh().record_state == before.record_state
        else:
            self.keys.append((key, verb, who))
            assert before.record_state in STEPS[verb].before
            assert (event.from_state, event.to_state) == (before.record_state, STEPS[verb].after)

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        if not self.keys:
            return
        key, verb, who = data.draw(st.sampled_from(self.keys))
        count = RecordEvent.objects.filter(encounter=self.stay).count()
        services.take_step(encounter=self.stay, verb=verb, by=person(who), request_key=key)
        assert RecordEvent.objects.filter(encounter=self.stay).count() == count

    @rule()
    def walk_on(self) -> None:
        """The usual next step by the usual person, so that the archive is reached now and then."""
        usual = {"complete": "an", "countersign": "hoa", "submit": "an", "accept": "tung", "archive": "luu"}
        state = self._fresh().record_state
        verb = next((verb for verb in usual if state in STEPS[verb].before), None)
        if verb is not None:
            self.take(verb, usual[verb])

    @rule(finish=st.booleans())
    def write(self, finish: bool) -> None:
        an, closed = person("an"), self._fresh().is_record_closed
        try:
            with transaction.atomic():
                document = begin(self.stay, an)
        except DomainError:
            assert closed
            return
        assert not closed
        if finish:
            draft = draft_of(document)
            documents.save_draft(document=document, fields=written(document), revision=draft.revision, by=an)
            draft.refresh_from_db()
            version = documents.finalize_document(document=document, revision=draft.revision, by=an)
            self.versions.add(version.pk)

    @rule(who=st.sampled_from(("an", "hoa", "tung")))
    def write_the_record_document(self, who: str) -> None:
        """Whoever it is signs it as the doctor: from then on that is a capacity of theirs."""
        if (
            self._fresh().is_record_closed
            or Document.objects.filter(pk__in=self._record_documents()).exists()
        ):
            return
        document = begin(self.stay, person(who), code="01/BV1")
        draft = draft_of(document)
        version = DocumentVersion.objects.create(
            document=document,
            facility=document.facility,
            number=1,
            response=QuestionnaireResponse.objects.create(
                facility=document.facility,
                questionnaire=draft.questionnaire,
                patient=document.patient,
                encounter=self.stay,
                author=person(who),
                authored_at=now(),
                resource=draft.content,
                sha256="0" * 64,
            ),
            composition={},
            author=person(who),
            frozen_at=now(),
        )
        draft.delete()
        Document.objects.filter(pk=document.pk).update(status="final", current_version=version)
        self.versions.add(version.pk)

    def _record_documents(self) -> list[int]:
        own = Document.objects.filter(encounter=self.stay, code="01/BV1")
        return list(own.exclude(status="entered-in-error").values_list("pk", flat=True))

    @rule()
    def move_away(self) -> None:
        """The last entry turns out to be somebody else's: it stays here, marked, and stands there anew."""
        stay = self._fresh()
        entry = Document.objects.filter(
            encounter=stay, code="36/BV2", current_version__isnull=False, status="final"
        ).last()
        if entry is None or stay.is_record_closed:
            return
        anew = documents.move_document(document=entry, to=self.other, reason="Nhầm", by=person("an"))
        assert DocumentDraft.objects.filter(document=anew).exists()
        self.moved[entry.pk] = anew.pk

    @rule()
    def discard(self) -> None:
        draft = DocumentDraft.objects.filter(document__encounter=self.stay).first()
        if draft is not None:
            documents.discard_draft(document=draft.document, by=person("an"))

    @rule()
    def add_late(self) -> None:
        stay = self._fresh()
        if stay.is_record_closed and stay.record_state != "archived":
            document = services.begin_addendum(
                encounter=stay, code="36/BV2", reason="Bổ sung", by=person("an")
            )
            documents.discard_draft(document=document, by=person("an"))

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.versions <= set(
            DocumentVersion.objects.filter(document__encounter=self.stay).values_list("pk", flat=True)
        )

    @invariant()
    def what_was_moved_stands_in_both_charts(self) -> None:
        for wrong, anew in self.moved.items():
            here, there = Document.objects.get(pk=wrong), Document.objects.get(pk=anew)
            assert (here.status, here.encounter_id) == ("entered-in-error", self.stay.pk)
            assert (there.moved_from_id, there.encounter_id) == (wrong, self.other.pk)

    @invariant()
    def whoever_wrote_the_record_document_takes_no_other_part(self) -> None:
        wrote = set(
            Document.objects.filter(pk__in=self._record_documents()).values_list(
                "current_version__author", flat=True
            )
        )
        since = Document.objects.filter(pk__in=self._record_documents()).first()
        for event in RecordEvent.objects.filter(
            encounter=self.stay, verb__in=["countersign", "accept", "archive"]
        ):
            assert since is None or event.at < since.created_at or event.by_id not in wrote

    @invariant()
    def a_closed_record_holds_no_forgotten_draft(self) -> None:
        stay = self._fresh()
        drafts = DocumentDraft.objects.filter(document__encounter=stay, document__is_addendum=False)
        assert not (stay.is_record_closed and drafts.exists())

    @invariant()
    def capacities_are_apart_in_each_round(self) -> None:
        acted: dict[str, int] = {}
        for event in RecordEvent.objects.filter(encounter=self.stay).order_by("at", "pk"):
            acted[event.verb] = event.by_id
            if event.to_state in WRITABLE:
                acted = {}
            for one, other in APART:
                assert one not in acted or acted.get(other) != acted[one]

    @invariant()
    def an_archived_record_went_the_whole_way(self) -> None:
        stay = self._fresh()
        events = list(RecordEvent.objects.filter(encounter=stay).order_by("at", "pk"))
        assert stay.record_state == (events[-1].to_state if events else "open")
        if stay.record_state == "archived":
            assert [event.verb for event in events[-5:]] == [
                "complete",
                "countersign",
                "submit",
                "accept",
                "archive",
            ]
            self.numbers.add(stay.archive_number)
        assert len(self.numbers) <= 1

    @invariant()
    def additions_alone_came_while_it_was_closed(self) -> None:
        events = list(RecordEvent.objects.filter(encounter=self.stay).order_by("at", "pk"))
        for document in Document.objects.filter(encounter=self.stay):
            before = [event for event in events if event.at <= document.created_at]
            was_closed = bool(before) and before[-1].to_state not in WRITABLE
            assert document.is_addendum == was_closed


@pytest.mark.long
@pytest.mark.django_db
def test_no_order_of_many_acts_breaks_a_records_life() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=60, stateful_step_count=60, deadline=None))  # type: ignore[no-untyped-call]


@pytest.mark.django_db
def test_no_order_of_acts_breaks_a_records_life() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=8, stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]
