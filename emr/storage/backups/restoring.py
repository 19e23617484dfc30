"""`manage.py restore`: a backup into an empty database, checked all through, disarmed."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections

from emr.common.arming import set_armed
from emr.local import binaries
from emr.storage.backups import slots
from emr.storage.backups.making import BackupError, client_arguments, table_counts
from emr.storage.stores import StoreDown, health, store

CHECKS = ("verify_files", "verify_audit", "verify_signatures")


@dataclass
class Report:
    """What was checked; `faults` empty means that all of it held."""

    slot: Path
    rows: int = 0
    files: int = 0
    checks: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def restore(slot: Path, say: Callable[[str], None]) -> Report:
    """Check the backup, put it in place, disarm, check the copy."""
    manifest = slots.read_manifest(slot)
    report = Report(slot, files=len(manifest["files"]))
    say("checking the backup's own digests …")
    damaged = check_slot(slot, manifest)
    if damaged:
        raise BackupError("The backup is damaged: " + "; ".join(damaged[:10]))
    with _owner() as connection:
        if table_counts(connection):
            raise BackupError("The database isn't empty. Restore into a new EMR_HOME or an empty database.")
    if reason := health():
        raise BackupError(f"The files can't be put in place: {reason}.")
    set_armed(False)
    say("database …")
    _load(slot / slots.DUMP)
    with _owner() as connection:
        counts = table_counts(connection)
    report.rows = sum(counts.values())
    for table, expected in manifest["database"]["counts"].items():
        if counts.get(table) != expected:
            report.faults.append(f"{table}: {counts.get(table)} rows instead of {expected}")
    report.checks["counts"] = "ok" if not report.faults else "differ"
    say("files …")
    put_files(slot, manifest)
    for relative in manifest["home"]:
        target = Path(settings.EMR_HOME) / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(slot / slots.HOME / relative, target)
    # Code may be newer than the backup; rights of the application's role are given anew as well.
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    say("checking files, signatures and the audit chain …")
    for command in CHECKS:
        if command in get_commands():
            _check(command, report)
    return report


def put_files(slot: Path, manifest: dict[str, Any]) -> None:
    """The backup's files into this instance's store, wherever that is."""
    try:
        for name in manifest["files"]:
            store().put(name, slots.file_path(slot, name).read_bytes())
    except StoreDown as error:
        raise BackupError(f"The files can't be put in place: {error}.") from None


def check_slot(slot: Path, manifest: dict[str, Any]) -> list[str]:
    """Every byte of the backup against its digest; what is wrong."""
    damaged = []
    expected = {slot / slots.DUMP: manifest["database"]["sha256"]}
    expected |= {slots.file_path(slot, name): name for name in manifest["files"]}
    expected |= {slot / slots.HOME / relative: digest for relative, digest in manifest["home"].items()}
    for path, digest in expected.items():
        if not path.exists():
            damaged.append(f"{path.relative_to(slot)} is missing")
        elif slots.sha256_of(path) != digest:
            damaged.append(f"{path.relative_to(slot)} differs")
    return damaged


def _owner() -> psycopg.Connection:
    parameters = connections["owner"].get_connection_params()
    wanted = {
        name: parameters[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in parameters
    }
    return psycopg.connect(**wanted, autocommit=True)


def _load(dump: Path) -> None:
    arguments, environment = client_arguments()
    command = [str(binaries.postgres_folder() / "pg_restore"), *arguments, "--no-owner", "--no-comments"]
    command += ["--exit-on-error", "--single-transaction", str(dump)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if done.returncode:
        raise BackupError(f"pg_restore failed: {done.stderr.strip()}")


def _check(command: str, report: Report) -> None:
    try:
        call_command(command, verbosity=0)
    except SystemExit as end:
        if end.code:
            report.faults.append(f"manage.py {command} found something wrong")
    report.checks[command] = "ok" if not report.faults or command not in report.faults[-1] else "wrong"
