"""What rules look at, read at once for all stays asked about: each fact by one query, and not before a rule asks.

As many queries for forty stays of forty days as for one; nothing here is counted by day or document.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import TruncDate
from django.utils import timezone

from emr.common.clock import now
from encounters.consents.models import Confirmation
from encounters.documents.models import Document, DocumentBytes, DocumentDraft, DocumentVersion
from encounters.documents.paper import PaperDocument, paper_of
from encounters.documents.signed import Standing, standings_of
from encounters.forms.models import Questionnaire
from encounters.forms.services import Blank, blanks
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.orders.models import Order, ServiceRequest
from encounters.results.models import DiagnosticReport, Observation, ReportReview
from encounters.visits import codes
from encounters.visits.models import Condition, Death, Encounter, EncounterParticipant, Procedure

T = TypeVar("T")
_NOTHING = Standing()
_RELEASED = (
    DiagnosticReport.Status.FINAL,
    DiagnosticReport.Status.AMENDED,
    DiagnosticReport.Status.CORRECTED,
)
# What was blank in a version that never changes, or in a draft as it was last saved: {(document, version or draft): …}.
_BLANKS: dict[tuple[int, str], list[Blank]] = {}
_KEEP = 5000
# A form about an operation keeps the operation's public id under this linkId, wherever it stands in the form.
_LINK = (
    "jsonb_path_query_first(%(expressions)s,"
    " '$.** ? (@.linkId == \"link.procedure\").answer[0].valueString') #>> '{}'"
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a stay, as rules see it."""

    pk: int
    uuid: UUID
    code: str
    at: dt.datetime
    author_id: int
    version_id: int | None
    frozen_at: dt.datetime | None
    has_draft: bool
    draft_revision: int | None
    is_signed: bool
    answer: str | None

    @property
    def day(self) -> dt.date:
        """The local day that it tells of."""
        return timezone.localdate(self.at)

    @property
    def is_confirmed(self) -> bool:
        """Whether the patient, or who stands for them, has said yes."""
        return self.answer == Confirmation.Answer.AGREED


