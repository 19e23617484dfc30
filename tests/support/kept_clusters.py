"""A migrated cluster is kept for the next run: migrations run when something that makes the schema has changed."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from emr.local.home import CHECKOUT

HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")
MAKES_THE_SCHEMA = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/**/*.py",
    "*/apps.py",
    "*/triggers.py",
    "*/grants.py",
    "*/policies.py",
    "*/*roles.py",
    "*/scopes.py",
    "*/questionnaires/**/*.json",
)
KEPT = 4
_folder = Path(tempfile.gettempdir()) / f"emr-test-clusters-{os.getuid()}"


def _watched() -> list[Path]:
    return sorted(
        {
            path
            for house in HOUSES
            for pattern in MAKES_THE_SCHEMA
            for path in (CHECKOUT / house).glob(pattern)
        }
    )


def fingerprint(programs: Path) -> str:
    """Changes with the schema, what makes it, and the server."""
    digest = hashlib.sha256(f"{CHECKOUT} {programs}".encode() + (CHECKOUT / "uv.lock").read_bytes())
    for path in _watched():
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def take(name: str, data: Path) -> bool:
    """Copy the kept cluster to where this run wants it; False when there is none."""
    kept = _folder / name
    if not kept.is_dir():
        return False
    subprocess.run(["cp", "-a", kept, data], check=True)
    os.utime(kept)
    return True


def drop_tests(url: str) -> None:
    """Leave the migrated template alone in the cluster."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_%'").fetchall()
        for (name,) in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def keep(name: str, data: Path, programs: Path, run_began: float) -> None:
    """Keep a stopped cluster, unless somebody changed a model while the run went on."""
    untouched = all(path.stat().st_mtime < run_began for path in _watched())
    if not untouched or name != fingerprint(programs) or (_folder / name).exists():
        return
    _folder.mkdir(mode=0o700, exist_ok=True)
    if _folder.stat().st_uid != os.getuid():
        return
    unfinished = _folder / f".{os.getpid()}"
    # By cp, which keeps the server's ownership: the run may have been in memory, and a move from there would copy as us.
    subprocess.run(["cp", "-a", data, unfinished], check=True)
    try:
        unfinished.rename(_folder / name)
    except OSError:  # another run was first
        shutil.rmtree(unfinished)
    for old in sorted(_folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
