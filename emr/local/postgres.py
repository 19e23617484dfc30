"""One private PostgreSQL on a unix socket: made, started after a crash too, stopped. No port, so nothing collides."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from emr.local import binaries, privileges
from emr.local.errors import LocalError

DATABASE = "emr"
SUPERUSER, OWNER, APPLICATION = "postgres", "emr_owner", "emr_app"
PORT = 5432  # only part of the socket's name
CRASH_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Postgres:
    """A cluster in `data` that listens in the folder `sockets`; passwords by role; `safe` off for throw-away ones."""

    data: Path
    sockets: Path
    log: Path
    passwords: dict[str, str] = field(repr=False)
    programs: Path
    safe: bool = True

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address as DATABASE_URL has it; the socket's folder stands in the query."""
        return (
            f"postgresql://{role}:{quote(self.passwords[role], safe='')}@/{database}"
            f"?host={quote(str(self.sockets), safe='')}&port={PORT}"
        )

    def initialise(self) -> None:
        """Make the cluster if it isn't there. A first try that was killed half-way is thrown away."""
        if (self.data / "PG_VERSION").exists() and not self._unfinished.exists():
            self._refuse_another_major()
            return
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir(parents=True, mode=0o700)
        self._unfinished.touch()
        privileges.hand_over(self.data)
        secret = self.data.with_name("initdb.secret")
        secret.touch(mode=0o600)
        secret.write_text(self.passwords[SUPERUSER], encoding="utf-8")
        privileges.hand_over(secret)
        arguments: list[str | Path] = ["-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--pwfile", secret]
        speed = ["--data-checksums"] if self.safe else ["--no-sync"]
        try:
            self._run(
                "initdb", *arguments, "-A", "scram-sha-256", "--locale=C.UTF-8", "--no-instructions", *speed
            )
        finally:
            secret.unlink()
        self._unfinished.unlink(missing_ok=True)

    def configure(self) -> None:
        """Write the server's settings anew: sockets may have moved with the checkout. Tune with ALTER SYSTEM."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "port": str(PORT),
            "max_connections": "120",
            "shared_buffers": "256MB" if self.safe else "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_error_statement": "panic",  # statements hold names and diagnoses; logs must not (S-55)
            "log_parameter_max_length_on_error": "0",
        }
        if not self.safe:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "max_wal_size": "1GB",
            }
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        (self.data / "postgresql.conf").write_text(
            "# Written at every start.\n" + "".join(lines), encoding="utf-8"
        )

    def command(self) -> list[str]:
        """The server in the foreground, for a supervisor; it shuts down fast when its parent disappears."""
        prefix = privileges.dropped(self.data, self.programs, die_with_parent="INT")
        return [*prefix, str(self.programs / "postgres"), "-D", str(self.data)]

    def start_attached(self) -> subprocess.Popen[bytes]:
        """Start it as our child, for one test run, and wait until it answers."""
        self.prepare()
        deadline = time.monotonic() + CRASH_PATIENCE_SECONDS
        while True:
            with self.log.open("ab") as log:
                child = subprocess.Popen(
                    self.command(), stdout=log, stderr=log, env=self.environment(), cwd="/"
                )
            while child.poll() is None and not self.answers():
                time.sleep(0.05)
            if child.poll() is None:
                return child
            # After a crash the old backends need up to half a second to leave the shared memory.
            if time.monotonic() > deadline:
                raise LocalError(f"PostgreSQL doesn't start. Its log: {self.log}")
            time.sleep(0.3)

    def start_detached(self) -> None:
        """Start it on its own, so that several commands can share it; the last one stops it."""
        self.prepare()
        deadline = time.monotonic() + CRASH_PATIENCE_SECONDS
        while True:
            try:
                self._run("pg_ctl", "-w", "-s", "-t", "60", "-D", self.data, "-l", self.log, "start")
            except LocalError:
                # Another command may have started it in the same moment.
                if self.answers():
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return

    def stop(self) -> None:
        """Stop it now, cleanly; open transactions roll back."""
        if self.server_pid():
            self._run("pg_ctl", "-w", "-s", "-t", "60", "-m", "fast", "-D", self.data, "stop")

    def server_pid(self) -> int:
        """The running server's process number, 0 when it isn't running. A lock file that names a stranger doesn't count."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            return pid if Path(f"/proc/{pid}/cwd").resolve() == self.data.resolve() else 0
        except (OSError, ValueError):
            return 0

    def prepare(self) -> None:
        """Settings, folders and owners as they must be before a start."""
        self.configure()
        self.sockets.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        for path in (self.sockets, self.log, self.data / "postgresql.conf"):
            privileges.hand_over(path)
        # After a restart of the machine the lock's number may belong to another program; PostgreSQL would refuse.
        if not self.server_pid():
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def ensure_roles(self, *, owner_is_superuser: bool = False) -> None:
        """The owner for migrations, the application role that owns nothing, and the database; passwords as given."""
        power = sql.SQL("SUPERUSER") if owner_is_superuser else sql.SQL("NOSUPERUSER NOCREATEROLE NOCREATEDB")
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            for role, rights in (
                (OWNER, power),
                (APPLICATION, sql.SQL("NOSUPERUSER NOCREATEROLE NOCREATEDB")),
            ):
                exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                verb = sql.SQL("ALTER" if exists else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                        verb, sql.Identifier(role), rights, sql.Literal(self.passwords[role])
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )
                connection.execute(
                    sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE))
                )
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(APPLICATION)
                )
            )

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's PG* variables, a fixed locale."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))
        }
        return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}

    @property
    def _unfinished(self) -> Path:
        return self.data.with_name(f"{self.data.name}.unfinished")

    def _refuse_another_major(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text(encoding="utf-8"))
        if made_by != binaries.postgres_major(self.programs):
            raise LocalError(
                f"{self.data} was made by PostgreSQL {made_by}, but {self.programs} is another version. "
                "Set EMR_SERVICES as it was then, or back up with the old one and restore with the new."
            )

    def _run(self, program: str, *arguments: str | Path) -> None:
        words = [
            *privileges.dropped(self.data, self.programs),
            str(self.programs / program),
            *map(str, arguments),
        ]
        done = subprocess.run(
            words, capture_output=True, text=True, env=self.environment(), cwd="/", check=False
        )
        if done.returncode:
            raise LocalError(
                f"{program} failed: {done.stderr.strip() or done.stdout.strip()} (log: {self.log})"
            )