class Facts:
    """The facts about these stays, of one facility."""

    def __init__(self, stays: Sequence[Encounter]) -> None:
        self.stays = stays
        self.ids = [stay.pk for stay in stays]
        self.moment = now()
        self._links: dict[frozenset[str], dict[int, str]] = {}

    def _grouped(self, rows: Iterable[T], stay_of: Callable[[T], int | None]) -> dict[int, list[T]]:
        found: dict[int, list[T]] = {}
        for row in rows:
            if (stay_id := stay_of(row)) is not None:
                found.setdefault(stay_id, []).append(row)
        return found

    @property
    def _standing_documents(self) -> QuerySet[Document]:
        return Document.objects.filter(encounter__in=self.ids).exclude(
            status=Document.Status.ENTERED_IN_ERROR
        )

    @cached_property
    def documents(self) -> dict[int, list[Paper]]:
        """{stay: its documents in the course's order, without those entered in error}."""
        signed = DocumentBytes.objects.filter(
            version=OuterRef("current_version"), revision__gt=0, by_seal=False
        )
        answer = Confirmation.objects.filter(version=OuterRef("current_version")).values("answer")[:1]
        rows = (
            self._standing_documents.annotate(is_signed=Exists(signed), said=answer)
            .order_by("happened_at", "pk")
            .values_list(
                "encounter_id",
                "pk",
                "uuid",
                "code",
                "happened_at",
                "author_id",
                "current_version_id",
                "current_version__frozen_at",
                "draft__revision",
                "is_signed",
                "said",
            )
        )
        found: dict[int, list[Paper]] = {}
        for stay_id, pk, uuid, code, at, author, version, frozen_at, draft, is_signed, said in rows:
            paper = Paper(
                pk, uuid, code, at, author, version, frozen_at, draft is not None, draft, is_signed, said
            )
            found.setdefault(stay_id, []).append(paper)
        return found

    def of_codes(self, stay: Encounter, wanted: Iterable[str]) -> list[Paper]:
        """The stay's documents of these codes, "record" being its own type's; those entered in error left out."""
        codes_wanted = self.named(stay, wanted)
        return [paper for paper in self.documents.get(stay.pk, []) if paper.code in codes_wanted]

    @staticmethod
    def named(stay: Encounter, wanted: Iterable[str]) -> list[str]:
        """The codes with the stay's own type in the place of "record"."""
        return [code for code in (stay.record_type if c == "record" else c for c in wanted) if code]

    @cached_property
    def on_paper(self) -> dict[int, list[PaperDocument]]:
        """{stay: its forms that stand as checked and sealed paper pages}."""
        return paper_of(self.ids)

    def paper_of_codes(self, stay: Encounter, wanted: Iterable[str]) -> list[PaperDocument]:
        """The stay's paper forms of these codes."""
        codes_wanted = self.named(stay, wanted)
        return [page for page in self.on_paper.get(stay.pk, []) if page.code in codes_wanted]

    @cached_property
    def _standings(self) -> dict[int, Standing]:
        of_stays = self._standing_documents.filter(current_version__isnull=False)
        return standings_of(DocumentVersion.objects.filter(pk__in=of_stays.values("current_version")))

    def standing(self, paper: Paper) -> Standing:
        """How the signatures of its current version stand."""
        return self._standings.get(paper.version_id or 0, _NOTHING)

    @cached_property
    def _titles(self) -> dict[str, str]:
        rows = Questionnaire.objects.exclude(status=Questionnaire.Status.DRAFT).order_by(
            "effective_from", "pk"
        )
        return dict(rows.values_list("code", "title"))

    def form_title(self, code: str) -> str:
        """Code and title of a form."""
        return f"{code} {self._titles.get(code, '')}".strip()

    @cached_property
    def form_codes(self) -> frozenset[str]:
        """The forms that can be begun here."""
        return frozenset(self._titles)

    def blanks_of(self, papers: Iterable[Paper], language: str) -> dict[int, list[Blank]]:
        """{document: its questions without an answer}, as typed last. At most two queries, none for what was looked at."""
        wanted = {paper.pk: (paper.pk, self._looked_at(paper, language)) for paper in papers}
        unread = [pk for pk, key in wanted.items() if key not in _BLANKS]
        if unread:
            self._read_blanks(unread, wanted, language)
        return {pk: _BLANKS[key] for pk, key in wanted.items() if key in _BLANKS}

    @staticmethod
    def _looked_at(paper: Paper, language: str) -> str:
        return f"{paper.version_id}/{paper.draft_revision}/{language}"

    @staticmethod
    def _read_blanks(unread: list[int], wanted: dict[int, tuple[int, str]], language: str) -> None:
        while len(_BLANKS) > _KEEP:
            _BLANKS.pop(next(iter(_BLANKS)))
        drafts = DocumentDraft.objects.filter(document__in=unread).select_related("questionnaire")
        for draft in drafts:
            _BLANKS[wanted[draft.document_id]] = blanks(draft.questionnaire, draft.content, language=language)
        rest = [pk for pk in unread if wanted[pk] not in _BLANKS]
        frozen = Document.objects.filter(pk__in=rest, current_version__isnull=False).select_related(
            "current_version__response__questionnaire"
        )
        for document in frozen.defer("current_version__composition"):
            response = document.current_version.response  # type: ignore[union-attr]  # the filter says so
            _BLANKS[wanted[document.pk]] = blanks(
                response.questionnaire, response.resource, language=language
            )

    def links_of(self, wanted: Iterable[str]) -> dict[int, str]:
        """{document: public id of the operation that it says it tells of}, of these codes. One query, asked once."""
        key = frozenset(wanted)
        if key not in self._links:
            rows = (
                self._standing_documents.filter(code__in=key, current_version__isnull=False)
                .annotate(
                    link=Func(
                        F("current_version__response__resource"), template=_LINK, output_field=TextField()
                    )
                )
                .exclude(link__isnull=True)
            )
            self._links[key] = dict(rows.values_list("pk", "link"))
        return self._links[key]

    @cached_property
    def _people(self) -> dict[tuple[int, str], int]:
        rows = EncounterParticipant.objects.filter(encounter__in=self.ids).order_by("starts_at", "pk")
        return {
            (stay_id, role): person for stay_id, role, person in rows.values_list(
                "encounter_id", "role", "practitioner_id"
            )
        }  # fmt: skip

    def person(self, stay: Encounter, role: str) -> int | None:
        """Who was responsible last in this role (codes.ParticipantRole)."""
        return self._people.get((stay.pk, role))

    @cached_property
    def procedures(self) -> dict[int, list[Procedure]]:
        """{stay: what was done, in its order}."""
        rows = Procedure.objects.filter(encounter__in=self.ids, status=Procedure.Status.COMPLETED)
        return self._grouped(rows.order_by("started_at", "pk"), lambda row: row.encounter_id)

    @cached_property
    def diagnoses(self) -> dict[int, list[Condition]]:
        """{stay: the diagnoses that hold}."""
        rows = Condition.objects.filter(encounter__in=self.ids, status=Condition.Status.CONFIRMED)
        return self._grouped(rows, lambda row: row.encounter_id)

    def has_diagnosis(self, stay: Encounter, role: str, *, coded: bool = False) -> bool:
        """Whether a diagnosis of that role stands, with its ICD-10 code where it must be `coded`."""
        found = [row for row in self.diagnoses.get(stay.pk, []) if row.role == role]
        return any(row.code or not coded for row in found)

    @cached_property
    def deaths(self) -> set[int]:
        """The stays whose death is told."""
        rows = Death.objects.filter(encounter__in=self.ids, voided_at=None)
        return set(rows.values_list("encounter_id", flat=True))

    @cached_property
    def unanswered_orders(self) -> dict[int, list[dict[str, Any]]]:
        """{stay: tests and images in effect without a released result}: neither told of, nor stopped."""
        released = DiagnosticReport.objects.filter(
            request=OuterRef("pk"), replaced_by=None, status__in=_RELEASED
        )
        rows = (
            ServiceRequest.objects.filter(
                encounter__in=self.ids,
                confirmed_at__isnull=False,
                status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD, Order.Status.COMPLETED],
            )
            .filter(~Exists(released))
            .order_by("confirmed_at", "pk")
            .values("encounter_id", "uuid", "category", "text", "requester_id", "confirmed_at", "status")
        )
        return self._grouped(map(dict[str, Any], rows), lambda row: row["encounter_id"])

    @cached_property
    def unanswered_doses(self) -> dict[int, dict[dt.date, int]]:
        """{stay: {day: doses that were due and that nobody answered}}."""
        rows = (
            DueDose.objects.filter(encounter__in=self.ids, outcome="", ended="", due_at__lt=self.moment)
            .exclude(order__status=Order.Status.ON_HOLD)
            .exclude(kind=DueDose.Kind.NEEDED)
            .order_by("due_at", "pk")
            .values_list("encounter_id", "due_at")
        )
        return _counted(rows)

    @cached_property
    def running_infusions(self) -> dict[int, dict[dt.date, int]]:
        """{stay: {day: infusions that were begun and never ended}}."""
        rows = (
            MedicationAdministration.objects.filter(
                encounter__in=self.ids, status=MedicationAdministration.Status.IN_PROGRESS
            )
            .order_by("happened_at", "pk")
            .values_list("encounter_id", "happened_at")
        )
        return _counted(rows)

    @cached_property
    def medicine_days(self) -> dict[int, set[dt.date]]:
        """{stay: the days on which something was given}."""
        given = MedicationAdministration.objects.filter(encounter__in=self.ids, amount__isnull=False).exclude(
            status=MedicationAdministration.Status.ENTERED_IN_ERROR
        )
        return _days(given, "happened_at")

    @cached_property
    def measured_days(self) -> dict[tuple[int, str], set[dt.date]]:
        """{(stay, LOINC code): the days on which it was measured}."""
        rows = (
            Observation.objects.filter(encounter__in=self.ids, replaced_by=None)
            .exclude(status=Observation.Status.ENTERED_IN_ERROR)
            .order_by()
            .annotate(day=TruncDate("effective_at"))
            .values_list("encounter_id", "code", "day")
            .distinct()
        )
        found: dict[tuple[int, str], set[dt.date]] = {}
        for stay_id, code, day in rows:
            found.setdefault((stay_id, code), set()).add(day)
        return found

    @cached_property
    def critical_reviews(self) -> dict[int, list[ReportReview]]:
        """{stay: critical results that nobody has acknowledged}."""
        rows = ReportReview.objects.filter(
            Q(encounter__in=self.ids), outcome="", urgency=ReportReview.Urgency.CRITICAL
        ).select_related("report")
        return self._grouped(rows.order_by("opened_at", "pk"), lambda row: row.encounter_id)

    def days_of(self, stay: Encounter) -> list[dt.date]:
        """The stay's local days that owe an entry: from the first, without the one that still runs or on which it ended.

        A stay that begins and ends on one day owes that day.
        """
        first = timezone.localdate(stay.begins_at)
        last = timezone.localdate(stay.ended_at or self.moment)
        count = (last - first).days or (1 if stay.ended_at else 0)
        return [first + dt.timedelta(days=number) for number in range(max(count, 0))]

    def attending(self, stay: Encounter) -> int | None:
        """Who attends the patient, or did last; who discharged where nobody is named."""
        attends = self.person(stay, codes.ParticipantRole.ATTENDING)
        return attends or self.person(stay, codes.ParticipantRole.DISCHARGER)


def _days(rows: QuerySet[Any], moment: str) -> dict[int, set[dt.date]]:
    found: dict[int, set[dt.date]] = {}
    days = rows.order_by().annotate(day=TruncDate(moment)).values_list("encounter_id", "day").distinct()
    for stay_id, day in days:
        found.setdefault(stay_id, set()).add(day)
    return found


def _counted(rows: Iterable[tuple[int, dt.datetime]]) -> dict[int, dict[dt.date, int]]:
    found: dict[int, dict[dt.date, int]] = {}
    for stay_id, at in rows:
        days = found.setdefault(stay_id, {})
        day = timezone.localdate(at)
        days[day] = days.get(day, 0) + 1
    return found
