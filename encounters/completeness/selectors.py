"""What records lack: computed from the rows as they are, whenever it is asked; nothing is kept but overrides."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from emr.common.clock import local_today, now
from encounters.completeness.checks.found import Found
from encounters.completeness.facts import Facts
from encounters.completeness.kinds import KINDS, problem_of
from encounters.completeness.models import Override
from encounters.completeness.rules import OWNERS, Rule, RuleBook, rule_book
from encounters.switching.selectors import ModeBook
from encounters.visits import codes
from encounters.visits.models import Encounter, EncounterLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing that a stay's record lacks, in the present language.

    `key` names it for ever within its stay; `owner_id` is the person who owes it, None where no single one is known (then
    whoever holds `owner_role` in the department). `begins`: the form to begin there, about the moment `begins_at`.
    `on_paper`: the rule blocks, but the stay's department kept paper, where the thing may stand, so it is told and no more.
    """

    rule: str
    blocks: bool
    words: str
    url: str
    owner_id: int | None
    key: str
    overridden: bool
    overridable: bool = True
    owner_role: str = ""
    since: dt.datetime
    begins: str = ""
    begins_at: dt.datetime | None = None
    on_paper: bool = False

    @property
    def is_open(self) -> bool:
        """Nobody has answered for it."""
        return not self.overridden

    @property
    def stops(self) -> bool:
        """The record can't be closed with it."""
        return self.blocks and not self.overridden


def gaps_of(encounter: Encounter) -> list[Gap]:
    """What the stay's record lacks, blocking ones first, the oldest first; overridden ones are marked and stay.

    As many queries for forty days and four hundred documents as for one.
    """
    return gaps_by_stay([encounter])[encounter.pk]


def blocking_gaps_of(encounter: Encounter) -> list[Gap]:
    """What keeps the record from being closed."""
    return [gap for gap in gaps_of(encounter) if gap.stops]


