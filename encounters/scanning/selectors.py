"""Questions about paper; each answers in a number of queries that doesn't grow."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from emr.accounts.models import User
from emr.common.vietnamese import fold
from emr.storage.revisions import last_revisions
from encounters.documents.models import DocumentVersion
from encounters.documents.paper import PaperDocument
from encounters.documents.pieces import Piece
from encounters.documents.signed import SignedBy
from encounters.forms.models import Questionnaire
from encounters.scanning import permissions
from encounters.scanning.access import batches_for, papers_for, unfiled_for
from encounters.scanning.models import Paper, PaperEvent, ScanBatch, ScannedPage
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter
from patients.registry import systems
from patients.registry.models import Identifier

SEALED = Paper.Status.SEALED
# Who had a hand in what the pages are; who merely turned one didn't.
HANDS = {
    PaperEvent.Verb.FILE,
    PaperEvent.Verb.REMOVE,
    PaperEvent.Verb.RESTORE,
    PaperEvent.Verb.MOVE,
    PaperEvent.Verb.HAND_IN,
}


def pages_of(paper: Paper) -> list[ScannedPage]:
    """The pages in their order, those taken out left out."""
    return list(paper.pages.filter(removed_at=None).select_related("image__key"))


def with_pages(papers: QuerySet[Paper]) -> QuerySet[Paper]:
    """The same with `.pages_held` (how many) and their first pages prefetched as `.shown`."""
    held = ScannedPage.objects.filter(removed_at=None, place=1).only(
        "uuid", "paper", "rotation", "place", "number", "thumbnail"
    )
    return papers.annotate(pages_held=Count("pages", filter=Q(pages__removed_at=None))).prefetch_related(
        Prefetch("pages", queryset=held, to_attr="shown")
    )


def papers_of_stay(user: User, encounter: Encounter) -> QuerySet[Paper]:
    """The paper of one stay, newest first; what was entered in error comes last."""
    found = papers_for(user).filter(encounter=encounter).select_related("created_by", "checked_by")
    in_error = Exists(Paper.objects.filter(pk=OuterRef("pk"), status=Paper.Status.ENTERED_IN_ERROR))
    return with_pages(found).annotate(in_error=in_error).order_by("in_error", "-pk")


def paper_documents(encounter_ids: Collection[int]) -> dict[int, list[PaperDocument]]:
    """{stay: its checked and sealed paper}, for `encounters.documents.paper`. One query."""
    found: dict[int, list[PaperDocument]] = {}
    rows = Paper.objects.filter(encounter__in=encounter_ids, status=SEALED).order_by("pk")
    for stay, code, day, uuid in rows.values_list("encounter_id", "code", "day", "uuid"):
        found.setdefault(stay, []).append(PaperDocument(code=code, day=day, uuid=uuid))
    return found


def pieces_of(encounter: Encounter) -> list[Piece]:
    """The stay's checked and sealed paper as files of its record, for `encounters.documents.pieces`. Three queries."""
    papers = (
        Paper.objects.filter(encounter=encounter, status=SEALED).select_related("sealed__key").order_by("pk")
    )
    revisions = last_revisions([paper.sealed_id for paper in papers if paper.sealed_id is not None])
    titles = dict(Questionnaire.objects.order_by("effective_from").values_list("code", "title"))
    return [
        Piece(
            uuid=str(paper.uuid),
            code=paper.code,
            title=titles.get(paper.code, paper.code),
            at=paper.sealed_at,
            attachment=revisions[paper.sealed_id].attachment
            if paper.sealed_id in revisions
            else paper.sealed,
            flag="paper",
            signers=(SignedBy(encounter.facility.name, "Dấu của cơ sở", paper.sealed_at),),
        )
        for paper in papers
        if paper.sealed is not None and paper.sealed_at is not None
    ]


def is_hybrid(encounter: Encounter) -> bool:
    """Whether part of the stay's record stands as paper (R-07)."""
    return Paper.objects.filter(encounter=encounter, status=SEALED).exists()


def hands_of(paper: Paper) -> set[int]:
    """Ids of who brought its pages in or arranged them: none of them may check it."""
    acted = paper.events.filter(verb__in=HANDS, by__isnull=False).values_list("by_id", flat=True)
    sent = paper.pages.values_list("batch__uploaded_by_id", flat=True)
    return {paper.created_by_id, *acted, *sent}


