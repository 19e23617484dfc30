"""Questions about papers handed out; each answers in a number of queries that doesn't grow."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.sheets import Cell
from emr.common.vietnamese import fold
from encounters.attestations.access import papers_for
from encounters.attestations.checks import refusal_to_begin
from encounters.attestations.kinds import KINDS, Kind
from encounters.attestations.models import Attestation
from encounters.visits.models import Encounter

_NUMBERED = ~Q(number="")


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind that may be begun for a stay, or why it can't."""

    kind: Kind
    refusal: StrOrPromise


def papers_of(encounter: Encounter) -> QuerySet[Attestation]:
    """The stay's papers, the newest first, with the copies handed over (`copies`); one query."""
    return (
        _with_copies(Attestation.objects.filter(encounter=encounter))
        .select_related("begun_by", "replaces", "document")
        .order_by("-pk")
    )


def choices_for(encounter: Encounter) -> list[Choice]:
    """Every kind, those that may be begun first."""
    found = [Choice(kind, refusal_to_begin(kind, encounter)) for kind in KINDS.values()]
    return sorted(found, key=lambda choice: bool(choice.refusal))


def _with_copies(papers: QuerySet[Attestation]) -> QuerySet[Attestation]:
    return papers.annotate(copies=Sum("handovers__copies"))


def register_of(
    user: User, *, kind: str = "", year: int | None = None, state: str = "", words: str = ""
) -> QuerySet[Attestation]:
    """Sổ cấp giấy: what was numbered, cancelled numbers included, the newest first."""
    found = papers_for(user).filter(_NUMBERED)
    if kind in KINDS:
        found = found.filter(kind=kind)
    if year is not None:
        found = found.filter(year=year)
    if state in Attestation.Status.values:
        found = found.filter(status=state)
    if folded := fold(words):
        found = found.filter(
            Q(number__istartswith=words.strip())
            | Q(patient__search_name__contains=folded)
            | Q(encounter__identifier=words.strip())
            | Q(encounter__admission_number=words.strip())
        )
    return (
        _with_copies(found)
        .select_related("patient", "encounter", "document", "begun_by", "replaces")
        .order_by("-year", "kind", "-sequence")
    )


def counts_by_kind(user: User, year: int) -> dict[str, int]:
    """{kind: papers numbered in the year}; one query."""
    rows = papers_for(user).filter(_NUMBERED, year=year).order_by().values_list("kind").annotate(Count("pk"))
    return dict(rows)


def missing_numbers(facility_id: int, kind: str, year: int) -> list[int]:
    """Numbers of the series that no paper holds: none, ever. Cancelled papers keep theirs."""
    held = set(
        Attestation.objects.filter(facility_id=facility_id, kind=kind, year=year).values_list(
            "sequence", flat=True
        )
    )
    last = max((number for number in held if number), default=0)
    return [number for number in range(1, last + 1) if number not in held]


def sheet_rows(papers: QuerySet[Attestation]) -> list[list[Cell]]:
    """The register as rows of a sheet, in the order of `HEADS`."""
    return [
        [
            paper.number,
            paper.words,
            timezone.localdate(paper.numbered_at) if paper.numbered_at else None,
            paper.patient.full_name,
            paper.encounter.identifier,
            paper.encounter.admission_number,
            paper.begun_by.titled_name,
            str(paper.get_status_display()),
            paper.copy_number or None,
            paper.replaces.number if paper.replaces else "",
            paper.starts_on,
            paper.ends_on,
            getattr(paper, "copies", None),
            paper.end_reason or paper.reissue_reason,
        ]
        for paper in papers
    ]
