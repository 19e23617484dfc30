"""SQL Server and Oracle as ends of a polled database: written after their documentation, tried against no server yet.

Their drivers are extras (`sqlserver`, `oracle`). What a database writes for a time is asked of the database, so that no
digit of it is lost between two looks; other values are written here.
"""

import contextlib
import datetime as dt
import decimal
import os
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NoReturn

from integrations.transport.client import Away, peers_folder, tls_for
from integrations.transport.intakes import SqlSource
from integrations.transport.models import Channel
from integrations.transport.rows import Cell
from integrations.transport.wires import (
    Line,
    Position,
    cut_after,
    identifiers_of,
    line_of,
    password_of,
    place_of,
)

_GRACE_SECONDS = 5


class Dialect:
    """How a page of a view is asked for; `marks` are the placeholders of the first, second … value."""

    quotes = '"', '"'
    limit_first, limit_last = "", " FETCH FIRST {limit} ROWS ONLY"
    changed = "CAST({column} AS TIMESTAMP(9))"
    changed_text = "TO_CHAR({changed}, 'YYYY-MM-DD HH24:MI:SS.FF9')"
    instant = "TO_TIMESTAMP({mark}, 'YYYY-MM-DD HH24:MI:SS.FF9')"
    # What an index on the column itself can be used for; the exact comparison stands beside it.
    about = "{column} >= {instant} - INTERVAL '1' SECOND"

    def mark(self, place: int) -> str:
        """The placeholder of a value, counted from one."""
        return f":{place}"

    def quoted(self, name: str) -> str:
        """An identifier, which was looked through before."""
        return name.join(self.quotes)

    def query(self, source: SqlSource, start: Position | None, limit: int) -> tuple[str, list[str]]:
        """(the statement, its values): the rows from `start` on in their order. Raises Away."""
        view, names = identifiers_of(source)
        columns = [self.quoted(name) for name in names]
        key, selected = columns[0], list(columns)
        order, conditions, values = [key], [f"{key} IS NOT NULL"], list[str]()
        if source.changed_column:
            changed = self.changed.format(column=columns[1])
            selected[1] = self.changed_text.format(changed=changed)
            order, conditions = [changed, key], [*conditions, f"{columns[1]} IS NOT NULL"]
            if start is not None:
                at = _nine_digits(start.changed or "")
                values = [at, at] if not start.key else [at, at, at, start.key]
                marks = [self.mark(place) for place in range(1, len(values) + 1)]
                instants = [self.instant.format(mark=mark) for mark in marks]
                conditions.append(self.about.format(column=columns[1], instant=instants[0]))
                conditions.append(
                    f"({changed} > {instants[1]} OR ({changed} = {instants[2]} AND {key} >= {marks[3]}))"
                    if start.key
                    else f"{changed} >= {instants[1]}"
                )
        elif start is not None:
            values = [start.key]
            conditions.append(f"{key} >= {self.mark(1)}")
        statement = (
            f"SELECT {self.limit_first.format(limit=limit)}{', '.join(selected)}"  # noqa: S608  identifiers, looked through
            f" FROM {'.'.join(map(self.quoted, view))} WHERE {' AND '.join(conditions)} ORDER BY {', '.join(order)}"
            f"{self.limit_last.format(limit=limit)}"
        )
        return statement, values


class TransactSql(Dialect):
    """SQL Server's words."""

    quotes = "[", "]"
    limit_first, limit_last = "TOP ({limit}) ", ""
    changed = "CAST({column} AS datetime2(7))"
    changed_text = "CONVERT(nvarchar(40), {changed}, 121)"
    instant = "CONVERT(datetime2(7), LEFT({mark}, 27), 121)"
    about = "{column} >= DATEADD(second, -1, {instant})"

    def mark(self, place: int) -> str:
        """Values are counted by their order alone."""
        return "%s"


def _nine_digits(instant: str) -> str:
    """The instant with all nine digits of its second: "2026-11-28 07:30:00.500000000"."""
    whole, _point, fraction = instant.partition(".")
    return f"{whole}.{fraction[:9]:0<9}"


def cell_of(value: Any) -> Cell:
    """A driver's value as text."""
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)


