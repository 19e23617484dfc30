"""Ports of the loopback for programs that the tests start."""

import socket
import subprocess
import time


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, program: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Until the program listens."""
    deadline = time.monotonic() + seconds
    while True:
        assert program.poll() is None, f"{program.args} has ended"
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            assert time.monotonic() < deadline, f"{program.args} doesn't listen"
            time.sleep(0.05)
        else:
            return
