"""`manage.py backup`: database, files and sealed keys of one moment, whole or not at all."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from emr.common.clock import now
from emr.local import binaries, sealing
from emr.storage.backups import slots
from emr.storage.stores import StoreDown, store

# Made anew, kept elsewhere, or no part of the record.
_NOT_COPIED = {
    "postgres",
    "broker",
    "files",
    "static",
    "logs",
    "run",
    "backups",
    "instance.env",
    "screenshots",
    "tls",  # its server's key lies open; the root is in the safe, certificates are made anew
}
SEALED = ("EMR_SECRET_KEY", "EMR_FILE_KEY")


class BackupError(Exception):
    """Said to the person who runs the command."""


@dataclass(frozen=True)
class Report:
    """What was kept."""

    slot: Path
    tables: int
    rows: int
    files: int
    new_files: int
    removed: list[str]


def back_up(destination: Path, *, password: str, prune: bool = True) -> Report:
    """One new slot below the destination. Files already in an older slot are linked, not copied."""
    destination.mkdir(parents=True, exist_ok=True)
    with _alone(destination):
        moment = now()
        work = destination / f".unfinished-{slots.name_for(moment)}"
        work.mkdir(mode=0o700)
        older = slots.slots_in(destination)
        # First what lies beside the database: the audit chain's heads there must not be younger than the rows.
        copied = _copy_home(work)
        with _snapshot() as (connection, snapshot):
            counts = table_counts(connection)
            names = [
                row[0] for row in connection.execute("SELECT DISTINCT stored_sha256 FROM storage_attachment")
            ]
            migrations = connection.execute(
                "SELECT app, name FROM django_migrations ORDER BY app, name"
            ).fetchall()
            dump_digest = _dump(work / slots.DUMP, snapshot)
        new_files = sum(_keep_file(name, work, older[-1] if older else None) for name in sorted(names))
        keys = {
            name: ",".join(settings.EMR_FILE_KEYS) if name == "EMR_FILE_KEY" else settings.SECRET_KEY
            for name in SEALED
        }
        slots.write(work / sealing.FILE, sealing.seal(keys, password).encode())
        manifest = {
            "format": 1,
            "made_at": moment.isoformat(),
            "settings": os.environ.get("EMR_SETTINGS", "production"),
            "database": {"sha256": dump_digest, "counts": counts, "migrations": migrations},
            "files": sorted(names),
            "home": copied,
        }
        slots.write(work / slots.MANIFEST, json.dumps(manifest, indent=1).encode())
        slots.sync_folders(work)
        slot = destination / slots.name_for(moment)
        work.rename(slot)
        slots.sync_folders(destination)
        removed = slots.prune(destination) if prune else []
    return Report(slot, len(counts), sum(counts.values()), len(names), new_files, removed)


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """One backup at a time; what a killed one left is thrown away."""
    with (destination / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is writing to {destination}.") from None
        for stale in destination.glob(".unfinished-*"):
            shutil.rmtree(stale)
        yield


def _copy_home(work: Path) -> dict[str, str]:
    """Everything small that an instance keeps beside database and files (wrapped signing keys, chain heads)."""
    home = Path(settings.EMR_HOME)
    copied = {}
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        if path.is_file() and not path.is_symlink() and relative.parts[0] not in _NOT_COPIED:
            copied[str(relative)] = slots.write(work / slots.HOME / relative, path.read_bytes())
    return copied


@contextmanager
def _snapshot() -> Iterator[tuple[psycopg.Connection, str]]:
    """The owner's connection at one moment that `pg_dump` can share."""
    parameters = connections["owner"].get_connection_params()
    wanted = {
        name: parameters[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in parameters
    }
    with psycopg.connect(**wanted, autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        if row is None:
            raise BackupError("The database gave no snapshot.")
        yield connection, row[0]


def table_counts(connection: psycopg.Connection) -> dict[str, int]:
    """Rows of every table, partitions counted with their parent."""
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counts[table] = row[0] if row else 0
    return counts


def client_arguments() -> tuple[list[str], dict[str, str]]:
    """(connection arguments, environment) for PostgreSQL's own programs as the owner; the password is in no list."""
    database = connections["owner"].settings_dict
    arguments = ["--dbname", str(database["NAME"]), "--username", str(database["USER"]), "--no-password"]
    for option, name in (("--host", "HOST"), ("--port", "PORT")):
        if database[name]:
            arguments += [option, str(database[name])]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "LC_ALL": "C.UTF-8",
        "PGPASSWORD": str(database["PASSWORD"]),
    }
    return arguments, environment


def _dump(path: Path, snapshot: str) -> str:
    arguments, environment = client_arguments()
    command = [str(binaries.postgres_folder() / "pg_dump"), *arguments, "--format=custom", "--no-owner"]
    command += ["--no-comments", f"--snapshot={snapshot}", f"--file={path}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if done.returncode:
        raise BackupError(f"pg_dump failed: {done.stderr.strip()}")
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return slots.sha256_of(path)


def _keep_file(name: str, work: Path, older: Path | None) -> int:
    """1 when the file was new. Its name is its SHA-256, so a damaged one is noticed here."""
    target = slots.file_path(work, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if older and slots.file_path(older, name).exists():
        os.link(slots.file_path(older, name), target)
        return 0
    try:
        content = store().get(name)
    except FileNotFoundError:
        raise BackupError(f"The stored file {name} is missing: run manage.py verify_files.") from None
    except StoreDown as error:
        raise BackupError(f"The files can't be read: {error}.") from None
    if hashlib.sha256(content).hexdigest() != name:
        raise BackupError(f"The stored file {name} is damaged: run manage.py verify_files.")
    slots.write(target, content)
    return 1
