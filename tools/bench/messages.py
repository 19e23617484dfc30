"""(e) HL7: messages stored and acknowledged, then applied: people's (ADT^A28) and results (ORU^R01, six findings).

Eight senders, stop and wait, over sockets to `manage.py mllp`; the floor is one INSERT of the same bytes and one COMMIT
each, by as many connections from the same client program. Applied: two worker processes drain what was stored, with
audit, history and outbox; the rate is what the database says, first to last. The results are those of people of the
hospital, chosen evenly over all there are; with (a) both are measured in the small hospital and in the large one.
"""

import concurrent.futures
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from celery import current_app
from django.db.models import Max, Min
from django.utils import timezone

from emr.local.home import CHECKOUT
from emr.local.instance import Instance
from emr.local.postgres import OWNER
from emr.outbox.models import OutboxEvent
from integrations.transport.framing import FrameDecoder, frame
from integrations.transport.models import Message, MessageState
from patients.registry import systems
from patients.registry.models import Identifier
from tools.bench.report import Report

SENDERS = 8
# Code, LOINC, value, unit: understood without a person who maps them.
BLOOD_COUNT = (
    ("WBC", "6690-2", "7.2", "G/L"),
    ("RBC", "789-8", "4.6", "T/L"),
    ("HGB", "718-7", "138", "g/L"),
    ("HCT", "4544-3", "0.41", "L/L"),
    ("PLT", "777-3", "251", "G/L"),
    ("MCV", "787-2", "89", "fL"),
)


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


def rate(work: Callable[[int], None], each: int) -> float:
    """How many a second, all senders together, where each has so many."""
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(work, range(SENDERS)))
    return SENDERS * each / (time.perf_counter() - began)


def oru(number: int, *, run: str, patient: str, title: str = "Công thức máu") -> bytes:
    """A laboratory's report with six findings for the patient of that number; none of them needs a doctor at once."""
    at = f"{timezone.localtime():%Y%m%d%H%M%S}+0700"
    lines = [
        f"MSH|^~\\&|LIS|99999|EMR|99999|{at}||ORU^R01^ORU_R01|{run}{number}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{patient}^^^BV99999^MR",
        f"OBR|1||{run}{number}|XN0001^{title}^L|||{at}|||||||{at}||||||||{at}||LAB|F",
        *(
            f"OBX|{place}|NM|{code}^{code}^L^{loinc}^{code}^LN||{value}|{unit}|||||F"
            for place, (code, loinc, value, unit) in enumerate(BLOOD_COUNT, 1)
        ),
    ]
    return ("\r".join(lines) + "\r").encode()


def send(port: int, first: int, count: int, run: str) -> None:
    """One sender's A28, each after the answer to the last. Raises RuntimeError unless all are accepted."""
    converse(port, [adt(number, run=run) for number in range(first, first + count)])


class Sender:
    """One neighbour's connection: a message, then its answer. Closed with `with`."""

    def __init__(self, port: int) -> None:
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = FrameDecoder()

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_error: object) -> None:
        self.wire.close()

    def tell(self, message: bytes) -> None:
        """Raises RuntimeError unless it is accepted."""
        self.wire.sendall(frame(message))
        answers: list[bytes] = []
        while not answers:
            chunk = self.wire.recv(65536)
            if not chunk:
                raise RuntimeError("the listener closed the connection")
            answers = self.decoder.feed(chunk)
        if b"|AA|" not in answers[0]:
            raise RuntimeError(answers[0].decode())


def converse(port: int, messages: Iterable[bytes]) -> None:
    """One sender's messages, each after the answer to the last. Raises RuntimeError unless all are accepted."""
    with Sender(port) as sender:
        for message in messages:
            sender.tell(message)


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


@dataclass(frozen=True)
class Rates:
    """A second: plain INSERT and COMMIT, stored and acknowledged, applied by two workers."""

    floor: float
    stored: float
    applied: float


