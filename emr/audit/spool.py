"""Lines of plain reads while the database takes nothing: kept in a file on this machine, taken in later (F-11).

A full volume mustn't shut the wards out of what is written already. Only reads and refusals are kept so; signing,
exports and every change need their line in the database and fail without it (S-56).
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _

from emr.audit.chain import head_folder
from emr.common.clock import now

# disk_full and read_only_sql_transaction: an administrator who makes room sets the database read-only meanwhile.
_TAKES_NOTHING = {"53100", "25006"}
_PLAIN_VERBS = {"read", "list", "search", "history", "worklist", "overdue", "compare", "match"}
_PROBE_SECONDS = 10.0


def takes_nothing(error: BaseException) -> bool:
    """Whether the database refuses because it can't write at all."""
    cause = error.__cause__ or error
    return isinstance(error, DatabaseError) and getattr(cause, "sqlstate", None) in _TAKES_NOTHING


def may_wait(action: str, outcome: str) -> bool:
    """Whether the line may be kept in the file: a look at something, or a refusal; nothing was changed or left the house."""
    return outcome == "denied" or action.rpartition(".")[2] in _PLAIN_VERBS


def _folder() -> Path:
    return head_folder() / "spool"


def _mark() -> Path:
    return _folder() / "database-takes-nothing"


def is_full() -> bool:
    """Whether the database took nothing when somebody last tried; all processes of this machine see it."""
    return _mark().exists()


def full_since() -> dt.datetime | None:
    """Since when; None while all is well."""
    try:
        return dt.datetime.fromisoformat(_mark().read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def set_full() -> None:
    """Remember it; the first one's time stays."""
    _folder().mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), _mark().open("x", encoding="ascii") as file:
        file.write(now().isoformat())


def clear_full() -> None:
    """The database takes lines again."""
    _mark().unlink(missing_ok=True)


def is_time_to_try() -> bool:
    """Whether there is something to take in or to find out, and nobody tried just now."""
    if not _folder().exists():
        return False
    if not is_full():
        return any(_folder().glob("*.jsonl"))
    tried = _folder() / "tried"
    if tried.exists() and time.time() - tried.stat().st_mtime < _PROBE_SECONDS:
        return False
    tried.touch()
    return True


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time writes the file or puts it aside."""
    _folder().mkdir(parents=True, exist_ok=True)
    with (_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(columns: dict[str, Any]) -> None:
    """Add a line, durable before this returns. Raises OSError where this volume is full too: then nothing is shown."""
    line = {"spool": uuid.uuid4().hex, "happened_at": now().isoformat(), **columns}
    with _alone(), (_folder() / "lines.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def set_aside() -> list[Path]:
    """The files to take in, oldest first; the one being written is closed by giving it another name."""
    with _alone():
        current = _folder() / "lines.jsonl"
        if current.exists():
            current.rename(_folder() / f"taking-{now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.jsonl")
    return sorted(_folder().glob("taking-*.jsonl"))


def lines_in(text: str) -> list[dict[str, Any]]:
    """The lines of a file; a torn last one belongs to a read that was never answered."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def waiting_count() -> int:
    """How many lines wait in files."""
    return sum(len(lines_in(file.read_text(encoding="utf-8"))) for file in _folder().glob("*.jsonl"))


def health() -> str:
    """Why lines wait in a file; "" when none does."""
    since = full_since()
    if since is not None:
        return _(
            "The database takes nothing new. People can read; %(count)s lines of the log wait in a file."
        ) % {"count": waiting_count()}
    count = waiting_count() if _folder().exists() else 0
    return _("%(count)s lines of the log wait in a file.") % {"count": count} if count else ""
