"""The agent as a process of its own, and the person at its PC: a program that types the PIN and reads the code."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.signatures.providers import softhsm

PACKAGE = Path(__file__).parents[3] / "tools" / "agent"
ORIGIN = "https://emr.example.test"

_PERSON = """#!{python}
import pathlib, sys, time
folder = pathlib.Path({folder!r})
what, text = sys.argv[1:3]
with (folder / f"{{what}}.log").open("a") as log:
    log.write(text + "\\0")
if what == "code":
    time.sleep(30)
typed = (folder / "pin").read_text().splitlines() if (folder / "pin").exists() else []
if not typed:
    sys.exit(1)
print(typed[0])
if len(typed) > 1:
    (folder / "pin").write_text("\\n".join(typed[1:]))
"""


@dataclass
class RunningAgent:
    """One agent. `pins` are typed one after another, the last one again and again; none: the person declines."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    token: str = field(default="", repr=False)

    @classmethod
    def started(
        cls, folder: Path, *, origin: str = ORIGIN, pins: tuple[str, ...] = (softhsm.PIN,), more: str = ""
    ) -> "RunningAgent":
        folder.mkdir(exist_ok=True)
        person = folder / "person"
        person.write_text(_PERSON.format(python=sys.executable, folder=str(folder)))
        person.chmod(0o700)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "agent.toml").write_text(
            f'origins = ["{origin}"]\nmodules = ["{softhsm.MODULE}"]\nport = {port}\nprompt = ["{person}"]\n{more}'
        )
        agent = cls(folder, port)
        agent.types(*pins)
        agent.start()
        return agent

    def start(self) -> None:
        """Run; answers as soon as it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benhanmo_agent", "--folder", str(self.folder)],
            env={**os.environ, "PYTHONPATH": str(PACKAGE)},
            stderr=(self.folder / "log").open("ab"),
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, (
                    self.folder / "log"
                ).read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """The program is ended, as when the PC is switched off."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def types(self, *pins: str) -> None:
        """What the person will type."""
        (self.folder / "pin").write_text("\n".join(pins))

    def told(self, what: str) -> list[str]:
        """Texts of the windows so far: "pin" or "code"."""
        log = self.folder / f"{what}.log"
        return log.read_text().split("\0")[:-1] if log.exists() else []

    def shown_code(self) -> str:
        """The code in the newest window."""
        deadline = time.monotonic() + 10
        while not (told := self.told("code")) and time.monotonic() < deadline:
            time.sleep(0.05)
        return next(line for line in told[-1].splitlines() if line.isdigit())

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> tuple[int, Any, dict[str, str]]:
        """(status, answer, headers); as a page of the hospital unless `headers` say otherwise (None: not sent)."""
        sent = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": ORIGIN,
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        for name, value in (sent | {"Content-Length": str(len(content))}).items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(content)
        answer = connection.getresponse()
        text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return answer.status, json.loads(text) if text else None, found

    def pair(self) -> None:
        """As the person does it once."""
        before = len(self.told("code"))
        assert self.ask("POST", "/v1/pairing", {})[0] == 200
        deadline = time.monotonic() + 10
        while len(self.told("code")) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        status, answer, _headers = self.ask("POST", "/v1/pairing/confirm", {"code": self.shown_code()})
        assert status == 200, answer
        self.token = answer["token"]