def rates(instance: Instance, build: Callable[[int, str], bytes], each: int) -> Rates:
    """Of the messages that `build` makes of a number and the name of a run; what they leave to be done is taken back."""
    owner = instance.postgres.url(OWNER)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_bare (id bigserial PRIMARY KEY, raw bytea)")

    def insert(sender: int) -> None:
        with psycopg.connect(owner, autocommit=True) as connection:
            for number in range(each):
                raw = build(sender * each + number, "F")
                connection.execute("INSERT INTO bench_bare (raw) VALUES (%s)", [raw])

    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    named = f"{time.time_ns() % 10**6:06d}"
    with listening(instance) as port:
        converse(port, [build(number, f"W{named}") for number in range(50)])
        floors, stored = [], []
        for turn in range(3):  # in turn, so that a busy minute hits both

            def tell(sender: int, run: str = f"T{turn}{named}") -> None:
                converse(port, (build(sender * each + number, run) for number in range(each)))

            floors.append(rate(insert, each))
            stored.append(rate(tell, each))
    return Rates(sorted(floors)[1], sorted(stored)[1], _drain(instance, last))


def measure(instance: Instance, patients: Sequence[str], each: int) -> dict[str, Rates]:
    """Of both kinds, {"ADT": …, "ORU": …}; `patients` are the numbers of those whose results come."""
    return {
        "ADT": rates(instance, lambda number, run: adt(number, run=run), each),
        "ORU": rates(instance, results_of(patients), each),
    }


def tell(report: Report, measured: dict[str, Rates]) -> None:
    """What was measured, beside what the issue asks for."""
    for what, found in measured.items():
        report.add(
            "e",
            f"{what} stored and acknowledged, {SENDERS} senders",
            f"{found.stored:.0f}/s",
            f"{found.floor:.0f}/s INSERT + COMMIT",
            found.stored / found.floor,
            0.3,
            at_least=True,
        )
        report.add(
            "e", f"{what} applied, 2 workers", f"{found.applied:.0f}/s", "", found.applied, 60, at_least=True
        )


def results_of(patients: Sequence[str]) -> Callable[[int, str], bytes]:
    """Results one after the other for these patients, for `rates`."""
    return lambda number, run: oru(number, run=run, patient=patients[number % len(patients)])


def own_numbers(facility_id: int, count: int) -> list[str]:
    """Own numbers of that many people, evenly over all that the hospital has."""
    held = Identifier.objects.filter(
        facility_id=facility_id, is_own=True, system=f"{systems.MRN_PREFIX}99999"
    )
    ends = held.aggregate(first=Min("pk"), last=Max("pk"))
    step = max(1, (ends["last"] - ends["first"]) // count)
    found: list[str] = []
    for place in range(count):
        at = held.filter(pk__gte=ends["first"] + place * step).order_by("pk").values_list("value", flat=True)
        found += at[:1]
    return found


def tell_growth(
    report: Report, few: dict[str, Rates], many: dict[str, Rates], sizes: tuple[int, int]
) -> None:
    """What a message costs more in the large hospital than in the small one, beside what the floor cost more."""
    for kind, small in few.items():
        large = many[kind]
        floor = max(small.floor / large.floor, 1.0)  # never a bonus for a quieter minute
        for what, growth in (
            ("stored", small.stored / large.stored),
            ("applied", small.applied / large.applied),
        ):
            report.add(
                "e", f"{kind} {what}, growth from {sizes[0]:,} to {sizes[1]:,} patients", f"{growth:.2f}×", f"{floor:.2f}×",
                growth / floor, 1.3,
            )  # fmt: skip


def _drain(instance: Instance, after: int) -> float:
    """Applied messages a second, of those stored after that one, while two workers have plenty to do."""
    celery = str(Path(sys.executable).with_name("celery"))
    command = [
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
    ]
    worker = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=instance.environment(as_owner=False),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ours = MessageState.objects.filter(message__pk__gt=after)
    done = ours.filter(state="applied")
    wanted = min(ours.count(), 2000)
    deadline = time.monotonic() + 180
    try:
        while done.count() < wanted and time.monotonic() < deadline:
            time.sleep(1)
    finally:
        worker.terminate()
        worker.wait(60)
    spent = done.aggregate(first=Min("changed_at"), last=Max("changed_at"))
    count = done.count()
    # What comes next is measured without what is still owed here: facts told of results, rings that nobody took.
    OutboxEvent.objects.filter(done_at=None).update(done_at=timezone.now())
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()
    if spent["first"] is None:
        return 0.0
    return float(count / max((spent["last"] - spent["first"]).total_seconds(), 0.001))
