"""The other ends of MLLP and HTTP: one message out, its answer back, within a time that ends."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from integrations.transport.framing import FrameDecoder, FrameTooLong, frame
from integrations.transport.models import Channel

_LARGEST_ANSWER = 1024 * 1024


class Away(Exception):
    """The message isn't known to have arrived, so it is sent again. `reason` is a code of `reasons`."""

    def __init__(self, reason: str, **detail: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds to connect, and to wait from then on for the answer."""

    connect: float
    answer: float


def peers_folder() -> Path:
    """Where the IT person lays certificates for outgoing connections: no key ever goes through a browser."""
    return Path(settings.EMR_HOME) / "peers"


def tls_for(channel: Channel) -> ssl.SSLContext | None:
    """TLS 1.2 or newer as the channel wants it, the neighbour's certificate always checked. Raises Away("tls_files")."""
    if not channel.uses_tls:
        return None
    folder = peers_folder()
    try:
        authority = str(folder / f"{channel.authority}.pem") if channel.authority else None
        context = ssl.create_default_context(cafile=authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if channel.client_certificate:
            own = folder / f"{channel.client_certificate}.pem"
            context.load_cert_chain(str(own), str(own.with_suffix(".key")))
    except OSError as error:
        raise Away("tls_files", files=f"{channel.authority} {channel.client_certificate}".strip()) from error
    return context


def converse(channel: Channel, raw: bytes, is_answer: Callable[[bytes], bool], timing: Timing) -> None:
    """Send one message and hand each frame that comes back to `is_answer`, until it says that it was the one.

    Raises Away: no connection, a certificate that isn't believed, the connection closed, no answer in time.
    """
    with _connected(channel, timing) as wire:
        _exchange(wire, raw, is_answer, timing.answer)


def post(channel: Channel, raw: bytes, *, content_type: str, timing: Timing) -> tuple[int, bytes]:
    """POST one message to the channel's path; (status, body). A way to another address is never followed (S-40).

    Raises Away as `converse` does, and for a token file that can't be read.
    """
    headers = {"Content-Type": content_type, "Accept": content_type, "Connection": "close"}
    if channel.credential:
        headers["Authorization"] = f"Bearer {_token(channel.credential)}"
    with _connected(channel, timing) as wire:
        # A neighbour that answers a byte at a time must not stretch the time: the wire is cut at its end.
        is_late = threading.Event()
        alarm = threading.Timer(timing.answer, _cut, [wire, is_late])
        alarm.daemon = True
        alarm.start()
        try:
            speaker = http.client.HTTPConnection(channel.address, channel.port)
            speaker.sock = wire
            speaker.request("POST", channel.path or "/", body=raw, headers=headers)
            answer = speaker.getresponse()
            body = answer.read(_LARGEST_ANSWER + 1)
        except (http.client.HTTPException, OSError) as error:
            is_timeout = is_late.is_set() or isinstance(error, TimeoutError)
            raise (TimeoutError if is_timeout else ConnectionResetError) from error
        finally:
            alarm.cancel()
        if is_late.is_set():
            raise TimeoutError
        if len(body) > _LARGEST_ANSWER:
            raise ConnectionResetError
        return answer.status, body


def _cut(wire: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def _token(name: str) -> str:
    try:
        return (peers_folder() / f"{name}.token").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Away("token_file", file=f"{name}.token") from error


@contextlib.contextmanager
def _connected(channel: Channel, timing: Timing) -> Iterator[socket.socket]:
    """A connection to the channel's address, sealed where it wants that; every fault of it is Away."""
    tls = tls_for(channel)
    where = {"address": f"{channel.address}:{channel.port}"}
    try:
        wire = socket.create_connection((channel.address, channel.port or 0), timeout=timing.connect)
    except OSError as error:
        raise Away("no_connection", **where) from error
    try:
        with wire:
            if tls is None:
                wire.settimeout(timing.answer)
                yield wire
                return
            with tls.wrap_socket(wire, server_hostname=channel.tls_name or channel.address) as sealed:
                sealed.settimeout(timing.answer)
                yield sealed
    except TimeoutError as error:
        raise Away("no_answer", **where, seconds=timing.answer) from error
    except ssl.SSLError as error:
        raise Away("tls_refused", **where, text=(error.reason or type(error).__name__)[:100]) from error
    except OSError as error:
        raise Away("closed", **where) from error


def _exchange(wire: socket.socket, raw: bytes, is_answer: Callable[[bytes], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    wire.settimeout(seconds)
    wire.sendall(frame(raw))
    decoder = FrameDecoder(limit=_LARGEST_ANSWER)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        wire.settimeout(left)
        chunk = wire.recv(65536)
        if not chunk:
            raise ConnectionResetError
        try:
            frames = decoder.feed(chunk)
        except FrameTooLong as error:
            raise ConnectionResetError from error
        if any(is_answer(answer) for answer in frames):
            return
