"""Keeps an instance's programs running: restarts what dies, ends everything in order, leaves no process behind.

Every program gets its own process group (Ctrl-C reaches us alone; a dead program's own children go with it) and the
kernel's promise that it ends when we do, even by kill -9.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from emr.local.errors import LocalError

MARK = "EMR_SUPERVISED_HOME"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # after this long the next death counts as the first
BIGGEST_LOG = 20 * 1024 * 1024


@dataclass
class Program:
    """What to run. `ready` answers whether it can be used; `rank` orders the end: high ends first.

    With `next_run` (seconds from now) it is a job: started then, not at once, and again when the next time comes.
    """

    name: str
    command: list[str]
    environment: dict[str, str] = field(repr=False)
    log: Path
    rank: int = 1
    patience: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] | None = None
    before: Callable[[], None] | None = None
    next_run: Callable[[], float] | None = None

    process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    started_at: float = field(default=0.0, init=False)
    deaths: int = field(default=0, init=False)
    start_again_at: float = field(default=0.0, init=False)


class Supervisor:
    """Runs programs until `stop` or a signal."""

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self.home = home
        self.say = say
        self.programs: list[Program] = []
        self.stopping = False
        self._last_word = watch(home)
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: at once
            for program in self.programs:
                _signal_group(program.process, signal.SIGKILL)
        self.stopping = True

    def start(self, program: Program) -> None:
        """Add a program and start it; the loop keeps it from then on."""
        self.programs.append(program)
        if program.next_run:
            program.start_again_at = time.monotonic() + program.next_run()
        else:
            self._launch(program)

    def wait_until_ready(self, *programs: Program, seconds: float = 60.0) -> None:
        """Keep everything running until these can be used; an unready one is named with its log."""
        deadline = time.monotonic() + seconds
        waiting = list(programs)
        while waiting and not self.stopping:
            self.tend()
            waiting = [program for program in waiting if program.ready and not program.ready()]
            if waiting and time.monotonic() > deadline:
                raise LocalError(
                    f"{waiting[0].name} isn't ready after {seconds:.0f} s. Its log: {waiting[0].log}"
                )
            if waiting:
                self._sleep(0.05)

    def run_once(self, command: list[str], environment: dict[str, str], log: Path) -> int:
        """Run a command to its end while tending the others; its exit code, or -1 when we were asked to stop."""
        step = Program("step", command, environment, log)
        self._launch(step)
        process = step.process
        assert process is not None  # noqa: S101 (launched one line above)
        while process.poll() is None and not self.stopping:
            self.tend()
            self._sleep(0.1)
        if self.stopping:
            self._end([step])
            return -1
        return process.returncode

    def tend_until_stopped(self) -> None:
        """The loop: wait for a death or a signal."""
        while not self.stopping:
            self.tend()
            pauses = [
                program.start_again_at - time.monotonic() for program in self.programs if not program.process
            ]
            self._sleep(max(0.05, min([5.0, *pauses])))

    def tend(self) -> None:
        """Bury the dead, start what is due, keep logs short."""
        for program in self.programs:
            if program.process and program.process.poll() is not None:
                self._bury(program)
            if not program.process and time.monotonic() >= program.start_again_at:
                self._launch(program)
            _shorten(program.log)

    def end(self) -> None:
        """End everything, rank by rank; what doesn't leave in its time is killed."""
        self.stopping = True
        for rank in sorted({program.rank for program in self.programs}, reverse=True):
            self._end([program for program in self.programs if program.rank == rank])
        os.write(self._last_word, b".")

    def _launch(self, program: Program) -> None:
        if program.before:
            program.before()
        with program.log.open("ab") as log:
            program.process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=program.environment | {MARK: str(self.home)},
                start_new_session=True,
            )
        program.started_at = time.monotonic()

    def _bury(self, program: Program) -> None:
        process = program.process
        if process is None:
            return
        _signal_group(process, signal.SIGKILL)  # its own children, if any outlived it
        program.process = None
        if program.next_run:
            program.start_again_at = time.monotonic() + program.next_run()
            if process.returncode:
                self.say(f"{program.name} failed ({_how(process.returncode)}). {program.log}")
            return
        steady = time.monotonic() - program.started_at > STEADY_SECONDS
        program.deaths = 1 if steady else program.deaths + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (program.deaths - 1))
        program.start_again_at = time.monotonic() + pause
        self.say(
            f"{program.name} ended ({_how(process.returncode)}); starting it again in {pause:.1f} s. {program.log}"
        )

    def _end(self, programs: list[Program]) -> None:
        living = [program for program in programs if program.process and program.process.poll() is None]
        for program in living:
            assert program.process is not None  # noqa: S101 (filtered above)
            program.process.send_signal(program.stop_signal)
        deadline = time.monotonic() + max([program.patience for program in living], default=0.0)
        for program in living:
            assert program.process is not None  # noqa: S101
            try:
                program.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{program.name} didn't end in time and is killed")
        for program in programs:
            _signal_group(program.process, signal.SIGKILL)
            if program.process:
                program.process.wait()

    def _sleep(self, seconds: float) -> None:
        """Until something happens, at most this long."""
        if select.select([self._wake_read], [], [], seconds)[0]:
            os.read(self._wake_read, 4096)


def watch(home: Path) -> int:
    """Leave a process behind that ends the programs' own children, should we be killed with kill -9.

    It reads a pipe whose other end only we hold: a byte means that we ended in order, its closing that we were killed.
    It shares our locks, so the home isn't free before it has finished.
    """
    read, write = os.pipe()
    if os.fork():
        os.close(read)
        return write
    os.setsid()
    os.close(write)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if not os.read(read, 1):
        end_leftovers(home)
    os._exit(0)


def end_leftovers(home: Path) -> int:
    """End what an instance killed with kill -9 left running: only processes that carry this home's mark."""
    mark = f"{MARK}={home}".encode()
    left = [pid for pid in _pids() if pid != os.getpid() and mark in _environment(pid)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 5.0
        while any(mark in _environment(pid) for pid in left) and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(left)


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    """A process's variables; nothing for a stranger's or a dead one."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _signal_group(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process:
        try:
            os.killpg(process.pid, number)  # a session leader's group has its number
        except (ProcessLookupError, PermissionError):
            return


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _shorten(log: Path) -> None:
    """Programs append, so their file may be emptied under them once its end is copied aside."""
    try:
        if log.stat().st_size > BIGGEST_LOG:
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            os.truncate(log, 0)
    except FileNotFoundError:
        return
