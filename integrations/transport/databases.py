"""The other end of a polled database: one page of one view in a session that can only read, within a time that ends.

What comes back is text, as the database writes it, so that no value of one row keeps the others from being read.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NoReturn

import psycopg
import pymysql
from django.utils import timezone
from psycopg import sql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions

from integrations.transport.client import Away, peers_folder, tls_for
from integrations.transport.intakes import SqlSource
from integrations.transport.models import Channel
from integrations.transport.rows import Cell
from integrations.transport.untried_databases import Oracle, SqlServer
from integrations.transport.wires import (
    Line,
    Position,
    Session,
    cut_after,
    identifiers_of,
    is_whole,
    line_of,
    password_of,
    place_of,
    text_of,
)

_GRACE_SECONDS = 5
_NUMBERS = {
    FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.INT24, FIELD_TYPE.DECIMAL,
    FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.YEAR,
}  # fmt: skip


def open_session(channel: Channel, source: SqlSource) -> Session:
    """Connect and make the session read-only. Raises Away."""
    return _SESSIONS[SqlSource.Driver(source.driver)](channel, source)


def _utc_offset() -> str:
    written = timezone.localtime().strftime("%z")
    return f"{written[:3]}:{written[3:]}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200]


class _Postgres:
    """By psycopg; every cell is taken in the server's own text form."""

    def __init__(self, channel: Channel, source: SqlSource) -> None:
        self._channel, self._source = channel, source
        try:
            self._connection = psycopg.connect(
                autocommit=True,
                prepare_threshold=None,  # a pooler in front gives another server each time
                **self._options(),  # type: ignore[arg-type]  # libpq's words
            )
        except psycopg.Error as error:
            self._raise(error)
        self._connection.read_only = True  # each page's transaction begins READ ONLY
        try:
            with self._limit():
                self._connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            self._connection.close()
            raise

    def _options(self) -> dict[str, str | int]:
        channel, folder = self._channel, peers_folder()
        options: dict[str, str | int] = {
            "host": channel.address, "port": channel.port or 5432, "dbname": self._source.database,
            "user": self._source.username, "password": password_of(channel),
            "connect_timeout": max(channel.connect_seconds, 2), "client_encoding": "UTF8", "application_name": "emr",
            "gssencmode": "disable", "sslmode": "prefer", "tcp_user_timeout": 20_000, "target_session_attrs": "any",
        }  # fmt: skip
        if not channel.uses_tls:
            return options | {
                "require_auth": "!password"
            }  # never in clear text, whatever the server asks for
        tls_for(channel)  # files that can't be read are said as for every channel
        authority = str(folder / f"{channel.authority}.pem") if channel.authority else "system"
        options |= {"sslmode": "verify-full", "sslrootcert": authority}
        if channel.tls_name:
            options |= {"host": channel.tls_name, "hostaddr": _resolved(channel)}
        if channel.client_certificate:
            own = folder / f"{channel.client_certificate}.pem"
            options |= {"sslcert": str(own), "sslkey": str(own.with_suffix(".key"))}
        return options

    def __enter__(self) -> "_Postgres":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(psycopg.Error):
            self._connection.close()

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        with cut_after(
            self._source.statement_seconds + _GRACE_SECONDS, self._connection.pgconn.socket, self._channel
        ):
            try:
                yield
            except psycopg.Error as error:
                self._raise(error)

    def page(self, start: Position | None, limit: int) -> list[Line]:
        view, names = identifiers_of(self._source)
        key, changed = sql.Identifier(names[0]), self._source.changed_column
        order = [key] if not changed else [sql.Identifier(changed), key]
        conditions = [sql.SQL("{} IS NOT NULL").format(name) for name in order]
        values: list[str | int] = []
        if start is not None and changed and not start.key:
            conditions.append(sql.SQL("{} >= %s").format(order[0]))
            values.append(start.changed or "")
        elif start is not None and changed:
            at = order[0]
            conditions.append(sql.SQL("({at} > %s OR ({at} = %s AND {key} >= %s))").format(at=at, key=key))
            values += [start.changed or "", start.changed or "", start.key]
        elif start is not None:
            conditions.append(sql.SQL("{} >= %s").format(key))
            values.append(start.key)
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %s").format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.Identifier(*view),
            sql.SQL(" AND ").join(conditions),
            sql.SQL(", ").join(order),
        )
        with self._limit(), self._connection.transaction():
            self._connection.execute(
                sql.SQL(
                    "SET LOCAL statement_timeout = {}; SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = {}"
                ).format(self._source.statement_seconds * 1000, timezone.get_current_timezone_name())
            )
            cursor = self._connection.execute(query, [*values, limit])
            found = cursor.pgresult
            if found is None:
                return []
            rows = [
                [text_of(found.get_value(row, column)) for column in range(len(names))]
                for row in range(found.ntuples)
            ]
        return [line_of(cells, has_changed=bool(changed)) for cells in rows]

    def _raise(self, error: psycopg.Error) -> NoReturn:
        state, channel = error.sqlstate or "", self._channel
        where = place_of(channel)
        if state in {"42703", "42P01", "3F000"} and error.diag.message_primary:
            raise Away("sql_view", text=error.diag.message_primary[:200]) from error
        if state[:2] == "28" or (not state and "authentication" in str(error)):
            raise Away("sql_login", **where, user=self._source.username) from error
        if state == "3D000" or (not state and "database" in str(error) and "does not exist" in str(error)):
            raise Away("sql_database", **where, database=self._source.database) from error
        if state == "42501":
            raise Away("sql_denied", user=self._source.username, view=self._source.view) from error
        if state == "57014":
            raise Away("sql_slow", seconds=self._source.statement_seconds) from error
        if not state or state[:2] in {"08", "57", "53"}:
            text = str(error)
            if channel.uses_tls and ("SSL" in text or "certificate" in text):
                raise Away("tls_refused", **where, text="TLS") from error
            raise Away("no_connection", **where) from error
        raise Away("sql_fault", code=state) from error  # its words may hold a row's values


