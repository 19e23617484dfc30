"""What was measured, against what, and how it is written down."""

import datetime as dt
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Row:
    """One line: what, the value beside its floor, the ratio (or rate) and its target."""

    part: str
    what: str
    value: str
    floor: str
    result: float
    target: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.result >= self.target if self.at_least else self.result <= self.target

    def cells(self) -> list[str]:
        """The line's cells as text."""
        sign = "≥" if self.at_least else "≤"
        verdict = "yes" if self.is_met else "**no**"
        return [
            self.part,
            self.what,
            self.value,
            self.floor,
            f"{self.result:.2f}",
            f"{sign} {self.target:g}",
            verdict,
        ]


@dataclass
class Report:
    """All lines of a run, said as they come."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: dt.datetime = field(default_factory=lambda: dt.datetime.now().astimezone())
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, *row: Any, at_least: bool = False) -> None:
        """Keep a line and print it."""
        self.rows.append(Row(*row, at_least=at_least))
        print("  ".join(self.rows[-1].cells()), flush=True)

    def note(self, text: str) -> None:
        """Keep a remark and print it."""
        self.notes.append(text)
        print(f"    {text}", flush=True)

    def write(self, postgres: str) -> None:
        """The page for readers."""
        head = ["", "what", "ours", "floor", "result", "target", "met"]
        table = [head, ["---"] * len(head), *(row.cells() for row in self.rows)]
        lines = [
            "# Benchmarks",
            "",
            "Written by `make bench`; don't edit. Every figure is a ratio to a floor of the same run on the same",
            "machine, or a rate; CPU is that of our Python process, medians of many calls. What each part measures",
            "stands at the top of its module in `tools/bench/`.",
            "",
            f"- {self.began:%d/%m/%Y %H:%M}, {_processor()}, {os.cpu_count()} cores, {_memory()} GB; load at the start"
            f" {self.load:.1f}",
            f"- {platform.platform()}, Python {platform.python_version()}, {postgres}",
            "",
            *("| " + " | ".join(cells) + " |" for cells in table),
            "",
            *(f"- {note}" for note in self.notes),
        ]
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3)


@dataclass(frozen=True)
class Cost:
    """Medians of one call, in milliseconds."""

    cpu: float
    wall: float


def cost_of(call: Callable[[], Any], *, times: int = 60, warm: int = 10) -> Cost:
    """The median CPU of this process and the median wall time of a call that has been warmed up."""
    for _ in range(warm):
        call()
    cpus, walls = [], []
    for _ in range(times):
        cpu, wall = process_time(), perf_counter()
        call()
        cpus.append(process_time() - cpu)
        walls.append(perf_counter() - wall)
    return Cost(1000 * median(cpus), 1000 * median(walls))


def costs_in_turn(*calls: Callable[[], Any], times: int = 60, warm: int = 10) -> list[Cost]:
    """The costs of calls that are made in turn: a slow minute of the machine hits all of them."""
    cpus: list[list[float]] = [[] for _ in calls]
    walls: list[list[float]] = [[] for _ in calls]
    for turn in range(warm + times):
        for place, call in enumerate(calls):
            cpu, wall = process_time(), perf_counter()
            call()
            if turn >= warm:
                cpus[place].append(process_time() - cpu)
                walls[place].append(perf_counter() - wall)
    return [Cost(1000 * median(cpu), 1000 * median(wall)) for cpu, wall in zip(cpus, walls, strict=True)]
