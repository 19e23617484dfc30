"""One instance: its home, its embedded services, the environment of its processes."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from emr.local import binaries
from emr.local.broker import Broker
from emr.local.errors import LocalError
from emr.local.home import Home
from emr.local.postgres import APPLICATION, OWNER, SUPERUSER, Postgres

MANAGE_PATIENCE_SECONDS = 10
CLEARING_SECONDS = 30
_HANDED_ON = ("EMR_SETTINGS", "EMR_SECRET_KEY", "EMR_FILE_KEY")


class Instance:
    """The instance in one EMR_HOME. DATABASE_URL and REDIS_URL, where given, take the place of its own services."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.embeds_database = "DATABASE_URL" not in os.environ
        self.embeds_broker = "REDIS_URL" not in os.environ

    @cached_property
    def postgres(self) -> Postgres:
        secrets = self.home.secrets()
        return Postgres(
            data=self.home.root / "postgres",
            sockets=self.home.sockets,
            log=self.home.logs / "postgres.log",
            passwords={
                SUPERUSER: secrets["EMR_LOCAL_SUPERUSER_PASSWORD"],
                OWNER: secrets["EMR_LOCAL_OWNER_PASSWORD"],
                APPLICATION: secrets["EMR_LOCAL_APPLICATION_PASSWORD"],
            },
            programs=binaries.postgres_folder(),
        )

    @cached_property
    def broker(self) -> Broker:
        return Broker(
            data=self.home.root / "broker",
            socket=self.home.sockets / "broker.sock",
            password=self.home.secrets()["EMR_LOCAL_BROKER_PASSWORD"],
            program=binaries.broker_program(),
        )

    def environment(self, *, as_owner: bool) -> dict[str, str]:
        """Variables of a process of this instance; only migrations and commands typed by hand get the owner's role."""
        secrets = self.home.secrets()
        values = {name: secrets[name] for name in _HANDED_ON}
        values["EMR_HOME"] = str(self.home.root)
        if self.embeds_database:
            values["DATABASE_URL"] = self.postgres.url(APPLICATION)
            values["EMR_OWNER_DATABASE_URL"] = self.postgres.url(OWNER)
        if self.embeds_broker:
            values["REDIS_URL"] = self.broker.url
        # What the person set stands above what the instance remembers.
        environment = values | {name: value for name, value in os.environ.items() if name != "EMR_HOME"}
        environment["DJANGO_SETTINGS_MODULE"] = f"emr.settings.{environment['EMR_SETTINGS']}"
        if as_owner:
            environment.setdefault("EMR_BACKUP_PASSWORD", secrets["EMR_BACKUP_PASSWORD"])
        else:
            environment.pop("EMR_OWNER_DATABASE_URL", None)
        return environment

    @contextmanager
    def database_for_a_command(self) -> Iterator[None]:
        """The database runs meanwhile: started when it is stopped; the last command that uses it stops it again."""
        with self._lock_file("database.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if not self.postgres.server_pid():
                self.postgres.initialise()
                self.postgres.start_detached()
                self.postgres.ensure_roles()
            else:
                self._wait_for_database()
            try:
                yield
            finally:
                if try_lock(lock, fcntl.LOCK_EX):
                    self.postgres.stop()

    @contextmanager
    def database_for_the_supervisor(self) -> Iterator[None]:
        """Commands keep their hands off the database's stopping; one left behind by a killed process is stopped."""
        with self._lock_file("database.lock") as lock:
            deadline = time.monotonic() + MANAGE_PATIENCE_SECONDS
            while not try_lock(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise LocalError(
                        f"A manage.py command is using the database of {self.home.root}. Wait until it ends."
                    )
                time.sleep(0.2)
            self.postgres.stop()
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    @contextmanager
    def running_alone(self) -> Iterator[None]:
        """One supervisor for one home; the clearing up after a killed one is waited for."""
        with self._lock_file("instance.lock") as lock:
            deadline = time.monotonic() + CLEARING_SECONDS
            while not try_lock(lock, fcntl.LOCK_EX):
                if self._supervisor_lives() or time.monotonic() > deadline:
                    raise LocalError(
                        f"The instance in {self.home.root} is already running. "
                        "For a second one: EMR_HOME=… EMR_PORT=… EMR_MLLP_PORT=… make run"
                    )
                time.sleep(0.1)
            (self.home.run / "supervisor.pid").write_text(str(os.getpid()), encoding="utf-8")
            yield

    def _supervisor_lives(self) -> bool:
        try:
            pid = int((self.home.run / "supervisor.pid").read_text(encoding="utf-8"))
            return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
        except (OSError, ValueError):
            return False

    def _wait_for_database(self) -> None:
        deadline = time.monotonic() + 60
        while not self.postgres.answers():
            if time.monotonic() > deadline:
                raise LocalError(f"PostgreSQL runs but doesn't answer. Its log: {self.postgres.log}")
            time.sleep(0.1)

    def _lock_file(self, name: str) -> IO[str]:
        return (self.home.run / name).open("a", encoding="utf-8")


def try_lock(file: IO[str], kind: int) -> bool:
    """Take the lock if it is free now."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