def version_of(verify_code: str, facility_id: int) -> DocumentVersion | None:
    """The version that a page's code names, in this facility."""
    return (
        DocumentVersion.objects.filter(verify_code=verify_code, facility_id=facility_id)
        .select_related("document__encounter__patient", "document__encounter__department")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """How much waits at the desk: pages not filed, paper to check, paper returned."""

    unfiled: int
    to_check: int
    returned: int


def to_check_for(user: User) -> QuerySet[Paper]:
    """Paper that this person may check: in their reach, in a department where they may, brought in by others."""
    if not user.has_right(permissions.CHECK):
        return Paper.objects.none()
    found = papers_for(user).filter(status=Paper.Status.TO_CHECK)
    reach = user.departments_for(permissions.CHECK)
    if not isinstance(reach, str):
        found = found.filter(encounter__department__in=reach)
    return _without_own(found, user)


def _without_own(papers: QuerySet[Paper], user: User) -> QuerySet[Paper]:
    own = PaperEvent.objects.filter(paper=OuterRef("pk"), by=user, verb__in=HANDS)
    sent = ScannedPage.objects.filter(paper=OuterRef("pk"), batch__uploaded_by=user)
    return papers.exclude(created_by=user).filter(~Exists(own), ~Exists(sent))


def returned_for(user: User) -> QuerySet[Paper]:
    """Paper that came back: what the person brought in, and what lies in the departments where they may mend it."""
    if not user.has_right(permissions.UPLOAD):
        return Paper.objects.none()
    found = papers_for(user).filter(status=Paper.Status.RETURNED)
    reach = user.departments_for(permissions.UPLOAD)
    if isinstance(reach, str):
        return found
    return found.filter(Q(created_by=user) | Q(encounter__department__in=reach))


def desk_of(user: User) -> Desk:
    """The three counts."""
    return Desk(unfiled_for(user).count(), to_check_for(user).count(), returned_for(user).count())


def papers_at_desk(user: User, chip: str, words: str) -> QuerySet[Paper]:
    """The paper behind a chip of the desk (to_check, returned, sealed), oldest first; sealed: newest first."""
    lists = {"returned": returned_for, "to_check": to_check_for}
    if chip in lists:
        found = lists[chip](user).order_by("pk")
    else:
        found = papers_for(user).filter(status__in=[SEALED, Paper.Status.ACCEPTED]).order_by("-pk")
    if words:
        found = found.filter(_named(words))
    return with_pages(found.select_related("patient", "encounter", "department", "created_by"))


def _named(words: str) -> Q:
    """By name without accents, the stay's numbers, or the form's code."""
    plain = fold(words)
    return (
        Q(patient__search_name__contains=plain)
        | Q(encounter__identifier__iexact=words)
        | Q(encounter__admission_number__iexact=words)
        | Q(code__iexact=words)
    )


def unfiled_at_desk(user: User) -> QuerySet[ScannedPage]:
    """Pages not filed, oldest first, with whose file they came in and whom their code names."""
    return (
        unfiled_for(user)
        .select_related("batch__uploaded_by", "batch__encounter__patient", "found__patient")
        .order_by("batch_id", "number")
    )


def reached_of(user: User, pages: Iterable[ScannedPage]) -> set[int]:
    """Of the stays that codes of these pages name, those whose patients this person may be told. One query, or none."""
    named = {page.found_id for page in pages if page.found_id}
    if not named:
        return set()
    return set(encounters_for(user, permissions.READ).filter(pk__in=named).values_list("pk", flat=True))


def recent_batches(user: User) -> list[ScanBatch]:
    """The last files of this person, newest first, with how many pages found their place."""
    filed = Count("pages", filter=Q(pages__paper__isnull=False))
    blank = Count("pages", filter=Q(pages__is_blank=True))
    return list(batches_for(user).annotate(filed=filed, blank=blank).order_by("-pk")[:8])


def batches_of_stay(user: User, encounter: Encounter) -> list[ScanBatch]:
    """The person's files in this chart that aren't read yet, and the last that could not be."""
    shown = Q(status__in=ScanBatch.UNDER_WAY) | Q(status=ScanBatch.Status.FAILED)
    return list(batches_for(user).filter(shown, encounter=encounter).order_by("-pk")[:8])


def stays_numbered(user: User, number: str) -> list[Encounter]:
    """The stays within the person's reach that a number names: of the stay, of admission, or the patient's own."""
    plain = number.strip()
    if not plain:
        return []
    own = Identifier.objects.filter(
        facility_id=user.facility_id, value=plain, is_own=True, is_active=True,
        system__startswith=systems.MRN_PREFIX,
    )  # fmt: skip
    people = [identifier.patient.root_id for identifier in own.select_related("patient")]
    named = (
        Q(identifier=plain)
        | Q(admission_number=plain)
        | Q(patient__in=people)
        | Q(patient__merged_into__in=people)
    )
    return list(
        encounters_for(user, permissions.UPLOAD)
        .filter(named)
        .select_related("patient", "department")
        .order_by("-started_at")[:10]
    )


def form_choices(facility_id: int) -> list[tuple[str, str]]:
    """(code, title) of the forms in force, by code; one line a form."""
    rows = (
        Questionnaire.objects.filter(Q(facility=None) | Q(facility_id=facility_id))
        .filter(status=Questionnaire.Status.ACTIVE)
        .order_by("code", "effective_from", "pk")
    )
    return list(
        {code: (code, f"{code} {title}") for code, title in rows.values_list("code", "title")}.values()
    )
