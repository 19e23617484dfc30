"""A backup's folder: names, manifest, durable writing, which old ones may go."""

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from emr.local.nights import STAMP, moment_of

MANIFEST, DUMP, FILES, HOME = "manifest.json", "database.dump", "files", "home"
DAILY, WEEKLY, MONTHLY = 7, 5, 12


def name_for(moment: dt.datetime) -> str:
    """20261122T020000Z: sorts as time does."""
    return moment.astimezone(dt.UTC).strftime(STAMP)


def slots_in(folder: Path) -> list[Path]:
    """The finished backups, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if moment_of(path))


def write(path: Path, content: bytes) -> str:
    """Write durably; answers the SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_path(slot: Path, name: str) -> Path:
    return slot / FILES / name[:2] / name


def read_manifest(slot: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((slot / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def sync_folders(root: Path) -> None:
    """Make the names durable too."""
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def kept(moments: Iterable[dt.datetime]) -> set[dt.datetime]:
    """Of all backups those that stay: the last of each of 7 days, 5 weeks and 12 months."""
    newest_first = sorted(moments, reverse=True)
    stay: set[dt.datetime] = set()
    for form, count in (("%Y-%j", DAILY), ("%G-%V", WEEKLY), ("%Y-%m", MONTHLY)):
        last_of: dict[str, dt.datetime] = {}
        for moment in newest_first:
            last_of.setdefault(moment.strftime(form), moment)
        stay |= set(list(last_of.values())[:count])
    return stay


def prune(folder: Path) -> list[str]:
    """Remove what the rule above lets go; answers the names."""
    moments = {moment: slot for slot in slots_in(folder) if (moment := moment_of(slot))}
    gone = [slot for moment, slot in moments.items() if moment not in kept(moments)]
    for slot in gone:
        shutil.rmtree(slot)
    return [slot.name for slot in gone]
