"""What a book is: its columns, which rows stand in it, and what is written in a row's cells."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.vietnamese import fold
from encounters.boards import permissions
from encounters.boards.periods import Span
from encounters.boards.selectors.briefing import departments_of
from encounters.visits.models import Encounter
from patients.registry.access import not_hidden

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, how wide it is on paper beside the others, and whether the patient's name stands in it."""

    title: StrOrPromise
    width: int
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the stay that it is of and the cells in the order of the columns. `address`: of the paper it is from."""

    stay: Encounter
    cells: list[str]
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Book:
    """A statutory book. `rows`: what stands in it in the days, the oldest first, whoever may see it; `stay` and `place` are
    the paths from a row to its stay and to its department.
    """

    code: str
    title: StrOrPromise
    about: StrOrPromise
    columns: tuple[Column, ...]
    rows: Callable[[int, Span], Rows]
    lines: Callable[[Sequence[Any]], list[Line]]
    stay: str = "encounter"
    place: str = "department"
    # What is said below the lines: (facility, days, the departments or None for all) -> sentences.
    remarks: Callable[[int, Span, frozenset[int] | None], list[str]] = lambda *_asked: []


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a book: days, a department (None: all that the person sees), words."""

    span: Span
    department_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that the person may read; how many more of these days and departments are of patients whose charts are kept
    closely; what is said below.
    """

    rows: Rows
    hidden: int
    remarks: list[str]


def found_in(book: Book, user: User, asked: Asked) -> Found:
    """The rows of the person's departments that fit; one query for the hidden ones, the rows are read by who shows them.

    Words: of the name without accents in any order, or the beginning of a number.
    """
    path = f"{book.stay}__" if book.stay else ""
    rows = book.rows(user.facility_id, asked.span)
    mine = departments_of(user, permissions.BOOKS)
    if asked.department_id is not None:
        mine = frozenset({asked.department_id}) if mine is None else mine & {asked.department_id}
    if mine is not None:
        rows = rows.filter(**{f"{book.place}__in": mine})
    seen = not_hidden(user, permissions.BOOKS, f"{path}patient")
    # Counted before words narrow it: a name that was typed must not tell whether somebody of that name is kept closely.
    hidden = rows.exclude(seen).order_by().count()
    for word in fold(asked.words).split():
        rows = rows.filter(
            Q(**{f"{path}patient__search_name__contains": word})
            | Q(**{f"{path}admission_number__startswith": word})
            | Q(**{f"{path}identifier__startswith": word})
        )
    return Found(rows.filter(seen), hidden, book.remarks(user.facility_id, asked.span, mine))


def moment(at: dt.datetime | None) -> str:
    """As the books write it: 14:30 28/11/2026; "" for none."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at else ""
