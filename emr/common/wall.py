"""The second wall between facilities: PostgreSQL's row-level security reads `emr.facility`, set here and nowhere else.

Each door says once whose work begins. The setting travels in front of a transaction's first statement, in the same
message: no round trip of its own, and it ends with the transaction, so a connection never carries it to somebody else.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql as composing
from psycopg.pq import TransactionStatus

NOWHERE = ""
EVERYWHERE = "all"
# Where code works that came through no door: it sees nothing of any facility.
unsaid = NOWHERE

_scope: ContextVar[str | None] = ContextVar("facility", default=None)


def scope() -> str:
    """A facility's id, EVERYWHERE or NOWHERE."""
    said = _scope.get()
    return unsaid if said is None else said


@contextlib.contextmanager
def _within(wanted: str) -> Iterator[None]:
    token = _scope.set(wanted)
    try:
        yield
    finally:
        _scope.reset(token)


def within(facility_id: int) -> contextlib.AbstractContextManager[None]:
    """Run a block as work of this facility."""
    return _within(str(int(facility_id)))


def within_scope(wanted: str) -> contextlib.AbstractContextManager[None]:
    """Run a block where an earlier `scope()` was: what a job inherits from whoever asked for it."""
    return _within(wanted if wanted in (NOWHERE, EVERYWHERE) else str(int(wanted)))


def nowhere() -> contextlib.AbstractContextManager[None]:
    """Run a block that sees no facility until it says which: a request before its person is known."""
    return _within(NOWHERE)


def everywhere() -> contextlib.AbstractContextManager[None]:
    """Run a block across all facilities; the caller writes down that it did. A test knows every caller."""
    return _within(EVERYWHERE)


def enter(facility_id: int) -> None:
    """The rest of the present block is work of this facility: the request's person is known now."""
    _scope.set(str(int(facility_id)))


class Teller:
    """Tells PostgreSQL the scope: once a transaction, and again where it has changed (an execute wrapper)."""

    def __init__(self) -> None:
        self._connection: object = None
        self._told: str | None = None  # None: not known, so it is told whatever it is

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        raw, cursor, wanted = context["connection"].connection, context["cursor"], scope()
        status = raw.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            self._told = NOWHERE  # the last one's word ended with it
        elif raw is not self._connection:
            self._told = None
        self._connection = raw
        if wanted == self._told or status == TransactionStatus.INERROR:
            answer = execute(sql, params, many, context)
        elif many or getattr(cursor.cursor, "name", None) is not None:
            answer = self._tell_apart(raw, wanted, lambda: execute(sql, params, many, context))
        else:
            answer = execute(_preceded(sql, wanted), params, many, context)
            cursor.nextset()
            self._told = wanted
        if isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
            self._told = None  # a word given after the savepoint is taken back
        return answer

    def _tell_apart(self, raw: Any, wanted: str, run: Callable[[], Any]) -> Any:
        """Statements that psycopg puts together itself (server-side cursors, many rows) can't be preceded."""
        if not raw.autocommit:
            raw.execute(_telling(wanted))
            self._told = wanted
            return run()
        # A server-side cursor outside a transaction is declared WITH HOLD: it outlives this one.
        with raw.transaction():
            raw.execute(_telling(wanted))
            return run()


def _telling(wanted: str) -> str:
    return f"SET LOCAL emr.facility = '{wanted}'"  # a number or a word of ours


def _preceded(sql: Any, wanted: str) -> Any:
    if isinstance(sql, composing.Composable):
        return composing.SQL(f"{_telling(wanted)}; ") + sql
    return f"{_telling(wanted)}; {sql}"


def tell_every_connection(sender: object, connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    """Have a new connection told; the owner's needs nothing: the wall isn't for who built it."""
    if connection.vendor != "postgresql" or connection.alias == "owner":
        return
    if not any(isinstance(wrapper, Teller) for wrapper in connection.execute_wrappers):
        connection.execute_wrappers.append(Teller())
