"""The web program itself, for what only a socket can try."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emr.local.home import CHECKOUT
from emr.local.postgres import APPLICATION
from tests.support.services import Services


@dataclass(frozen=True)
class Web:
    """Where it listens, and its process."""

    url: str
    pid: int


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str, cookie: str = "") -> tuple[int, str]:
    """Status and text."""
    try:
        asked = urllib.request.Request(url, headers={"Cookie": cookie})  # noqa: S310 (our own server)
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@contextmanager
def running(services: Services, worker_id: str, home: Path) -> Iterator[Web]:
    """Eight threads, a second for a page's statement and two for a report's."""
    port = free_port()
    environment = os.environ | {
        "EMR_SETTINGS": "test",
        "EMR_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "emr.settings.test",
        "EMR_HOME": str(home),
        "DATABASE_URL": services.postgres.url(APPLICATION, f"test_{worker_id}"),
        "EMR_STATEMENT_SECONDS": "1",
        "EMR_REPORT_SECONDS": "2",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [f"{sys.prefix}/bin/granian", "--interface", "wsgi", "--no-ws", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "8", "--log-level", "warning", "emr.wsgi:application"]
    with (home / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=CHECKOUT, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                get(f"http://127.0.0.1:{port}/health/live")
                break
            except OSError:
                assert process.poll() is None, (home / "web.log").read_text()
                time.sleep(0.2)
        yield Web(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(20)
