"""The control of the listener's tests: it acknowledges first and stores when there is time. Run as a process."""

import os
import sys
import threading
import time
from collections.abc import Sequence

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings.test")
django.setup()

from integrations.hl7v2 import services  # noqa: E402 (models exist only now)
from integrations.hl7v2.acknowledgement import acknowledge  # noqa: E402
from integrations.hl7v2.header import read_header  # noqa: E402
from integrations.hl7v2.management.commands import mllp  # noqa: E402
from integrations.transport.framing import frame  # noqa: E402
from integrations.transport.listener import Frame, Reply  # noqa: E402

store = services.receive
LATE_SECONDS = 0.5


def _store_later(frames: Sequence[Frame]) -> None:
    time.sleep(LATE_SECONDS)
    store(frames)


def receive(frames: Sequence[Frame]) -> list[Reply]:
    """AA for everybody, at once."""
    threading.Thread(target=_store_later, args=(list(frames),)).start()
    now = services.now()
    return [Reply(b"".join(map(frame, acknowledge(read_header(one.raw), at=now)))) for one in frames]


if __name__ == "__main__":
    services.receive = receive
    mllp.Command().run_from_argv(["manage.py", "mllp", *sys.argv[1:]])