def _resolved(channel: Channel) -> str:
    try:
        return str(socket.getaddrinfo(channel.address, channel.port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise Away("no_connection", **place_of(channel)) from error


class _NoClearPassword:
    """A server that asks for the password itself doesn't get it over a wire that anybody may read."""

    def __init__(self, connection: object) -> None:
        pass

    def authenticate(self, packet: object) -> NoReturn:
        raise pymysql.err.OperationalError(1045, "refused")


class _MariaDb:
    """By PyMySQL; MySQL as well."""

    def __init__(self, channel: Channel, source: SqlSource) -> None:
        self._channel, self._source = channel, source
        self._numeric_key = False
        secure = tls_for(channel)
        refused = {"mysql_clear_password": _NoClearPassword, "dialog": _NoClearPassword}
        try:
            wire = socket.create_connection((channel.address, channel.port or 3306), channel.connect_seconds)
        except OSError as error:
            raise Away("no_connection", **place_of(channel)) from error
        limit = source.statement_seconds + _GRACE_SECONDS
        self._connection: Any = pymysql.Connection(
            host=channel.tls_name or channel.address, port=channel.port or 3306, user=source.username,
            password=password_of(channel).encode(), database=source.database, charset="utf8mb4", autocommit=True,
            read_timeout=limit, write_timeout=limit, ssl=secure, local_infile=False, defer_connect=True,
            conv={kind: how for kind, how in conversions.items() if not isinstance(kind, int)},  # every cell as text
            auth_plugin_map={} if secure else refused,
        )  # fmt: skip
        self._handle = os.dup(wire.fileno())
        try:
            with self._limit():
                self._connection.connect(wire)
                self._make_read_only()
        except BaseException:
            wire.close()
            self._hang_up()
            raise

    def _make_read_only(self) -> None:
        seconds = self._source.statement_seconds
        version = str(self._connection.get_server_info())
        limit = (
            f"SET SESSION max_statement_time = {seconds}"
            if "MariaDB" in version
            else f"SET SESSION max_execution_time = {seconds * 1000}"
        )
        with self._connection.cursor() as cursor:
            for statement in (
                limit,
                "SET SESSION TRANSACTION READ ONLY",
                f"SET SESSION time_zone = '{_utc_offset()}'",
            ):
                cursor.execute(statement)

    def __enter__(self) -> "_MariaDb":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        with contextlib.suppress(Exception):
            self._connection.close()
        with contextlib.suppress(OSError):
            os.close(self._handle)

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        seconds = self._source.statement_seconds + _GRACE_SECONDS
        began = time.monotonic()
        with cut_after(seconds, self._handle, self._channel):
            try:
                yield
            except (pymysql.Error, OSError, UnicodeDecodeError) as error:
                if time.monotonic() - began >= seconds:
                    raise Away("no_answer", **place_of(self._channel), seconds=seconds) from error
                self._raise(error)

    def page(self, start: Position | None, limit: int) -> list[Line]:
        view, names = identifiers_of(self._source)
        quoted = [f"`{name}`" for name in names]
        key, changed = quoted[0], quoted[1] if self._source.changed_column else ""
        order = [changed, key] if changed else [key]
        conditions = [f"{name} IS NOT NULL" for name in order]
        values: list[str | int] = []
        if start is not None and changed and not start.key:
            conditions.append(f"{changed} >= %s")
            values.append(start.changed or "")
        elif start is not None and changed:
            conditions.append(f"({changed} > %s OR ({changed} = %s AND {key} >= %s))")
            values += [start.changed or "", start.changed or "", self._bound(start.key)]
        elif start is not None:
            conditions.append(f"{key} >= %s")
            values.append(self._bound(start.key))
        query = (
            f"SELECT {', '.join(quoted)} FROM {'.'.join(f'`{part}`' for part in view)}"  # noqa: S608  identifiers, looked through
            f" WHERE {' AND '.join(conditions)} ORDER BY {', '.join(order)} LIMIT %s"
        )
        with self._limit(), self._connection.cursor() as cursor:
            cursor.execute(query, [*values, limit])
            rows = cursor.fetchall()
        return [line_of([_own(cell) for cell in row], has_changed=bool(changed)) for row in rows]

    def _bound(self, key: str) -> str | int:
        """A number compared with text is compared as a float, and text with a number too: each with its own kind."""
        if not self._source.changed_column:
            return int(key)
        if not self._numeric_key:
            self._numeric_key = self._key_is_a_number()
        return int(key) if self._numeric_key and is_whole(key) else key

    def _key_is_a_number(self) -> bool:
        view, names = identifiers_of(self._source)
        from_view = ".".join(f"`{part}`" for part in view)
        with self._limit(), self._connection.cursor() as cursor:
            cursor.execute(f"SELECT `{names[0]}` FROM {from_view} LIMIT 0")  # noqa: S608  likewise
            return cursor.description[0][1] in _NUMBERS

    def _raise(self, error: Exception) -> NoReturn:
        channel, where = self._channel, place_of(self._channel)
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if code in {1054, 1146}:
            raise Away("sql_view", text=str(error.args[1])[:200]) from error
        if code in {1045, 1698, 1130}:
            raise Away("sql_login", **where, user=self._source.username) from error
        if code in {1044, 1049}:
            raise Away("sql_database", **where, database=self._source.database) from error
        if code in {1142, 1143, 1227, 1356}:
            raise Away("sql_denied", user=self._source.username, view=self._source.view) from error
        if code in {1969, 3024}:
            raise Away("sql_slow", seconds=self._source.statement_seconds) from error
        if code == 2026 or (channel.uses_tls and "SSL" in str(error)):
            raise Away("tls_refused", **where, text="TLS") from error
        if code in {2003, 2006, 2013, 2014, 0} or isinstance(error, OSError):
            raise Away("no_connection", **where) from error
        raise Away("sql_fault", code=code) from error


def _own(cell: Any) -> Cell:
    """BIT(1) is a number; other bytes are no text."""
    if isinstance(cell, bytes) and cell in {b"\x00", b"\x01"}:
        return str(cell[0])
    return cell if isinstance(cell, str | bytes) or cell is None else str(cell)


_SESSIONS: dict[SqlSource.Driver, Callable[[Channel, SqlSource], Session]] = {
    SqlSource.Driver.POSTGRESQL: _Postgres,
    SqlSource.Driver.MARIADB: _MariaDb,
    SqlSource.Driver.SQL_SERVER: SqlServer,
    SqlSource.Driver.ORACLE: Oracle,
}
