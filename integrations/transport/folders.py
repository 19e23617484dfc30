"""Folders of files below EMR_HOME/exchange, one for each channel: files are laid down whole, and taken when they are.

An IT person makes the folder, or mounts a share there; no path ever comes through a browser. What was taken lies in
`done`, what wasn't in `failed`.
"""

import contextlib
import datetime as dt
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from integrations.transport.client import Away
from integrations.transport.models import Channel

DONE, FAILED = "done", "failed"
# Two looks so far apart must find a file unchanged: a copier may write for minutes, and keep the old file's time.
SETTLE_SECONDS = 2.0
KEPT_DAYS = 7
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_seen: dict[Path, tuple[int, int, float]] = {}


def exchange_folder(facility_code: str) -> Path:
    """Where the folders of a facility's channels lie."""
    return Path(settings.EMR_HOME) / "exchange" / _UNFIT.sub("_", facility_code)


def folder_names(facility_code: str) -> list[str]:
    """The folders that an IT person has made for the facility."""
    base = exchange_folder(facility_code)
    try:
        return sorted(
            entry.name for entry in base.iterdir() if entry.is_dir() and not entry.name.startswith(".")
        )
    except OSError:
        return []


def folder_of(channel: Channel) -> Path:
    """The channel's folder. Raises Away("no_folder") where it isn't there: a share that isn't mounted, say."""
    found = exchange_folder(channel.facility.code) / _UNFIT.sub("_", channel.folder)
    try:
        is_there = bool(channel.folder) and not channel.folder.startswith(".") and found.is_dir()
    except OSError:
        is_there = False
    if not is_there:
        raise Away("no_folder", folder=channel.folder)
    return found


def lay_down(channel: Channel, name: str, content: bytes) -> None:
    """Put a file there so that whoever looks sees it whole or not at all; when this returns, it is on the disk.

    Raises Away.
    """
    folder = folder_of(channel)
    wanted = folder / _UNFIT.sub("_", name).lstrip(".")
    hidden = folder / f".{wanted.name}.{secrets.token_hex(4)}.tmp"
    try:
        try:
            with hidden.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(wanted)
        finally:
            hidden.unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        raise Away("folder_fault", folder=channel.folder, text=os.strerror(error.errno or 0)) from error


def _sync(folder: Path) -> None:
    """The folder's own entries; some shares can't."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that has stopped growing, with its bytes and when they were written."""

    path: Path
    content: bytes
    written_at: dt.datetime


def settled_files(folder: Path, *, largest: int, most: int = 200) -> Iterator[Taken | Path]:
    """The files that are whole, oldest first, each with its bytes; the path alone of one that is too large.

    A file counts as whole when two looks found the same size and time, and reading it didn't change that. Hidden files,
    links and folders are left alone, and so are names that end with .tmp or .part.
    """
    looked_at = time.monotonic()
    entries = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(".") or entry.name.lower().endswith((".tmp", ".part")):
                continue
            if entry.is_file(follow_symlinks=False):
                entries.append((entry.stat(follow_symlinks=False), Path(entry.path)))
    _forget_others(folder, {path for _stat, path in entries})
    ready = [
        (stat.st_mtime_ns, path, stat.st_size)
        for stat, path in entries
        if _is_settled(path, stat.st_size, stat.st_mtime_ns, looked_at)
    ]
    for changed, path, size in sorted(ready)[:most]:
        if size > largest:
            yield path
            continue
        try:
            content = path.read_bytes()
            after = path.stat()
        except FileNotFoundError:
            continue
        if (after.st_size, after.st_mtime_ns, len(content)) == (size, changed, size):
            yield Taken(path, content, dt.datetime.fromtimestamp(after.st_mtime, dt.UTC))


def _is_settled(path: Path, size: int, changed: int, looked_at: float) -> bool:
    before = _seen.get(path)
    if before is None or before[:2] != (size, changed):
        _seen[path] = (size, changed, looked_at)
        return False
    return looked_at - before[2] >= SETTLE_SECONDS


def _forget_others(folder: Path, present: set[Path]) -> None:
    for path in [path for path in _seen if path.parent == folder and path not in present]:
        del _seen[path]


def put_away(path: Path, where: str) -> None:
    """Move a file that was dealt with to `done` or `failed`; a name that is there already gets a number."""
    target_folder = path.parent / where
    target_folder.mkdir(exist_ok=True)
    target = target_folder / path.name
    if target.exists():
        target = target_folder / f"{path.stem}.{time.time_ns()}{path.suffix}"
    path.replace(target)
    os.utime(target)  # kept from now on
    _sync(target_folder)
    _sync(path.parent)


def clear_done(folder: Path) -> int:
    """Delete what was taken days ago: the messages are in the inbox. Answers how many files."""
    oldest = time.time() - KEPT_DAYS * 86400
    count = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder / DONE) as found:
        for entry in list(found):
            if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                with contextlib.suppress(FileNotFoundError):
                    Path(entry.path).unlink()
                    count += 1
    return count
