"""(e) a result on its way into an open chart, in the whole stack as `make run` starts it.

Twenty results a second come over MLLP, every fifth for a patient whose list of results somebody has open; the list asks
again as it does in a browser (its own address, its own interval). Measured: from the acknowledgement (the message is
committed then) to the end of the first answer that shows it. The floor is the interval itself: no server can help that.
"""

import http.client
import random
import re
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from emr.accounts.models import User
from encounters.visits.models import Encounter
from patients.registry.models import Identifier
from tools.bench.messages import Sender, oru
from tools.bench.report import Report
from tools.bench.stack import BASE, HL7, running, sign_in

A_SECOND, SECONDS, WATCHED, EVERY = 20, 60.0, 4, 5
TARGET = 2.0


@dataclass(frozen=True)
class Charts:
    """(page of a stay's results, own number of its patient) of those watched, and numbers of others."""

    watched: tuple[tuple[str, str], ...]
    others: tuple[str, ...]


def choose(doctor: User) -> Charts:
    """Stays in the doctor's own departments that are going on; the other people are the hospital's."""
    stays = Encounter.objects.filter(
        facility=doctor.facility, status="in-progress", encounter_class="IMP", department__code="K03"
    ).select_related("patient")
    own = Identifier.objects.filter(facility=doctor.facility, is_own=True).order_by("pk")
    watched = [
        (
            f"/encounters/{stay.uuid}/results/",
            own.filter(patient=stay.patient).values_list("value", flat=True)[0],
        )
        for stay in stays.order_by("pk")[:WATCHED]
    ]
    others = own.exclude(value__in=[number for _page, number in watched]).values_list("value", flat=True)[:50]
    return Charts(tuple(watched), tuple(others))


@dataclass
class Seen:
    """When each result was acknowledged and when a list first showed it; how long its answers took. Seconds."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    interval: float = 0.0
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def waits(self) -> list[float]:
        """From acknowledged to shown; without an end for what was never shown."""
        return [self.shown.get(title, float("inf")) - at for title, at in self.acknowledged.items()]

    def middles(self) -> list[float]:
        """What the middle one of each quarter of the time waited: it grows where more comes than is applied."""
        waits = self.waits()
        quarter = max(len(waits) // 4, 1)
        return [statistics.median(waits[first : first + quarter]) for first in range(0, 4 * quarter, quarter)]


def measure(report: Report, home: Path, charts: Charts) -> None:
    """Start the stack, let results come, watch."""
    with running(home):
        opener = sign_in()
        quiet = _watch(opener, charts, _nothing)
        loaded = _watch(opener, charts, lambda seen: _send(seen, charts))
    waits = sorted(loaded.waits())
    middle, late = waits[len(waits) // 2], waits[int(0.95 * len(waits))]
    report.add(
        "e", f"ORU received → in the open chart, p95, {A_SECOND}/s", f"{_words(late)}, p50 {_words(middle)}",
        f"asked every {loaded.interval:g} s", late, TARGET,
    )  # fmt: skip
    report.note(
        f"(e), open chart: {len(waits)} results watched among {int(A_SECOND * SECONDS)},"
        f" {sum(wait == float('inf') for wait in waits)} never seen; by quarters of the minute the middle one waited"
        f" {', '.join(_words(wait) for wait in loaded.middles())}; an answer took {_ms(loaded.answers)} meanwhile,"
        f" {_ms(quiet.answers)} at rest."
    )


def _words(seconds: float) -> str:
    return "never" if seconds == float("inf") else f"{seconds:.2f} s"


def _ms(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"{1000 * statistics.median(ordered):.0f} ms (p95 {1000 * ordered[int(0.95 * len(ordered))]:.0f})"


def _nothing(_seen: Seen) -> None:
    time.sleep(10)


def _watch(opener: urllib.request.OpenerDirector, charts: Charts, meanwhile: Callable[[Seen], None]) -> Seen:
    """Each chart is asked for again and again until what was told is seen, or half a minute has gone."""
    seen = Seen()
    threads = [
        threading.Thread(target=_look, args=(opener, page, seen), daemon=True)
        for page, _number in charts.watched
    ]
    for thread in threads:
        thread.start()
    try:
        meanwhile(seen)
        deadline = time.monotonic() + 30
        while len(seen.shown) < len(seen.acknowledged) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        seen.over.set()
        for thread in threads:
            thread.join(60)
    if seen.failures:
        raise RuntimeError(seen.failures[0])
    return seen


def _look(opener: urllib.request.OpenerDirector, page: str, seen: Seen) -> None:
    """The page, then what it asks for by itself, at a moment of its own."""
    try:
        address, interval = _asks(_get(opener, page))
        seen.interval = interval
        time.sleep(random.uniform(0, interval))  # noqa: S311
        while not seen.over.is_set():
            began = time.perf_counter()
            text = _get(opener, address)
            now = time.perf_counter()
            seen.answers.append(now - began)
            if text:
                address, interval = _asks(text)
                for title in list(seen.acknowledged):
                    if title not in seen.shown and title in text:
                        seen.shown[title] = now
            seen.over.wait(interval)
    except (OSError, http.client.HTTPException) as error:
        seen.failures.append(f"{page}: {error}")


def _get(opener: urllib.request.OpenerDirector, address: str) -> str:
    """What htmx would get; "" when nothing has changed."""
    asked = urllib.request.Request(BASE + address, headers={"HX-Request": "true"} if "?" in address else {})  # noqa: S310
    with opener.open(asked, timeout=30) as answer:
        return str(answer.read().decode())


def _asks(html: str) -> tuple[str, float]:
    """(address, seconds) of the list that asks again by itself. Raises OSError where there is none."""
    found = re.search(r'id="report-list" hx-get="([^"]+)" hx-trigger="every (\d+)ms"', html)
    if found is None:
        raise OSError("no list that asks again")
    return unescape(found[1]), int(found[2]) / 1000


def _send(seen: Seen, charts: Charts) -> None:
    """One connection, so many a second; one that is late is followed at once."""
    run = f"L{time.time_ns() % 10**9:09d}"
    began = time.perf_counter()
    with Sender(HL7) as laboratory:
        for number in range(int(A_SECOND * SECONDS)):
            time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            title = f"Mẫu {run}-{number:05d}."
            if number % EVERY:
                patient = charts.others[number % len(charts.others)]
            else:
                _page, patient = charts.watched[number // EVERY % len(charts.watched)]
            laboratory.tell(oru(number, run=run, patient=patient, title=title))
            if number % EVERY == 0:
                seen.acknowledged[title] = time.perf_counter()