def counts_by_stay(ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """{stay: (blocking, advisory)} of what isn't overridden; as many queries for forty stays as for one."""
    stays = list(Encounter.objects.filter(pk__in=ids).select_related("department"))
    found = gaps_by_stay(stays)
    return {
        pk: (
            sum(gap.stops for gap in gaps),
            sum(gap.is_open and not gap.blocks for gap in gaps),
        )
        for pk, gaps in found.items()
    }


def gaps_by_stay(stays: Sequence[Encounter]) -> dict[int, list[Gap]]:
    """{stay: its gaps}, of any number of stays; a constant number of queries a facility."""
    found: dict[int, list[Gap]] = {}
    by_facility: dict[int, list[Encounter]] = {}
    for stay in stays:
        by_facility.setdefault(stay.facility_id, []).append(stay)
    for facility_id, own in by_facility.items():
        facts, book = Facts(own), rule_book(facility_id)
        overridden, paper = _overridden(own), stays_with_paper(facility_id, own)
        for stay in own:
            rules = rules_for(stay, book, facts)
            found[stay.pk] = _gaps(stay, rules, facts, overridden, has_paper=stay.pk in paper)
    return found


def rule_day(stay: Encounter) -> dt.date:
    """The day whose rules hold for a stay: on which it ended, today while it runs."""
    return timezone.localdate(stay.ended_at) if stay.ended_at else local_today()


def rules_for(stay: Encounter, book: RuleBook, facts: Facts) -> list[Rule]:
    """The rules that ask something of this stay; none of one that never was."""
    if stay.status in {Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR}:
        return []
    return [
        rule
        for rule in book.in_force(rule_day(stay))
        if rule.is_for(stay.record_type, stay.encounter_class)
        and all(_CONDITIONS[name](stay, facts) for name in rule.when)
        and not problem_of(rule)
    ]


_CONDITIONS: dict[str, Callable[[Encounter, Facts], bool]] = {
    "ended": lambda stay, _facts: stay.ended_at is not None,
    "died": lambda stay, _facts: stay.outcome in codes.DEATHS,
    "alive": lambda stay, _facts: bool(stay.outcome) and stay.outcome not in codes.DEATHS,
    "transferred": lambda stay, _facts: stay.disposition in codes.TRANSFERS,
    "on-request": lambda stay, _facts: stay.disposition == codes.Disposition.ON_REQUEST,
    "surgery": lambda stay, facts: any(
        row.kind == codes.ProcedureKind.SURGERY for row in facts.procedures.get(stay.pk, [])
    ),
}


def _overridden(stays: Sequence[Encounter]) -> set[tuple[int, str]]:
    rows = Override.objects.filter(encounter__in=[stay.pk for stay in stays])
    return set(rows.values_list("encounter_id", "key"))


def stays_with_paper(facility_id: int, stays: Sequence[Encounter]) -> set[int]:
    """Of these stays those that lay on any day in a department that then kept paper, alone or beside.

    One query; another where some department of the facility ever did.
    """
    book = ModeBook(facility_id)
    if book.is_electronic_throughout:
        return set()
    places = EncounterLocation.objects.filter(
        encounter__in=[stay.pk for stay in stays], cancelled_at=None, department__isnull=False
    ).values_list("encounter", "department", "starts_at", "ends_at")
    last = {stay.pk: rule_day(stay) for stay in stays}
    return {
        stay_id
        for stay_id, department_id, begun, ended in places
        if book.has_paper(
            department_id, timezone.localdate(begun), timezone.localdate(ended) if ended else last[stay_id]
        )
    }


# What asks for something to be there, which may be there on paper. What is wrong with something that is here, a discharge
# without an outcome, an order without its answer, a critical result that nobody took on: no paper pardons those.
_MAY_BE_ON_PAPER = frozenset({"form", "form_fields", "day_form", "day_vitals", "procedure_form"})


def _gaps(
    stay: Encounter,
    rules: Sequence[Rule],
    facts: Facts,
    overridden: Collection[tuple[int, str]],
    *,
    has_paper: bool,
) -> list[Gap]:
    """A document that isn't signed is one gap, whichever rules ask for it: the first that blocks tells of it."""
    found = [(rule, one) for rule in rules for one in KINDS[rule.kind].check(rule, stay, facts)]
    found.sort(key=lambda pair: not pair[0].blocks)
    told: set[int] = set()
    gaps = []
    for rule, one in found:
        if one.state_of is not None:
            if one.state_of in told:
                continue
            told.add(one.state_of)
        pardoned = has_paper and rule.blocks and one.state_of is None and rule.kind in _MAY_BE_ON_PAPER
        gaps.append(_gap(rule, one, stay, facts, overridden, on_paper=pardoned))
    return sorted(gaps, key=lambda gap: (not gap.blocks, gap.since, gap.key))


def _gap(
    rule: Rule,
    one: Found,
    stay: Encounter,
    facts: Facts,
    overridden: Collection[tuple[int, str]],
    *,
    on_paper: bool,
) -> Gap:
    key = f"{rule.code}:{one.suffix}"
    return Gap(
        rule=rule.code,
        blocks=rule.blocks and not on_paper,
        on_paper=on_paper,
        words=rule.in_words(**one.told),
        url=one.url,
        owner_id=_owner(rule, one, stay, facts),
        key=key,
        overridden=rule.overridable and (stay.pk, key) in overridden,
        overridable=rule.overridable,
        owner_role=OWNERS[rule.owner][1],
        since=one.since,
        begins=one.begins,
        begins_at=one.begins_at,
    )


def _owner(rule: Rule, one: Found, stay: Encounter, facts: Facts) -> int | None:
    if rule.owner == "nurse":
        return facts.person(stay, codes.ParticipantRole.NURSE)
    if rule.owner in {"head", "planning"}:
        return None
    if one.person_id is not None and (rule.owner == "author" or one.state_of is not None):
        return one.person_id
    return facts.attending(stay) or one.person_id


def fine_rules_of(stay: Encounter, gaps: Sequence[Gap]) -> list[Rule]:
    """The rules that ask something of the stay and found nothing wanting."""
    wanting = {gap.rule for gap in gaps}
    rules = rules_for(stay, rule_book(stay.facility_id), Facts([stay]))
    return [rule for rule in rules if rule.code not in wanting]


def overrides_of(stay: Encounter) -> QuerySet[Override]:
    """What somebody let the record be closed without, oldest first."""
    return Override.objects.filter(encounter=stay).select_related("made_by")


def median_age(gaps: Collection[Gap], moment: dt.datetime | None = None) -> dt.timedelta | None:
    """How long the middle one of the open gaps has been owed; None where nothing is."""
    at = moment or now()
    ages = sorted(at - gap.since for gap in gaps if gap.is_open)
    if not ages:
        return None
    middle = len(ages) // 2
    return ages[middle] if len(ages) % 2 else (ages[middle - 1] + ages[middle]) / 2


def owing_stays(found: QuerySet[Encounter], *, days: int) -> QuerySet[Encounter]:
    """Of these stays those whose records are still written on: running, or ended lately and not closed."""
    return (
        found.filter(encounter_class=codes.EncounterClass.INPATIENT, record_state__in=codes.WRITABLE)
        .filter(
            Q(status=Encounter.Status.IN_PROGRESS)
            | Q(status=Encounter.Status.FINISHED, ended_at__gte=now() - dt.timedelta(days=days))
        )
        .select_related("patient", "department")
    )
