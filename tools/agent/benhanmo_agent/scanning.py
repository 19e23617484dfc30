"""Scanners and card readers on serial ports: each line they send is a scan."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence

import serial

from benhanmo_agent.settings import SerialPort

logger = logging.getLogger(__name__)

_KEPT = 50
_LONGEST = 4096  # characters; the QR code of a citizen's card has about 150
_RETRY_SECONDS = 3.0


class Scans:
    """The last scans, numbered from 1 on since the agent began; never written to the disk."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self._last = 0
        self._changed = threading.Condition()

    def put(self, text: str) -> None:
        """A line came."""
        with self._changed:
            self._last += 1
            self._kept.append((self._last, text))
            self._changed.notify_all()

    def after(self, number: int | None, seconds: float) -> tuple[int, list[str]]:
        """(the last number, lines after `number`), as soon as there is one; None: from now on."""
        with self._changed:
            since = self._last if number is None or number > self._last else number
            self._changed.wait_for(lambda: self._last > since, seconds)
            return self._last, [text for one, text in self._kept if one > since]


def listen(ports: Sequence[SerialPort], scans: Scans) -> None:
    """Read every port in a thread of its own; one that is unplugged is opened again when it is back."""
    for port in ports:
        threading.Thread(target=_read, args=(port, scans), daemon=True).start()


def _read(port: SerialPort, scans: Scans) -> None:
    while True:
        try:
            with serial.Serial(port.device, port.baud, timeout=0.2) as opened:
                _lines(opened, scans)
        except (serial.SerialException, OSError) as error:
            logger.info("%s: %s", port.device, type(error).__name__)
        time.sleep(_RETRY_SECONDS)


def _lines(opened: serial.Serial, scans: Scans) -> None:
    """Lines end with CR, LF or both; what is too long for a scan is noise."""
    line = b""
    while True:
        for byte in opened.read(max(1, opened.in_waiting)):
            if byte in b"\r\n":
                text = line.decode("utf-8", "replace").strip()
                line = b""
                if text:
                    scans.put(text)
            elif len(line) < _LONGEST:
                line += bytes([byte])
