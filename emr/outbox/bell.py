"""The doorbell: tells the broker what was published, beside the request that published it.

Ringing takes the broker a millisecond, and half a second when it is away: nobody's page and nobody's acknowledgement
waits for that. Who publishes a hundred facts a second rings twenty times: a ring costs as much CPU as filing four
HL7 messages. What isn't rung (the process died) the sweeper finds.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

Ring = Callable[[list[int], str], object]
_LAST_SECONDS = 2.0
# The first ring comes at once; the next not sooner than this after it.
_GAP_SECONDS = 0.05


class Bell:
    """Collects event ids by queue and rings from a thread of its own; many events at once are one ring a queue."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        """A forked child has no thread, and whatever its parent held is its parent's."""
        self._waiting: dict[str, list[int]] = {}
        self._changed = threading.Condition()
        self._is_ringing = False
        self._thread: threading.Thread | None = None

    def touch(self, event_ids: list[int], queue: str) -> None:
        """Ring for these soon."""
        with self._changed:
            self._waiting.setdefault(queue, []).extend(event_ids)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="outbox-bell", daemon=True)
                self._thread.start()
                atexit.register(self.flush, _LAST_SECONDS)
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until all is rung, so long at most; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_ringing, seconds)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                waiting, self._waiting, self._is_ringing = self._waiting, {}, True
            for queue, event_ids in waiting.items():
                try:
                    self._ring(event_ids, queue)
                except Exception as error:  # the sweeper finds these; the next ones are rung for
                    logger.error("The doorbell failed: %s", type(error).__name__)
            with self._changed:
                self._is_ringing = False
                self._changed.notify_all()
            time.sleep(_GAP_SECONDS)
