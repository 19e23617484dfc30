"""Signs of life of the programs: each writes one row, whose age tells whether it still works."""

import datetime as dt
import logging
import socket
import threading

from django.db import close_old_connections, connection
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.watching.models import Pulse

logger = logging.getLogger(__name__)

EVERY_SECONDS = 20.0
SILENT_SECONDS = 90
# What an instance always runs; a queue's pulse comes through beat and broker, so it proves those as well.
EXPECTED = ("queue interactive", "queue bulk", "queue sync", "queue deliver", "mllp")


def beat(name: str, *, said_at: dt.datetime | None = None) -> None:
    """Write down that this program lives, and what its clock says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO watching_pulse (name, said_at, seen_at, host) VALUES (%s, %s, clock_timestamp(), %s)"
            " ON CONFLICT (name) DO UPDATE SET said_at = excluded.said_at, seen_at = excluded.seen_at,"
            " host = excluded.host",
            [name[:60], said_at or now(), socket.gethostname()[:80]],
        )


class KeepBeating:
    """Beats from a thread of its own until the block ends; a database that is away is waited for."""

    def __init__(self, name: str, every: float = EVERY_SECONDS) -> None:
        self._name, self._every = name, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"pulse-{name}", daemon=True)

    def __enter__(self) -> "KeepBeating":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                close_old_connections()
                beat(self._name)
            except Exception as error:  # silence is what tells
                logger.warning("No pulse: %s", type(error).__name__)
            finally:
                connection.close()
            if self._ended.wait(self._every):
                return


def silent_workers() -> str:
    """Which queues' workers haven't been heard of lately; "" when all have."""
    queues = {name for name in EXPECTED if name.startswith("queue ")}
    silent = _silent(queues)
    return _said([_("worker or beat")] if silent == queues else sorted(silent))


def silent_listeners() -> str:
    """Which listeners haven't been heard of lately; "" when all have."""
    return _said(sorted(_silent({name for name in EXPECTED if not name.startswith("queue ")})))


def _silent(names: set[str]) -> set[str]:
    lately = now() - dt.timedelta(seconds=SILENT_SECONDS)
    return names - set(
        Pulse.objects.filter(name__in=names, seen_at__gt=lately).values_list("name", flat=True)
    )


def _said(silent: list[str]) -> str:
    if not silent:
        return ""
    return _("Not heard of for a minute and a half: %(names)s.") % {"names": ", ".join(silent)}
