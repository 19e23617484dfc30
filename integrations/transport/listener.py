"""The asyncio end of MLLP: connections in, whole frames to one writer thread in batches, their answers back.

Many senders, one writer: it takes what has gathered while it was committing its last batch, so eight senders cost one
COMMIT, not eight, and messages are stored in the order sent. Two writers took turns at Python's one lock and made
batches half as large: no faster for more CPU. The thread uses Django through an ordinary connection: an async driver
would save nothing, and constraints, outbox and audit are Django's.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from integrations.transport.framing import FrameDecoder, FrameTooLong

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message with the address that it came from; `is_cut` when only its beginning could be read."""

    raw: bytes
    peer_address: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The framed bytes to send back (perhaps none), whether to close afterwards, and why nothing was stored ("": it was)."""

    wire: bytes
    close: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a peer may ask of us. Seconds and counts."""

    half_frame: float = 30.0
    idle: float = 3600.0
    answer: float = 30.0
    handshake: float = 10.0
    connections: int = 64
    connections_per_address: int = 32
    batch: int = 64
    batch_bytes: int = 32 * 1024 * 1024


@dataclass(slots=True)
class _Pending:
    frame: Frame
    answered: asyncio.Future[Reply | None]


@dataclass(frozen=True, slots=True)
class _Peer:
    """A connection, and where it comes from."""

    writer: asyncio.StreamWriter
    address: str


