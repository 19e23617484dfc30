"""(e) HL7: messages stored and acknowledged, then applied.

Eight senders, stop and wait, over sockets to `manage.py mllp`; the floor is one INSERT of the same bytes and one COMMIT
each, by as many connections from the same client program. Applied: two worker processes drain what was stored, with
audit, history and outbox; the rate is what the database says, first to last.
"""

import concurrent.futures
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db.models import Max, Min
from django.utils import timezone

from emr.local.home import CHECKOUT
from emr.local.instance import Instance
from emr.local.postgres import OWNER
from integrations.transport.framing import FrameDecoder, frame
from integrations.transport.models import Message, MessageState
from tools.bench.report import Report

SENDERS, EACH = 8, 250


def adt(number: int, *, run: str) -> bytes:
    """A28 about a person of that number."""
    at = f"{timezone.localtime():%Y%m%d%H%M%S}+0700"
    lines = [
        f"MSH|^~\\&|HIS|99999|EMR|99999|{at}||ADT^A28^ADT_A05|{run}{number}|P|2.5.1||||||UNICODE UTF-8",
        f"EVN|A28|{at}",
        f"PID|1||{run}{number:06d}^^^BV99999^MR~9990{number:08d}^^^CCCD^NI||Nguyễn^Văn Bình {number}||19600203|M|||"
        f"Thôn Đông^^^^^VNM||09{number:08d}",
    ]
    return ("\r".join(lines) + "\r").encode()


def rate(work: Callable[[int], None]) -> float:
    """How many a second, all senders together."""
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(work, range(SENDERS)))
    return SENDERS * EACH / (time.perf_counter() - began)


def send(port: int, first: int, count: int, run: str) -> None:
    """One sender's messages, each after the answer to the last. Raises RuntimeError unless all are accepted."""
    decoder = FrameDecoder()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(first, first + count):
            wire.sendall(frame(adt(number, run=run)))
            answers: list[bytes] = []
            while not answers:
                answers = decoder.feed(wire.recv(65536))
            if b"|AA|" not in answers[0]:
                raise RuntimeError(answers[0].decode())


@contextmanager
def listening(instance: Instance) -> Iterator[int]:
    """The listener on a free port, with this instance's own environment."""
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "mllp", "--port", "0", "--bind", "127.0.0.1"],
        cwd=CHECKOUT,
        env=instance.environment(as_owner=False),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101
        found = re.search(r":(\d+)", process.stdout.readline())
        if not found:
            raise RuntimeError("the listener didn't start")
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(20)


def measure(report: Report, instance: Instance) -> None:
    """Both rates."""
    owner = instance.postgres.url(OWNER)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_bare (id bigserial PRIMARY KEY, raw bytea)")

    def insert(sender: int) -> None:
        with psycopg.connect(owner, autocommit=True) as connection:
            for number in range(EACH):
                raw = adt(sender * EACH + number, run="F")
                connection.execute("INSERT INTO bench_bare (raw) VALUES (%s)", [raw])

    with listening(instance) as port:
        send(port, 0, 50, "W")
        floors, stored = [], []
        for turn in range(3):  # in turn, so that a busy minute hits both
            floors.append(rate(insert))
            stored.append(rate(lambda sender, turn=turn: send(port, sender * EACH, EACH, f"T{turn}")))
    floor, ours = sorted(floors)[1], sorted(stored)[1]
    report.add(
        "e",
        f"ADT stored and acknowledged, {SENDERS} senders",
        f"{ours:.0f}/s",
        f"{floor:.0f}/s INSERT + COMMIT",
        ours / floor,
        0.3,
        at_least=True,
    )
    applied = _drain(instance)
    report.add("e", "applied, 2 workers", f"{applied:.0f}/s", "", applied, 60, at_least=True)


def _drain(instance: Instance) -> float:
    """Applied messages a second while two workers have plenty to do."""
    celery = str(Path(sys.executable).with_name("celery"))
    worker = subprocess.Popen(
        [
            celery,
            "-A",
            "emr.celery",
            "worker",
            "-Q",
            "sync",
            "-c",
            "2",
            "-l",
            "ERROR",
            "-n",
            "bench@localhost",
        ],
        cwd=CHECKOUT,
        env=instance.environment(as_owner=False),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    done = MessageState.objects.filter(state="applied")
    wanted = min(Message.objects.count(), 2000)
    deadline = time.monotonic() + 180
    try:
        while done.count() < wanted and time.monotonic() < deadline:
            time.sleep(1)
    finally:
        worker.terminate()
        worker.wait(60)
    spent = done.aggregate(first=Min("changed_at"), last=Max("changed_at"))
    if spent["first"] is None:
        return 0.0
    return float(done.count() / max((spent["last"] - spent["first"]).total_seconds(), 0.001))
