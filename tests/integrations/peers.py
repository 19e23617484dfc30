"""The listener as a process of its own, and other people's clients for it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrations.transport.framing import FrameDecoder, frame

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "tests" / "peers"
CLIENTS = ("node-hl7-client", "simple-hl7")


@dataclass
class RunningListener:
    """`manage.py mllp` on a free port."""

    process: subprocess.Popen[str]
    port: int

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def listening(
    *arguments: str, program: Sequence[str] = ("manage.py", "mllp"), **environment: str
) -> Iterator[RunningListener]:
    """Start the listener, or what stands in for it, on the test's own database."""
    process = subprocess.Popen(
        [sys.executable, "-u", *program, "--port", "0", "--bind", "127.0.0.1", *arguments],
        cwd=ROOT,
        env=os.environ | {"EMR_SETTINGS": "test", "PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r":(\d+)", line)
        assert found, f"the listener didn't start: {line!r}"
        yield RunningListener(process, int(found[1]))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=20)


def send_with(client: str, port: int, messages: list[bytes]) -> list[str]:
    """The acknowledgements that an npm client gets for the messages."""
    if not (PEERS / "node_modules").is_dir():
        raise AssertionError("the peers aren't installed: run `npm ci --prefix tests/peers`")
    done = subprocess.run(
        ["node", str(PEERS / f"{client}.mjs"), "127.0.0.1", str(port)],
        input=json.dumps([message.decode() for message in messages]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return answers


@dataclass
class RawSender:
    """A socket that sends what it is told, byte for byte; from another address of this machine where `source` names one."""

    port: int
    timeout: float = 10.0
    source: str = ""
    wire: socket.socket = field(init=False)
    decoder: FrameDecoder = field(default_factory=FrameDecoder)

    def __post_init__(self) -> None:
        self.wire = socket.create_connection(
            ("127.0.0.1", self.port),
            timeout=self.timeout,
            source_address=(self.source, 0) if self.source else None,
        )

    def __enter__(self) -> "RawSender":
        return self

    def __exit__(self, *_error: object) -> None:
        self.wire.close()

    def send(self, data: bytes) -> None:
        self.wire.sendall(data)

    def receive(self, count: int = 1) -> list[bytes]:
        """So many answers, fewer when the other side closes first."""
        answers: list[bytes] = []
        while len(answers) < count and (chunk := self.wire.recv(65536)):
            answers += self.decoder.feed(chunk)
        return answers

    def ask(self, message: bytes) -> bytes:
        """Send one message and wait for its answer."""
        self.send(frame(message))
        return self.receive()[0]

    def is_closed(self, within: float = 5.0) -> bool:
        """Whether the other side has closed the connection."""
        end = time.monotonic() + within
        self.wire.settimeout(within)
        while time.monotonic() < end:
            try:
                if not self.wire.recv(65536):
                    return True
            except TimeoutError:
                return False
            except ConnectionError:
                return True
        return False
