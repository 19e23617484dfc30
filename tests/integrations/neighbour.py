"""A neighbour that listens: a real MLLP server in a thread, which answers as it is told."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from integrations.hl7v2.header import read_header
from integrations.transport.framing import FrameDecoder, frame

# What to put on the wire for a message; None closes without a word.
Behaviour = Callable[[str], bytes | None]


def answer(code: str, control_id: str, *, text: str = "", more: str = "") -> bytes:
    """One acknowledgement in its frame."""
    lines = [
        "MSH|^~\\&|LIS|99999|EMR|99999|20261122080000||ACK|A1|P|2.5.1",
        f"MSA|{code}|{control_id}|{text}",
    ]
    return frame("\r".join([*lines, *([more] if more else []), ""]).encode())


def accepts(control_id: str) -> bytes:
    """AA to everything."""
    return answer("AA", control_id)


@dataclass
class Neighbour:
    """Listens on a port of its own; `received` is every message in the order of arrival."""

    behaviour: Behaviour = accepts
    tls: ssl.SSLContext | None = None
    received: list[bytes] = field(default_factory=list)
    port: int = 0
    _server: socket.socket | None = None

    @property
    def control_ids(self) -> list[str]:
        return [read_header(raw).control_id for raw in self.received]

    def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Be away: connections are refused from now on."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                wire, _peer = server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self._converse(self.tls.wrap_socket(wire, server_side=True) if self.tls else wire)

    def _converse(self, wire: socket.socket) -> None:
        decoder = FrameDecoder()
        with wire:
            wire.settimeout(10)
            while chunk := wire.recv(65536):
                for raw in decoder.feed(chunk):
                    self.received.append(raw)
                    said = self.behaviour(read_header(raw).control_id)
                    if said is None:
                        return
                    wire.sendall(said)


@contextlib.contextmanager
def listening_neighbour(
    behaviour: Behaviour = accepts, tls: ssl.SSLContext | None = None
) -> Iterator[Neighbour]:
    """A neighbour for the length of a test."""
    neighbour = Neighbour(behaviour, tls)
    neighbour.start()
    try:
        yield neighbour
    finally:
        neighbour.stop()
