"""(f) Memory of the whole stack, PostgreSQL and broker included: idle, and its slope under load.

Proportional set size (shared pages counted once) of the supervisor and everything under it; of PostgreSQL's processes what
is theirs alone, since the buffers that they share are reserved once, by size, and fill as pages are read. The slope is of
private memory: another Python program that starts or ends on the machine changes everybody's share of the libraries. The
load: one page after another and an HL7 message now and then; the slope is fitted from the second minute on.
"""

import itertools
import statistics
import time
from pathlib import Path

import psutil

from tools.bench.messages import send
from tools.bench.report import Report
from tools.bench.stack import BASE, HL7, running, sign_in

Samples = list[tuple[float, dict[str, float]]]  # seconds since the beginning, private MB by program
IDLE_MB, SLOPE_MB = 900.0, 1.0
PROGRAMS = ("granian", "worker", "beat", "mllp", "postgres", "valkey", "redis")


def by_program(process: psutil.Process, *, private: bool) -> dict[str, float]:
    """MB of a process and all its descendants, PostgreSQL's shared buffers left out: {program: MB}."""
    used: dict[str, float] = {}
    for each in [process, *process.children(recursive=True)]:
        try:
            name, words = each.name(), " ".join(each.cmdline())
            program = next((known for known in PROGRAMS if known in name or known in words), "others")
            memory = each.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        used[program] = (
            used.get(program, 0) + (memory.uss if private or program == "postgres" else memory.pss) / 1024**2
        )
    return used


def measure(report: Report, home: Path, minutes: float, patient: str) -> None:
    """Start the stack as `make run` does, look, load it, look again."""
    with running(home) as process:
        time.sleep(20)
        idle = sum(by_program(process, private=False).values())
        report.add("f", "memory of the stack, idle", f"{idle:.0f} MB", "", idle, IDLE_MB)
        samples = _load(process, minutes, patient)
        last = sum(by_program(process, private=False).values())
        slope = _slope(samples)
        report.add("f", f"its slope over {minutes:g} min of load", f"to {last:.0f} MB", "", slope, SLOPE_MB)
        report.notes.append("(f), private MB at the first and the last sample: " + _programs(samples))
        print(report.notes[-1])


def _load(process: psutil.Process, minutes: float, patient: str) -> Samples:
    """Use it that long, and look forty times."""
    opener = sign_in()
    began = time.monotonic()
    samples: Samples = []
    next_sample = began + min(60.0, minutes * 30)
    for turn in itertools.count():
        for path in ("/", f"/patients/{patient}/", "/patients/"):
            with opener.open(BASE + path, timeout=30) as answer:
                answer.read()
        if turn % 20 == 0:
            send(HL7, turn, 5, f"M{int(began)}-")
        if time.monotonic() >= next_sample:
            samples.append((time.monotonic() - began, by_program(process, private=True)))
            next_sample += max(5.0, minutes * 60 / 40)
        if time.monotonic() - began > minutes * 60:
            break
    return samples


def _slope(samples: Samples) -> float:
    """Least squares over all programs: MB a minute."""
    at, used = [at / 60 for at, _ in samples], [sum(each.values()) for _, each in samples]
    return statistics.linear_regression(at, used).slope


def _programs(samples: Samples) -> str:
    first, last = samples[0][1], samples[-1][1]
    return ", ".join(f"{name} {first.get(name, 0):.0f} → {last[name]:.0f}" for name in sorted(last))
