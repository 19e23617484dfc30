"""`make run` as it is, demo hospital included, and its processes by what they do."""

import sys
from pathlib import Path

import psutil

from tests.emr.local.test_supervisor import Run


class RealRun(Run):
    """What `make run` starts once the packages are there."""

    command = (sys.executable, "-m", "emr.local")
    patience = 900.0  # it migrates and loads the demo hospital, on a machine that may be busy
    first_page = 60.0

    def end(self) -> None:
        """Leave no process behind, whatever state it is in."""
        self.process.kill()
        self.process.wait()
        for child in self.children():
            child.kill()


def start(folder: Path, port: int, mllp_port: int) -> RealRun:
    """Started and up; one that doesn't come up leaves nothing behind."""
    run = RealRun(folder / "home", port, EMR_MLLP_PORT=str(mllp_port))
    try:
        run.until_up()
    except BaseException:
        run.end()
        raise
    return run


def victims(run: RealRun) -> dict[str, psutil.Process]:
    """One process of each kind, by what its command line says; nothing while one of them is missing."""
    words = {
        "the web's parent": "granian",
        # By name: who speaks to the neighbours is a Celery worker as well, of threads and without children.
        "the workers' parent": "worker@localhost",
        "deliverer": "deliver@localhost",
        "beat": "emr.celery beat",
        "listener": "manage.py mllp",
        "postgres": "bin/postgres -D",
        "broker": "-server",
    }
    try:
        living = sorted(run.living(), key=lambda process: process.create_time())
        lines = [(process, " ".join(process.cmdline())) for process in living]
        found = {name: next(p for p, line in lines if word in line) for name, word in words.items()}
        for name in ("the web's parent", "the workers' parent"):
            found[name.replace("parent", "child")] = found[name].children()[0]
    except (StopIteration, IndexError, psutil.Error):
        return {}
    return found
