"""Who owes what: the records that are still worked on, by record, by person, and one's own."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.roles import CHOICES
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.completeness import permissions
from encounters.completeness.access import stays_overseen
from encounters.completeness.selectors import Gap, gaps_by_stay, median_age, owing_stays
from encounters.completeness.telling import look_back
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter

ROLE_NAMES: dict[str, StrOrPromise] = dict(CHOICES)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record with what it lacks."""

    stay: Encounter
    blocking: int
    advisory: int
    oldest: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """One person, or a role where no person is known, with what is owed in one department."""

    name: str
    department: Organization | None
    blocking: int
    advisory: int
    records: int
    oldest: dt.datetime
    median: dt.timedelta


@dataclass(frozen=True, slots=True)
class Owed:
    """One gap of a record that is a person's to put right."""

    stay: Encounter
    gap: Gap


def gaps_overseen(user: User) -> list[Owed]:
    """The open gaps of the records that the person oversees; a constant number of queries."""
    return _open(owing_stays(stays_overseen(user), days=look_back(user.facility_id)))


def own_gaps(user: User) -> list[Owed]:
    """What this person owes, the oldest first: by name, or by the role that they hold in the stay's department."""
    reached = encounters_for(user, permissions.READ)
    found = _open(owing_stays(reached, days=look_back(user.facility_id)))
    moment = now()
    held = set(
        PractitionerRole.objects.filter(Q(ends_at=None) | Q(ends_at__gt=moment), user=user, starts_at__lte=moment)
        .values_list("role", "department_id")
    )  # fmt: skip
    mine = [
        owed
        for owed in found
        if owed.gap.owner_id == user.pk
        or (owed.gap.owner_id is None and (owed.gap.owner_role, owed.stay.department_id) in held)
    ]
    return sorted(mine, key=lambda owed: (not owed.gap.blocks, owed.gap.since, owed.gap.key))


def _open(stays: Iterable[Encounter]) -> list[Owed]:
    by_pk = {stay.pk: stay for stay in stays}
    return [
        Owed(by_pk[pk], gap)
        for pk, gaps in gaps_by_stay(list(by_pk.values())).items()
        for gap in gaps
        if gap.is_open
    ]


def narrowed(found: Iterable[Owed], *, words: str, department: str) -> list[Owed]:
    """Those of records whose patient's name (without accents, in any order of its words) or number fits, of a department."""
    asked = fold(words).split()
    return [
        owed
        for owed in found
        if (not department or str(owed.stay.department.uuid if owed.stay.department else "") == department)
        and all(_said(owed.stay, word) for word in asked)
    ]


def _said(stay: Encounter, word: str) -> bool:
    numbers = (stay.identifier, stay.admission_number)
    return word in stay.patient.search_name or any(fold(number).startswith(word) for number in numbers)


def by_record(found: Sequence[Owed]) -> list[RecordRow]:
    """A row a record, what has been owed longest first."""
    grouped: dict[int, list[Owed]] = {}
    for owed in found:
        grouped.setdefault(owed.stay.pk, []).append(owed)
    rows = [
        RecordRow(
            stay=group[0].stay,
            blocking=sum(owed.gap.blocks for owed in group),
            advisory=sum(not owed.gap.blocks for owed in group),
            oldest=min(owed.gap.since for owed in group),
        )
        for group in grouped.values()
    ]
    return sorted(rows, key=lambda row: (row.blocking == 0, row.oldest, row.stay.pk))


def by_owner(found: Sequence[Owed]) -> list[OwnerRow]:
    """A row a person and department, who owes most first. One query for the names."""
    grouped: dict[tuple[Any, int | None], list[Owed]] = {}
    for owed in found:
        owner = owed.gap.owner_id or owed.gap.owner_role
        grouped.setdefault((owner, owed.stay.department_id), []).append(owed)
    names = names_of(owed.gap for owed in found)
    moment = now()
    rows = []
    for (owner, _department), group in grouped.items():
        gaps = [owed.gap for owed in group]
        rows.append(
            OwnerRow(
                name=names.get(owner) or str(ROLE_NAMES.get(owner, owner)),
                department=group[0].stay.department,
                blocking=sum(gap.blocks for gap in gaps),
                advisory=sum(not gap.blocks for gap in gaps),
                records=len({owed.stay.pk for owed in group}),
                oldest=min(gap.since for gap in gaps),
                median=median_age(gaps, moment) or dt.timedelta(),
            )
        )
    return sorted(rows, key=lambda row: (-row.blocking, -row.advisory, fold(row.name)))


def names_of(gaps: Iterable[Gap]) -> dict[Any, str]:
    """{person's id: name with title} of who owes these."""
    ids = {gap.owner_id for gap in gaps if gap.owner_id is not None}
    return {user.pk: user.titled_name for user in User.objects.filter(pk__in=ids)}


def departments_of(found: Iterable[Owed]) -> list[Organization]:
    """The departments in which something is owed, by code."""
    known = {owed.stay.department.pk: owed.stay.department for owed in found if owed.stay.department}
    return sorted(known.values(), key=lambda department: (department.code, department.pk))
