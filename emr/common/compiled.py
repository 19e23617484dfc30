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
from django.db.models import CharField, ForeignKey, Lookup
from django.db.models.query import QuerySet
from django.db.models.sql.compiler import SQLCompiler

ModelT = TypeVar("ModelT", bound=models.Model)
Value = Hashable | list[int] | list[str]

# What can stand for a value while the text is put together, none of which anybody asks for.
_MARKS: dict[type, Callable[[int], Value]] = {
    int: lambda place: 4_611_686_018_427_387_000 + place,
    str: lambda place: f"\ue000{place}\ue001",
    UUID: lambda place: UUID(int=0xE000 << 112 | place),
    dt.datetime: lambda place: dt.datetime(9000, 1, 1 + place, tzinfo=dt.UTC),
    dt.date: lambda place: dt.date(9000, 1, 1 + place),
    list: lambda place: [4_611_686_018_427_388_000 + place],
}


@CharField.register_lookup
@ForeignKey.register_lookup
class AnyOf(Lookup[Any]):
    """`stay__any_of=[1, 2]`: the column is one of these ids or codes, which go as one value: the text never changes."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`column = ANY (array)`."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, self.rhs)


class _Compiler(SQLCompiler):
    """A compiler whose text is there already."""

    ready: tuple[str, tuple[Any, ...]]

    def as_sql(self, *_args: Any, **_kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self.ready


class Compiled(Generic[ModelT]):
    """A queryset as a function of values (int, str, UUID, datetime, date, list of ids or codes), compiled at its first use.

    The function may do nothing with a value but pass it to the queryset unchanged, and every value must reach the SQL:
    a value that decides about the SQL's shape (None, a boolean, a list that isn't asked for by `any_of`) can't be kept.
    Raises TypeError for such a value, ValueError where one doesn't arrive. Answers a queryset that can be iterated or
    listed, and not refined.
    """

    def __init__(self, build: Callable[..., QuerySet[ModelT]]) -> None:
        self._build = build
        self._kept: tuple[QuerySet[ModelT], SQLCompiler, str, tuple[Any, ...]] | None = None
        functools.update_wrapper(self, build)

    def plain(self, *values: Value) -> QuerySet[ModelT]:
        """The queryset as the ORM makes it."""
        return self._build(*values)

    def __call__(self, *values: Value) -> QuerySet[ModelT]:
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
        asked._fields = found._fields  # type: ignore[attr-defined]
        return asked

    def first(self, *values: Value) -> ModelT | None:
        """The first row; the queryset itself says how many it asks for and in what order."""
        return next(iter(self(*values)), None)

    def _compile(
        self, values: tuple[Value, ...]
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

    def filled(self, values: tuple[Value, ...]) -> Any:
        value: Any = values[self.at]
        return self._kind(value) if issubclass(self._kind, int) else value


def _mark(value: Value, place: int) -> Value:
    make = _MARKS.get(dt.datetime if isinstance(value, dt.datetime) else type(value))
    if make is None:
        raise TypeError(f"{value!r} can decide about the SQL's shape")
    return make(place)


def _places(param: Any, marks: list[Value]) -> Iterator[_Place]:
    for place, mark in enumerate(marks):
        if isinstance(param, type(mark)) and param == mark:
            yield _Place(place, type(param))
