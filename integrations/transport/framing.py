"""The minimal lower layer protocol: 0x0B message 0x1C 0x0D, cut into whatever pieces the network likes."""

from dataclasses import dataclass, field

START = b"\x0b"
END = b"\x1c\r"
MAX_FRAME = 10 * 1024 * 1024


class FrameTooLong(Exception):
    """A frame grew past the limit; `head` is its beginning, so that the sender can be told which message it was."""

    def __init__(self, head: bytes) -> None:
        super().__init__("frame too long")
        self.head = head


def frame(message: bytes) -> bytes:
    """The message as it goes on the wire."""
    return START + message + END


@dataclass(slots=True)
class FrameDecoder:
    """Bytes in, whole messages out; the same messages however the bytes were cut.

    Noise between frames is skipped. A start byte inside an open frame means that the sender gave the first one up
    (it was cut off and sent again): the half is dropped, never joined to what follows. A start byte counts only before
    "MSH" or at the chunk's edge, since a text may hold 0x0B; 0x1C ends a frame only with CR behind it.
    """

    limit: int = MAX_FRAME
    dropped: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _is_open: bool = False
    _seen: int = 0

    @property
    def is_half(self) -> bool:
        """A frame has begun and not ended."""
        return self._is_open

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages completed by this chunk. Raises FrameTooLong."""
        self._buffer += chunk
        messages: list[bytes] = []
        while True:
            if not self._is_open:
                start = self._buffer.find(START)
                if start < 0:
                    self._buffer.clear()
                    break
                del self._buffer[: start + 1]
                self._is_open, self._seen = True, 0
            end = self._buffer.find(END, self._seen)
            if end < 0:
                self._restart()
                if len(self._buffer) > self.limit:
                    raise FrameTooLong(bytes(self._buffer[:4096]))
                self._seen = max(0, len(self._buffer) - 4)
                break
            message = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._is_open = False
            if len(message) > self.limit:
                raise FrameTooLong(message[:4096])
            messages.append(self._last_start(message))
        return messages

    def _restart(self) -> None:
        """Drop a half frame before a second start block, as soon as that is seen."""
        again = self._buffer.rfind(b"\x0bMSH", max(0, self._seen - 4))
        if again >= 0:
            self.dropped += 1
            del self._buffer[: again + 1]

    def _last_start(self, message: bytes) -> bytes:
        """The part behind the last start block, should a half frame stand before it."""
        again = message.rfind(b"\x0bMSH")
        if again >= 0:
            self.dropped += 1
            return message[again + 1 :]
        return message
