"""Questions that nearly every page asks: the ORM puts their SQL together once, not once a request.

For a handful of querysets (session, person, roles, the chart's panels) compiling took several times as long as
PostgreSQL's answer. A queryset is still written as ever; only its text is kept.
"""

import copy
import datetime as dt
import functools
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connections, models
from django.db.models.query import QuerySet
from django.db.models.sql.compiler import SQLCompiler

ModelT = TypeVar("ModelT", bound=models.Model)

# What can stand for a value while the text is put together, none of which anybody asks for.
_MARKS: dict[type, Callable[[int], Hashable]] = {
    int: lambda place: 4_611_686_018_427_387_000 + place,
    str: lambda place: f"\ue000{place}\ue001",
    UUID: lambda place: UUID(int=0xE000 << 112 | place),
    dt.datetime: lambda place: dt.datetime(9000, 1, 1 + place, tzinfo=dt.UTC),
    dt.date: lambda place: dt.date(9000, 1, 1 + place),
}


class _Compiler(SQLCompiler):
    """A compiler whose text is there already."""

    ready: tuple[str, tuple[Any, ...]]

    def as_sql(self, *_args: Any, **_kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self.ready


class Compiled(Generic[ModelT]):
    """A queryset as a function of scalar values (int, str, UUID, datetime, date), compiled at its first use.

    The function may do nothing with a value but pass it to the queryset unchanged, and every value must reach the SQL:
    a value that decides about the SQL's shape (None, a boolean, a list) can't be kept. Raises TypeError for such a
    value, ValueError where one doesn't arrive. Answers a queryset that can be iterated or listed, and not refined.
    """

    def __init__(self, build: Callable[..., QuerySet[ModelT]]) -> None:
        self._build = build
        self._kept: tuple[QuerySet[ModelT], SQLCompiler, str, tuple[Any, ...]] | None = None
        functools.update_wrapper(self, build)

    def plain(self, *values: Hashable) -> QuerySet[ModelT]:
        """The queryset as the ORM makes it."""
        return self._build(*values)

    def __call__(self, *values: Hashable) -> QuerySet[ModelT]:
        """The same question with its text kept."""
        found, made, text, places = self._kept or self._compile(values)
        connection = connections[found.db]
        ready = copy.copy(made)
        ready.__class__ = _Compiler
        ready.connection = connection
        ready.ready = text, tuple(p.filled(values) if isinstance(p, _Place) else p for p in places)  # type: ignore[attr-defined]
        query = copy.copy(found.query)
        query.get_compiler = lambda *_a, **_k: ready  # type: ignore[method-assign]
        asked = found.__class__(found.model, query=query, using=found._db)  # type: ignore[attr-defined]
        asked._iterable_class = found._iterable_class
        return asked

    def first(self, *values: Hashable) -> ModelT | None:
        """The first row; the queryset itself says how many it asks for and in what order."""
        return next(iter(self(*values)), None)

    def _compile(
        self, values: tuple[Hashable, ...]
    ) -> tuple[QuerySet[ModelT], SQLCompiler, str, tuple[Any, ...]]:
        marks = [_mark(value, place) for place, value in enumerate(values)]
        found = self._build(*marks)
        made = found.query.get_compiler(using=found.db)
        text, params = made.as_sql()
        places = tuple(next(_places(param, marks), param) for param in params)
        missing = set(range(len(marks))) - {p.at for p in places if isinstance(p, _Place)}
        if missing:
            raise ValueError(f"{self._build.__qualname__}: values {sorted(missing)} don't reach the SQL")
        self._kept = found, made, text, places
        return self._kept


class _Place:
    """Where a value goes, and as what: psycopg's own kinds of int say which column it is for."""

    def __init__(self, at: int, kind: type) -> None:
        self.at, self._kind = at, kind

    def filled(self, values: tuple[Hashable, ...]) -> Any:
        value: Any = values[self.at]
        return self._kind(value) if issubclass(self._kind, int) else value


def _mark(value: Hashable, place: int) -> Hashable:
    make = _MARKS.get(dt.datetime if isinstance(value, dt.datetime) else type(value))
    if make is None:
        raise TypeError(f"{value!r} can decide about the SQL's shape")
    return make(place)


def _places(param: Any, marks: list[Hashable]) -> Iterator[_Place]:
    for place, mark in enumerate(marks):
        if isinstance(param, type(mark)) and param == mark:
            yield _Place(place, type(param))
