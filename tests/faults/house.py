"""A house of its own to break: PostgreSQL, broker and the very programs that `make run` starts, on the tests' database."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import Celery
from django.db import connections
from django.test import TransactionTestCase, override_settings
from redis import Redis

from emr.celery import app as celery_app
from emr.local import programs
from emr.local.home import CHECKOUT, Home
from emr.local.instance import Instance
from emr.local.postgres import OWNER, SUPERUSER, Postgres
from emr.local.supervisor import Program
from emr.outbox import services as outbox
from tests.faults import effects
from tests.support import databases
from tests.support.services import TEMPLATE, Services

NAME = "test_faults"


class DurableServices(Services):
    """With a PostgreSQL that waits for its disk, as the hospital's does: what it acknowledged survives its death."""

    @property
    def postgres(self) -> Postgres:
        return replace(super().postgres, safe=True)


@dataclass
class House:
    """What runs, by the name that the supervisor gives it."""

    services: Services
    port: int
    mllp_port: int
    programs: dict[str, Program]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start these programs and wait until those that can say so are ready."""
        for name in names:
            program = self.programs[name]
            with program.log.open("ab") as log:
                self.running[name] = subprocess.Popen(
                    program.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=program.environment,
                    cwd=CHECKOUT,
                    start_new_session=True,
                )
        for name in names:
            if ready := self.programs[name].ready:
                wait_for(ready, f"{name} doesn't start: {self.programs[name].log}")

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a program and its children, without a word by default."""
        process = self.running.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, number)
        process.wait(30)

    def lives(self, name: str) -> bool:
        """Whether the process that was started is still the one."""
        return self.running[name].poll() is None

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Asked as the owner, outside Django, over a connection of its own."""
        with psycopg.connect(self.services.postgres.url(OWNER, NAME), autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def broker_client(self) -> Redis:
        """A connection to the broker."""
        broker = self.services.broker
        return Redis(unix_socket_path=str(broker.socket), password=broker.password)

    def effects(self) -> list[str]:
        """Every effect, as often as it happened."""
        return [fact for (fact,) in self.sql("SELECT fact FROM fault_effect")]

    def stop_postgres(self) -> None:
        """As a power cut stops it: no checkpoint, no farewell to its clients."""
        connections.close_all()
        child = self.services.children.pop(0)
        child.send_signal(signal.SIGQUIT)
        child.wait(30)

    def start_postgres(self) -> None:
        """Start it again; it repairs itself from its log."""
        self.services.children.insert(0, self.services.postgres.start_attached())

    def stop_broker(self) -> None:
        """Kill it, and forget what it had on disk."""
        child = self.services.children.pop()
        child.kill()
        child.wait(30)
        for path in (self.services.broker.data / "appendonlydir").glob("*"):
            path.unlink()

    def start_broker(self) -> None:
        """Start it again, empty."""
        broker = self.services.broker
        broker.prepare()
        self.services.children.append(subprocess.Popen(broker.command(), stdout=subprocess.DEVNULL))
        wait_for(broker.answers, "the broker doesn't start again")


def wait_for(question: Callable[[], object], otherwise: str, seconds: float = 60.0) -> None:
    """Ask until the answer is yes; fail with the reason when it never is."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


@contextmanager
def open_house(suite: Services, free_ports: tuple[int, int]) -> Iterator[House]:
    """Django's connections of this process, its files and the house's programs meet in one place; put back at the end."""
    services = DurableServices.started()
    if services.is_new:
        _copy_template(suite.postgres, services.postgres)
        services.is_new = False  # the suite's own cluster is kept for the next run, not this copy
    home = Home(services.folder / "home")
    kept = {alias: dict(connections[alias].settings_dict) for alias in connections}
    teardown = TransactionTestCase._fixture_teardown
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "EMR_OWNER_DATABASE_URL", "REDIS_URL"):
            patch.setenv(name, "")
        patch.setenv("EMR_SETTINGS", "demo")
        patch.setenv("EMR_PORT", str(free_ports[0]))
        patch.setenv("EMR_MLLP_PORT", str(free_ports[1]))
        patch.setenv("PYTHONPATH", str(CHECKOUT))
        house = None
        try:
            home.create("demo")
            databases.prepare(services, NAME.removeprefix("test_"))
            house = House(services, *free_ports, _programs(home, free_ports[1]))
            house.sql(effects.TABLE)
            _ring_at(Celery("faults", broker=services.broker.url))
            with override_settings(EMR_HOME=home.root):
                yield house
        finally:
            for name in list(house.running) if house else ():
                house.kill(name)  # type: ignore[union-attr]
            _ring_at(celery_app)
            TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
            for alias, was in kept.items():
                connections[alias].close()
                connections[alias].settings_dict |= was
            if house and not services.postgres.server_pid():
                house.start_postgres()
            services.stop()


def _ring_at(app: Celery) -> None:
    """Let this thread and the bell's own ring at the app's broker, what was meant for the last one first."""
    outbox.bell.flush(10)
    app.set_current()
    app.set_default()
    outbox._quiet_until = 0.0


def _copy_template(suite: Postgres, new: Postgres) -> None:
    """The migrated template of this run, which takes a moment, rather than migrating once more."""
    with psycopg.connect(new.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    with subprocess.Popen(
        [new.programs / "pg_dump", "-Fc", suite.url(SUPERUSER, TEMPLATE)], stdout=subprocess.PIPE
    ) as dump:
        into = ["-d", new.url(SUPERUSER, TEMPLATE), "--exit-on-error"]
        subprocess.run([new.programs / "pg_restore", *into], stdin=dump.stdout, check=True)
    assert dump.returncode == 0


def _programs(home: Home, mllp_port: int) -> dict[str, Program]:
    """The commands of `make run`; the worker also knows the tests' own work."""
    instance = Instance(home)
    made = {program.name: program for program in programs.application(instance)}
    made["worker"].command += ["-I", "tests.faults.effects"]
    made["mllp"].ready = lambda: programs.listens("127.0.0.1", mllp_port)
    subprocess.run(
        [programs.PYTHON, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=CHECKOUT,
        env=made["web"].environment | {"EMR_HOME": str(home.root / "static-only")},
        check=True,
    )
    (home.root / "static-only" / "static").rename(home.root / "static")
    return made


def checkpoint(house: House) -> None:
    """Everything until here is on disk."""
    with psycopg.connect(house.services.postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def log_of(house: House, name: str) -> str:
    """What a program has written."""
    return Path(house.programs[name].log).read_text(encoding="utf-8", errors="replace")
