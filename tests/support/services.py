"""The throw-away PostgreSQL and broker of one test run. Started once; xdist's workers get the address."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from emr.local import binaries
from emr.local.broker import Broker
from emr.local.postgres import APPLICATION, OWNER, SUPERUSER, Postgres
from tests.support import kept_clusters

PASSWORD = "test"
TEMPLATE = "emr_template"
RUN_BEGAN = psutil.Process().create_time()
MEMORY = Path("/dev/shm")  # noqa: S108 (mkdtemp makes a folder of our own in it)
# Bytes: WAL may grow to 1 GB; each worker's database and those that tests make stand beside it.
ROOM_NEEDED = 6 * 1024**3


@dataclass
class Services:
    """PostgreSQL and, on first use, a broker, in a folder of their own with a short path (sockets: 107 bytes)."""

    folder: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    schema: str = ""
    is_new: bool = True

    @classmethod
    def started(cls) -> "Services":
        services = cls(Path(tempfile.mkdtemp(prefix="emr-test-", dir=fastest_folder())))
        services.folder.chmod(0o711)
        programs = services.postgres.programs
        services.schema = kept_clusters.fingerprint(programs)
        services.is_new = not kept_clusters.take(services.schema, services.postgres.data)
        services.postgres.initialise()
        services.children.append(services.postgres.start_attached())
        # The owner may empty append-only tables between tests; the application role may not, as in production.
        services.postgres.ensure_roles(owner_is_superuser=True)
        broker = services.broker
        broker.prepare()
        services.children.append(subprocess.Popen(broker.command(), stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 20
        while not broker.answers():
            assert time.monotonic() < deadline, f"the broker {broker.program} didn't answer within 20 s"
            time.sleep(0.02)
        return services

    @classmethod
    def from_text(cls, text: str) -> "Services":
        """The services that another process of this run has started."""
        return cls(Path(json.loads(text)["folder"]))

    def as_text(self) -> str:
        return json.dumps({"folder": str(self.folder)})

    @property
    def postgres(self) -> Postgres:
        return Postgres(
            data=self.folder / "data",
            sockets=self.folder / "s",
            log=self.folder / "postgres.log",
            passwords=dict.fromkeys((SUPERUSER, OWNER, APPLICATION), PASSWORD),
            programs=binaries.postgres_folder(),
            safe=False,
        )

    @property
    def broker(self) -> Broker:
        return Broker(
            data=self.folder / "broker",
            socket=self.folder / "broker.sock",
            password=PASSWORD,
            program=binaries.broker_program(),
        )

    def stop(self) -> None:
        postgres = self.postgres
        migrated = self.is_new and has_template(postgres.url(SUPERUSER, "postgres"))
        if migrated:
            kept_clusters.drop_tests(postgres.url(SUPERUSER, "postgres"))
        postgres.stop()
        for child in reversed(self.children):
            child.terminate()
            child.wait(20)
        if migrated:
            kept_clusters.keep(self.schema, postgres.data, postgres.programs, RUN_BEGAN)
        shutil.rmtree(self.folder, ignore_errors=True)


def fastest_folder() -> Path | None:
    """Memory where there is plenty: a test that commits copies the whole database, 1,700 files. None: where all goes."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return MEMORY if room >= ROOM_NEEDED else None


def has_template(url: str) -> bool:
    """Whether the migrations came to their end in this run."""
    with psycopg.connect(url) as connection:
        return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone())


def tool(name: str, package: str) -> Path:
    """A program that a test needs. A test whose tool is missing fails and says what to type; it never skips."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    assert found, f"{name} is missing. Type: apt-get install -y --no-install-recommends {package}"
    return Path(found)