class _Untried:
    """What both have in common: a page within its time, and refusals in words."""

    dialect: Dialect
    # {the database's own number: code of `reasons`}
    refusals: dict[int, str]

    def __init__(self, channel: Channel, source: SqlSource) -> None:
        self._channel, self._source = channel, source
        self._connection: Any = self._connect()

    def _connect(self) -> Any:
        raise NotImplementedError

    def __enter__(self) -> "_Untried":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):
            self._connection.close()

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        try:
            yield
        except (Away, MemoryError):
            raise
        except Exception as error:  # each driver has kinds of its own
            self._raise(error)

    def page(self, start: Position | None, limit: int) -> list[Line]:
        """The first rows from `start` on. Raises Away."""
        statement, values = self.dialect.query(self._source, start, limit)
        with self._limit(), self._connection.cursor() as cursor:
            self._begin(cursor)
            cursor.execute(statement, values)
            rows = cursor.fetchall()
        has_changed = bool(self._source.changed_column)
        return [line_of([cell_of(value) for value in row], has_changed=has_changed) for row in rows]

    def _begin(self, cursor: Any) -> None:
        """What comes before each page."""

    def _raise(self, error: Exception) -> NoReturn:
        source, where = self._source, place_of(self._channel)
        number = self._number_of(error)
        reason = self.refusals.get(number, "")
        details: dict[str, dict[str, Any]] = {
            "sql_login": {**where, "user": source.username},
            "sql_database": {**where, "database": source.database},
            "sql_denied": {"user": source.username, "view": source.view},
            "sql_view": {"text": f"{source.view} ({number})"},
            "sql_slow": {"seconds": source.statement_seconds},
        }
        if reason:
            raise Away(reason, **details[reason]) from error
        if not number and type(error).__module__ == "builtins" and not isinstance(error, OSError):
            raise error  # a fault of ours
        if not number:
            raise Away("no_connection", **where) from error
        raise Away("sql_fault", code=number) from error

    def _number_of(self, error: Exception) -> int:
        raise NotImplementedError


def _driver(name: str, extra: str) -> Any:
    """The extra's module. Raises Away("sql_driver") where it isn't installed."""
    from importlib import import_module  # noqa: PLC0415

    try:
        return import_module(name)
    except ImportError as error:
        raise Away("sql_driver", extra=extra) from error


class SqlServer(_Untried):
    """By python-tds. Without TLS it would send the password as good as in clear text: so never."""

    dialect = TransactSql()
    refusals = {
        18456: "sql_login", 4060: "sql_database", 208: "sql_view", 207: "sql_view", 229: "sql_denied", 230: "sql_denied",
    }  # fmt: skip

    def _connect(self) -> Any:
        channel, source, pytds = self._channel, self._source, _driver("pytds", "sqlserver")
        _driver("OpenSSL", "sqlserver")  # which python-tds asks for TLS
        if not channel.uses_tls or not channel.authority:
            raise Away("sql_needs_tls")
        tls_for(channel)  # files that can't be read are said as for every channel
        try:
            wire = socket.create_connection((channel.address, channel.port or 1433), channel.connect_seconds)
        except OSError as error:
            raise Away("no_connection", **place_of(channel)) from error
        self._handle = os.dup(wire.fileno())
        try:
            with self._limit():
                return pytds.connect(
                    dsn=channel.tls_name or channel.address, database=source.database, user=source.username,
                    password=password_of(channel), autocommit=True, readonly=True, timeout=source.statement_seconds,
                    login_timeout=channel.connect_seconds, appname="emr", sock=wire, disable_connect_retry=True,
                    cafile=str(peers_folder() / f"{channel.authority}.pem"), validate_host=True,
                )  # fmt: skip
        except BaseException:
            wire.close()
            os.close(self._handle)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        with contextlib.suppress(OSError):
            os.close(self._handle)

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        seconds = self._source.statement_seconds + _GRACE_SECONDS
        with cut_after(seconds, self._handle, self._channel), super()._limit():
            yield

    def _number_of(self, error: Exception) -> int:
        return int(getattr(error, "number", 0) or 0)


class Oracle(_Untried):
    """By python-oracledb, which needs no client of Oracle's; the password is never sent as it is."""

    dialect = Dialect()
    refusals = {
        1017: "sql_login", 28000: "sql_login", 12514: "sql_database", 12505: "sql_database", 942: "sql_view",
        904: "sql_view", 1031: "sql_denied", 1013: "sql_slow", 3136: "sql_slow",
    }  # fmt: skip

    def _connect(self) -> Any:
        channel, source, oracledb = self._channel, self._source, _driver("oracledb", "oracle")
        oracledb.defaults.fetch_decimals, oracledb.defaults.fetch_lobs = True, False
        options: dict[str, Any] = {"protocol": "tcp"}
        if secure := tls_for(channel):
            options = {"protocol": "tcps", "ssl_context": secure, "ssl_server_dn_match": True}
        with self._limit():
            connection = oracledb.connect(
                user=source.username, password=password_of(channel), host=channel.address, port=channel.port or 1521,
                service_name=source.database, tcp_connect_timeout=channel.connect_seconds, retry_count=0, program="emr",
                **options,
            )  # fmt: skip
            connection.call_timeout = source.statement_seconds * 1000
        return connection

    def _begin(self, cursor: Any) -> None:
        self._connection.rollback()
        cursor.execute("SET TRANSACTION READ ONLY")

    def _number_of(self, error: Exception) -> int:
        told = error.args[0] if error.args else None
        # DPY-4024: the call took longer than its time.
        return 1013 if getattr(told, "full_code", "") == "DPY-4024" else int(getattr(told, "code", 0) or 0)