@dataclass(eq=False, slots=True)
class Listener:
    """Serves MLLP until told to stop.

    `receive` stores a batch durably and answers each frame (it runs in the writer thread; raising means that nothing
    was stored, and the peers' connections are closed without an answer, so that they send again). `admits` says
    whether an address may connect at all.
    """

    receive: Callable[[Sequence[Frame]], list[Reply]]
    admits: Callable[[str], bool]
    limits: Limits = field(default_factory=Limits)
    _queue: asyncio.Queue[_Pending] = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)
    _connections: dict[asyncio.Task[None], str] = field(default_factory=dict, init=False)
    _reading: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _stopping: asyncio.Event = field(init=False)

    async def serve(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        ready: Callable[[int], None] | None = None,
    ) -> None:
        """Listen until `stop()`; then answer what has been read whole, and return."""
        self._queue = asyncio.Queue(maxsize=self.limits.connections * 4)
        # Who is at the door is asked beside the writer, so that a stranger keeps nobody waiting.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="mllp-writer")
        self._stopping = asyncio.Event()
        writer = asyncio.create_task(self._write_batches())
        server = await asyncio.start_server(
            self._connected,
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=self.limits.handshake if tls else None,
            backlog=128,
            limit=256 * 1024,
        )
        if ready:
            ready(server.sockets[0].getsockname()[1])
        try:
            await self._stopping.wait()
        finally:
            server.close()
            for task in list(self._reading):  # those not reading are waiting for an answer: let them have it
                task.cancel()
            if self._connections:
                await asyncio.wait(list(self._connections), timeout=self.limits.answer)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._threads.shutdown(wait=True)

    def stop(self) -> None:
        """Begin to drain."""
        self._stopping.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # we run in one
        address = str(writer.get_extra_info("peername", ("",))[0])
        self._connections[task] = address
        try:
            if await self._is_welcome(address):
                _keep_alive(writer)
                await self._converse(reader, _Peer(writer, address))
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            logger.warning("MLLP connection from %s closed: %s", address, type(error).__name__)
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
        finally:
            self._connections.pop(task, None)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), 2)

    async def _is_welcome(self, address: str) -> bool:
        from_here = sum(1 for other in self._connections.values() if other == address)
        if (
            len(self._connections) > self.limits.connections
            or from_here > self.limits.connections_per_address
        ):
            logger.warning("MLLP connection from %s refused: too many connections", address)
            return False
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.admits, address)

    async def _converse(self, reader: asyncio.StreamReader, peer: _Peer) -> None:
        """Read frames, hand them over in order, answer in order."""
        decoder = FrameDecoder()
        deadline: float | None = None
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            patience = self.limits.idle if deadline is None else deadline - loop.time()
            chunk = await self._read(reader, patience)
            if not chunk:
                return
            try:
                frames = decoder.feed(chunk)
            except FrameTooLong as error:
                await self._answer(peer, [Frame(error.head, peer.address, is_cut=True)])
                return
            if frames or not decoder.is_half:
                deadline = None
            if decoder.is_half and deadline is None:
                deadline = loop.time() + self.limits.half_frame
            if frames and not await self._answer(peer, [Frame(raw, peer.address) for raw in frames]):
                return

    async def _hand_over(self, frame: Frame) -> asyncio.Future[Reply | None]:
        answered: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Pending(frame, answered))
        return answered

    async def _answer(self, peer: _Peer, frames: list[Frame]) -> bool:
        """Have the frames stored and send the answers in order; False when the connection ends here."""
        waiting = [await self._hand_over(frame) for frame in frames]
        for answered in waiting:
            reply = await answered
            if reply is None:
                return False
            if reply.wire:
                peer.writer.write(reply.wire)
                if peer.writer.transport.get_write_buffer_size():  # a peer that doesn't read
                    await asyncio.wait_for(peer.writer.drain(), self.limits.answer)
            if reply.close:
                return False
        return True

    async def _read(self, reader: asyncio.StreamReader, patience: float) -> bytes:
        """A chunk; b"" at the end, and when we stop. Raises TimeoutError (F-15: a half frame has 30 s in all)."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # we run in one
        self._reading.add(task)
        try:
            async with asyncio.timeout(max(patience, 0.001)):
                return await reader.read(256 * 1024)
        finally:
            self._reading.discard(task)

    async def _write_batches(self) -> None:
        loop, queue = asyncio.get_running_loop(), self._queue
        while True:
            batch = [await queue.get()]
            size = len(batch[0].frame.raw)
            while not queue.empty() and len(batch) < self.limits.batch and size < self.limits.batch_bytes:
                batch.append(queue.get_nowait())
                size += len(batch[-1].frame.raw)
            try:
                replies: list[Reply | None] = list(
                    await loop.run_in_executor(self._threads, self.receive, [p.frame for p in batch])
                )
            except Exception as error:
                # The text may quote a message: only the kind is logged. No answer means "send again".
                logger.error("MLLP batch of %d not stored: %s", len(batch), type(error).__name__)
                replies = [None] * len(batch)
            for pending, reply in zip(batch, replies, strict=True):
                if not pending.answered.done():
                    pending.answered.set_result(reply)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Partners keep a socket open for days; without probes a dead one would never be noticed."""
    peer: socket.socket | None = writer.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, option):
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)


class _Handshake(ssl.SSLObject):
    """Says when a peer is turned away: asyncio closes such a connection without a word (S-61)."""

    def do_handshake(self) -> None:
        """One step of the handshake."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            logger.warning("MLLP peer refused by TLS: %s", error.reason)
            raise


class UnusableTls(Exception):
    """The files named can't serve; says which variable is wrong."""


def tls_context(certificate: str, key: str, authority: str) -> ssl.SSLContext | None:
    """TLS 1.2 or newer from PEM files; with an authority, peers must show a certificate of it. None without any.

    Raises UnusableTls: who asked for TLS never gets a listener in clear text instead.
    """
    if not certificate:
        if key or authority:
            raise UnusableTls("EMR_MLLP_TLS_CERT isn't set, but its key or EMR_MLLP_TLS_CA is.")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = _Handshake
    try:
        context.load_cert_chain(certificate, key or None)
    except OSError as error:
        raise UnusableTls(
            f"EMR_MLLP_TLS_CERT and EMR_MLLP_TLS_KEY aren't a certificate and its key: {error}"
        ) from error
    if authority:
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            raise UnusableTls(f"EMR_MLLP_TLS_CA holds no certificates: {error}") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context
