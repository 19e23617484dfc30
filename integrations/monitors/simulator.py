"""Monitors at the bed to try the connection with: `python -m integrations.monitors.simulator`.

It is a simulator and says so: in its output, and in MSH-3.2 of every message. It speaks real MLLP over TCP, invents the
vital signs of the monitors named (`--monitor SIM-01`, several times; `--monitor SIM-01=BN000123` names a patient in PID-3)
and sends them in each `--every` seconds as IHE PCD-01: heart rate, SpO2, breathing, temperature each time, the cuff's
pressure in each fifth with the time it was taken. Away, the record is tried again. `--once` sends one message a monitor and
ends.
"""

import argparse
import random
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.parsing import parse
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.framing import FrameDecoder, frame

CUFF_EACH = 5
_REFUSED_SECONDS = 60.0
_PROFILE = ["IHE_PCD_001", "IHE PCD", "1.3.6.1.4.1.19376.1.6.1.1.1", "ISO"]
_BEATS = ["264864", "MDC_DIM_BEAT_PER_MIN", "MDC"]
_BREATHS = ["264928", "MDC_DIM_RESP_PER_MIN", "MDC"]
_PERCENT = ["262688", "MDC_DIM_PERCENT", "MDC"]
_DEGREES = ["268192", "MDC_DIM_DEGC", "MDC"]
_MERCURY = ["266016", "MDC_DIM_MMHG", "MDC"]


class Monitor:
    """One invented monitor; what it shows drifts a little around what it began with."""

    def __init__(self, name: str, patient: str, chance: random.Random) -> None:
        self.name, self.patient, self.random = name, patient, chance
        self.pulse, self.oxygen, self.breathing = chance.randrange(68, 96), chance.randrange(94, 99), 17
        self.temperature = 36.6 + chance.random()
        self.pressure = (chance.randrange(112, 142), chance.randrange(64, 86))
        self.cuff_at: datetime | None = None
        self.sent = 0

    def _control_id(self, at: datetime) -> str:
        return f"M{self.random.randrange(16**6):06X}{int(at.timestamp()) % 10**9:09d}{self.sent % 1000:03d}"

    def message(self, facility: str, at: datetime) -> bytes:
        """The next message: everything as it is shown at this moment."""
        if self.sent % CUFF_EACH == 0:
            self.pressure = (self.random.randrange(108, 146), self.random.randrange(62, 90))
            self.cuff_at = at
        self.sent += 1
        self.pulse = min(max(self.pulse + self.random.randrange(-3, 4), 55), 120)
        self.oxygen = min(max(self.oxygen + self.random.randrange(-1, 2), 91), 100)
        self.breathing = min(max(self.breathing + self.random.randrange(-1, 2), 12), 24)
        when = write_timestamp(at)
        cuff = write_timestamp(self.cuff_at or at)
        shown = (
            ("147842", "MDC_ECG_HEART_RATE", "1.1.1.1", str(self.pulse), _BEATS, when),
            ("150456", "MDC_PULS_OXIM_SAT_O2", "1.2.1.1", str(self.oxygen), _PERCENT, when),
            ("151562", "MDC_RESP_RATE", "1.1.2.1", str(self.breathing), _BREATHS, when),
            ("150344", "MDC_TEMP", "1.3.1.1", f"{self.temperature:.1f}", _DEGREES, when),
            ("150021", "MDC_PRESS_BLD_NONINV_SYS", "1.4.1.1", str(self.pressure[0]), _MERCURY, cuff),
            ("150022", "MDC_PRESS_BLD_NONINV_DIA", "1.4.1.2", str(self.pressure[1]), _MERCURY, cuff),
        )
        head = build_segment(
            "OBX", "1", None, ["69965", "MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS", "MDC"], "1.0.0.0", *[None] * 6, "X",
            *[None] * 6, [self.name, "BENHANMO-SIMULATOR"],
        )  # fmt: skip
        values = [
            build_segment(
                "OBX", str(index), "NM", [code, name, "MDC"], place, number, unit, *[None] * 4, "R", None, None, taken,
            )
            for index, (code, name, place, number, unit, taken) in enumerate(shown, start=2)
        ]  # fmt: skip
        person = [self.patient, None, None, f"BV{facility}", "MR"] if self.patient else None
        return build_message(
            [["MONITOR", "BENHANMO-SIMULATOR", "L"], facility, "EMR", facility, when, None, ["ORU", "R01", "ORU_R01"],
             self._control_id(at), "P", "2.6", None, None, "AL", "NE", None, "UNICODE UTF-8", None, None, _PROFILE],
            build_segment("PID", None, None, person),
            build_segment("PV1", None, "I"),
            build_segment(
                "OBR", "1", None, f"{self.name}-{self.sent}", ["182777000", "monitoring of patient", "SCT"], None, None, when
            ),
            head,
            *values,
        )  # fmt: skip


def _ask(connection: socket.socket, message: bytes) -> tuple[str, str]:
    """Send one message and wait for its answer: (code, text)."""
    connection.sendall(frame(message))
    decoder = FrameDecoder()
    while chunk := connection.recv(65536):
        if answers := decoder.feed(chunk):
            msa = parse(answers[0]).first("MSA")
            return msa[1].text(), msa[3].text()
    raise ConnectionError("the connection was closed")


def send(monitors: Sequence[Monitor], facility: str, target: tuple[str, int]) -> tuple[int, int]:
    """One message a monitor over one connection: (taken, refused). Raises OSError."""
    taken = refused = 0
    with socket.create_connection(target, timeout=30) as connection:
        for monitor in monitors:
            code, text = _ask(connection, monitor.message(facility, datetime.now(UTC)))
            is_taken = code in {"AA", "CA"}
            taken, refused = taken + is_taken, refused + (not is_taken)
            print(f"{monitor.name} → {code} {text}".rstrip(), flush=True)
    return taken, refused


def main() -> int:
    """Send until stopped; with --once 0 when every message was taken, 1 when one was refused, 2 when nobody answers."""
    parser = argparse.ArgumentParser(prog="python -m integrations.monitors.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2575)
    parser.add_argument("--facility", default="99999", help="insurance code, MSH-4")
    parser.add_argument("--monitor", action="append", default=[], metavar="NAME[=PATIENT NUMBER]")
    parser.add_argument(
        "--every", type=float, default=60.0, help="seconds between two messages of one monitor"
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument("--once", action="store_true")
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)  # noqa: S311  # invented values, no secret
    named = [text.partition("=") for text in chosen.monitor or ["SIM-01"]]
    monitors = [Monitor(name, patient, chance) for name, _sign, patient in named]
    print(f"SIMULATOR: these are no real monitors: {', '.join(m.name for m in monitors)}.", flush=True)
    while True:
        pause = timedelta(seconds=chosen.every)
        try:
            _taken, refused = send(monitors, chosen.facility, (chosen.host, chosen.port))
        except OSError as error:
            print(
                f"Can't reach {chosen.host}:{chosen.port}: {error.strerror or error}",
                file=sys.stderr,
                flush=True,
            )
            if chosen.once:
                return 2
        else:
            if chosen.once:
                return 1 if refused else 0
            if refused:  # the record doesn't know us (yet): knocking faster doesn't help
                pause = max(pause, timedelta(seconds=_REFUSED_SECONDS))
        time.sleep(pause.total_seconds())


if __name__ == "__main__":
    sys.exit(main())
