"""`make run`'s supervisor, with real PostgreSQL and broker and a small web program in place of ours."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import psycopg
import pytest

from emr.local.home import CHECKOUT, Home
from emr.local.instance import Instance
from emr.local.postgres import APPLICATION, OWNER
from emr.local.supervisor import MARK

DRIVER = CHECKOUT / "tests" / "emr" / "local" / "driver.py"


class Run:
    """One `make run` in a home of its own."""

    command = (sys.executable, str(DRIVER))
    patience = 40.0
    first_page = 5.0

    def __init__(self, home: Path, port: int, **environment: str) -> None:
        self.home, self.port = home, port
        self.output = home.with_suffix(".out")
        ours = ("EMR_", "DATABASE_URL", "REDIS_URL")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ours) or name == "EMR_SERVICES"
        }
        kept |= {"EMR_HOME": str(home), "EMR_PORT": str(port), "EMR_MLLP_PORT": str(free_port())}
        kept |= {"EMR_SETTINGS": "demo", "PYTHONPATH": str(CHECKOUT), **environment}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.command, env=kept, stdout=output, stderr=output, start_new_session=True
            )

    def until_up(self) -> "Run":
        wait_for(
            lambda: "Bệnh án mở: http://localhost" in self.text() or self.process.poll() is not None,
            self.patience,
        )
        assert self.process.poll() is None, self.text()
        with urlopen(f"http://127.0.0.1:{self.port}/", timeout=self.first_page) as answer:
            assert answer.status == 200
        return self

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def children(self) -> list[psutil.Process]:
        """Everything that carries this home's mark, PostgreSQL's own processes included."""
        mark = str(self.home)
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == mark or (mark in " ".join(process.cmdline())):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.pid != self.process.pid]

    def living(self) -> list[psutil.Process]:
        found = []
        for process in self.children():
            with suppress(psutil.NoSuchProcess):  # it may end between being found and being asked
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def instance(self) -> Instance:
        instance = Instance(Home(self.home))
        instance.embeds_database = instance.embeds_broker = True
        return instance

    def pid_of(self, word: str) -> int:
        return next(process.pid for process in self.children() if word in " ".join(process.cmdline()))


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(name: str = "home", port: int = 0, **environment: str) -> Run:
        runs.append(Run(tmp_path / name, port or free_port(), **environment))
        return runs[-1]

    yield begin
    for run in runs:
        run.process.kill()
        run.process.wait()
        for child in run.children():
            child.kill()


def test_ctrl_c_leaves_no_process(start: Callable[..., Run]) -> None:
    run = start().until_up()
    assert len(run.children()) >= 4  # web, worker and its child, postgres, broker
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(30) == 0, run.text()
    assert not run.children()
    assert run.text().rstrip().endswith("stopped.")
    began = time.monotonic()
    start(port=run.port).until_up()
    assert time.monotonic() - began < 10, "a second start takes seconds"


def test_what_dies_is_started_again(start: Callable[..., Run]) -> None:
    run = start().until_up()
    for victim in ("http.server", "sleep 1000", "postgres", "-server"):
        first = run.pid_of(victim)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: any(victim in " ".join(p.cmdline()) and p.pid != first for p in run.living()))  # noqa: B023
    wait_for(run.instance().postgres.answers)
    # Each died once: nobody's neighbour was taken along.
    assert run.text().count("starting it again in 0.5 s") == 4, run.text()
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(30) == 0
    assert not run.children()


def test_the_supervisor_killed_takes_all_with_it(start: Callable[..., Run]) -> None:
    run = start().until_up()
    run.process.kill()
    wait_for(lambda: not run.children(), 20)


def test_after_kill_9_of_everything_it_recovers_with_its_rows(start: Callable[..., Run]) -> None:
    run = start().until_up()
    postgres = run.instance().postgres
    with psycopg.connect(postgres.url(OWNER)) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('đã ký')")
    run.process.send_signal(signal.SIGSTOP)
    for child in run.children():
        child.kill()
    run.process.kill()
    run.process.wait()
    again = start(port=run.port).until_up()
    with psycopg.connect(postgres.url(OWNER)) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("đã ký",)]
    assert again.process.poll() is None


@pytest.mark.parametrize("variable", ["EMR_PORT", "EMR_MLLP_PORT"])
def test_a_taken_port_is_named_by_its_variable(start: Callable[..., Run], variable: str) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        run = start(**{variable: str(number)})
        assert run.process.wait(30) == 1
    assert f"error: {variable}={number} is taken" in run.text()
    assert not run.children()


def test_a_second_start_of_the_same_home_is_refused(start: Callable[..., Run]) -> None:
    run = start().until_up()
    second = start()
    assert second.process.wait(30) == 1
    assert "is already running" in second.text()
    assert run.process.poll() is None


def test_two_homes_run_side_by_side(start: Callable[..., Run]) -> None:
    an, binh = start("an"), start("bình với tên rất dài " + "để socket không vừa " * 4)
    for run in (an, binh):
        run.until_up()
        assert run.instance().postgres.answers()
        assert run.instance().broker.answers()
    an.process.send_signal(signal.SIGINT)
    an.process.wait(30)
    assert binh.instance().postgres.answers()


def test_the_application_role_owns_nothing_and_secrets_stay_secret(start: Callable[..., Run]) -> None:
    run = start().until_up()
    postgres, home = run.instance().postgres, Home(run.home)
    with (
        psycopg.connect(postgres.url(APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (word text)")
    assert home.env_file.stat().st_mode & 0o077 == 0
    assert len(home.secrets()["EMR_FILE_KEY"]) == 64
    command_lines = "\n".join(
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    )
    assert not any(value in command_lines for name, value in home.secrets().items() if name != "EMR_SETTINGS")
    web = next(process for process in run.living() if "http.server" in " ".join(process.cmdline()))
    assert "EMR_OWNER_DATABASE_URL" not in web.environ()
