"""What reading a database has in common, whatever its kind: places in a view, names, and a wire that is cut in time."""

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from integrations.transport.client import Away, peers_folder
from integrations.transport.intakes import SqlSource
from integrations.transport.models import Channel
from integrations.transport.rows import Cell

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
_WHOLE = re.compile(r"-?\d{1,38}")


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in the order that is read: its key and when it was changed (None: by the key alone).

    Without a key ("") it is the instant alone: the rows of that instant lie behind it.
    """

    key: str
    changed: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its place, and its cells in the order of the source's columns by name."""

    position: Position
    cells: tuple[Cell, ...]


class Session(Protocol):
    """A connection to a source."""

    def __enter__(self) -> "Session":
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""

    def page(self, start: Position | None, limit: int) -> list[Line]:
        """The first rows from `start` on, the rows of that very place included. Raises Away."""


def column_names(source: SqlSource) -> list[str]:
    """Our names of the columns, in the order in which they are read."""
    return sorted(source.columns)


def is_whole(key: str) -> bool:
    """Whether the key is a whole number."""
    return _WHOLE.fullmatch(key) is not None


def identifiers_of(source: SqlSource) -> tuple[list[str], list[str]]:
    """(the view's name in parts, the columns read: key, changed where there is one, then the row's)."""
    view = source.view.split(".")
    names = [source.key_column, *filter(None, [source.changed_column])]
    names += [source.columns[name] for name in column_names(source)]
    if len(view) > 2 or not all(IDENTIFIER.fullmatch(name) for name in [*view, *names]):
        raise Away("sql_names")  # the form never lets one through
    return view, names


def password_of(channel: Channel) -> str:
    """What stands in the channel's file of EMR_HOME/peers. Raises Away("password_file")."""
    name = f"{channel.credential}.password"
    try:
        return (peers_folder() / name).read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Away("password_file", file=name) from error


def place_of(channel: Channel) -> dict[str, str]:
    """Where the neighbour is, for a reason's words."""
    return {"address": f"{channel.address}:{channel.port}"}


@contextlib.contextmanager
def cut_after(seconds: float, handle: int, channel: Channel) -> Iterator[None]:
    """A neighbour that says nothing more must not stretch the time: the wire is cut at its end."""
    is_late = threading.Event()
    wire = socket.socket(fileno=os.dup(handle))

    def cut() -> None:
        is_late.set()
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, cut)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    except Away as away:
        if is_late.is_set():
            raise Away("no_answer", **place_of(channel), seconds=seconds) from away
        raise
    finally:
        alarm.cancel()
        wire.close()


def text_of(value: bytes | None) -> Cell:
    """UTF-8 as text; what is none stays bytes, and is refused later."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def line_of(cells: Sequence[Cell], *, has_changed: bool) -> Line:
    """Raises Away for a key that is no text: no place can be kept by it."""
    at = cells[1] if has_changed else None
    if not isinstance(cells[0], str) or isinstance(at, bytes):
        raise Away("sql_key")
    return Line(Position(cells[0], at), tuple(cells[2 if has_changed else 1 :]))
