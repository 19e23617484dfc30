"""What nurses did with medicines and stands on no sheet of theirs: done after it was made, or in no sheet's time."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from emr.accounts.models import User
from encounters.documents.models import Document
from encounters.medicines.models import InfusionStep, MedicationAdministration, ReactionTest, ShiftSheet
from encounters.medicines.official import CARRIED_OUT, INFUSIONS, TESTED

_OF_A_SHIFT = (CARRIED_OUT.code, INFUSIONS.code, TESTED.code)


class Act(NamedTuple):
    """What a nurse did with a medicine: which administration, who, when, and when it was written."""

    stay_id: int
    row_id: int
    nurse_id: int
    nurse: UUID
    name: str
    at: dt.datetime
    written_at: dt.datetime


class MadeSheet(NamedTuple):
    """A sheet of a nurse and a time, as its version in force was made: by the database's clock, and by the program's."""

    stay_id: int
    code: str
    nurse_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    made_at: dt.datetime
    frozen_at: dt.datetime


def given_acts(given: QuerySet[MedicationAdministration]) -> list[Act]:
    """Doses given, begun or left out, oldest first; one query."""
    rows = given.order_by("happened_at", "pk").values_list(
        "encounter", "pk", "performer", "performer__uuid", "performer__full_name", "happened_at", "created_at"
    )
    return [Act(*row) for row in rows]


def step_acts(given: QuerySet[MedicationAdministration]) -> list[Act]:
    """Steps of these infusions, oldest first; one query."""
    steps = InfusionStep.objects.filter(administration__in=given.order_by()).order_by("at", "pk")
    rows = steps.values_list(
        "administration__encounter", "administration", "by", "by__uuid", "by__full_name", "at", "created_at"
    )
    return [Act(*row) for row in rows]


def sheets_made(ids: Collection[int]) -> list[MadeSheet]:
    """The sheets of these stays that hold; one query."""
    rows = (
        ShiftSheet.objects.filter(encounter__in=ids, code__in=_OF_A_SHIFT)
        .exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        .exclude(document__current_version=None)
        .values_list(
            "encounter", "code", "nurse", "starts_at", "ends_at",
            "document__current_version__created_at", "document__current_version__frozen_at",
        )
    )  # fmt: skip
    return [MadeSheet(*row) for row in rows]


def _on_sheet(sheets: Sequence[MadeSheet], code: str, act: Act) -> bool:
    """Whether a sheet of the nurse's and of its time was made after it was written: it is made of all that was there."""
    return any(
        sheet.code == code
        and sheet.nurse_id == act.nurse_id
        and sheet.starts_at <= act.at < sheet.ends_at
        and act.written_at <= sheet.made_at
        for sheet in sheets
    )


def loose_acts(acts: Sequence[Act], sheets: Sequence[MadeSheet], code: str) -> list[tuple[Act, int]]:
    """Of each day and nurse the first act that is on no such sheet, and of how many administrations there are any."""
    found: dict[tuple[dt.date, int], list[Act]] = {}
    for act in acts:
        if not _on_sheet(sheets, code, act):
            found.setdefault((timezone.localdate(act.at), act.nurse_id), []).append(act)
    return [(rows[0], len({row.row_id for row in rows})) for rows in found.values()]


def is_tested_on(sheets: Sequence[MadeSheet], test: ReactionTest, nurse: User) -> bool:
    """Whether a sheet of the nurse's shows the test as they left it: who read it, with its reading."""
    moments = [test.started_at] if test.performer_id == nurse.pk else []
    read_at = test.read_at if test.reader_id == nurse.pk else None
    moments += [read_at] if read_at is not None else []
    shown = [
        sheet
        for sheet in sheets
        if sheet.nurse_id == nurse.pk and any(sheet.starts_at <= at < sheet.ends_at for at in moments)
    ]
    if read_at is not None:
        return any(read_at <= sheet.frozen_at for sheet in shown)
    return any(test.created_at <= sheet.made_at for sheet in shown)
