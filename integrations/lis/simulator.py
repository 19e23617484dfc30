"""A LIS and a RIS to try orders and results with: `python -m integrations.lis.simulator`.

It is a simulator and says so: in its output, in MSH-3.2 and in each report's note. It takes OML^O21 and ORM^O01 over real
MLLP, acknowledges, and after a while sends the results as ORU^R01 to the record's listener: the specimen's arrival first
(registered), then the values (final). A cancelled order gets no result. What it has taken is lost when it stops. Cultures
and rapid tests aren't done there: it acknowledges their orders and never speaks of them; the laboratory enters them by hand.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.order_segments import Concept, Obr, Orc
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.hl7v2.segments import Msh
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.framing import FrameDecoder, FrameTooLong, frame


@dataclass(frozen=True, slots=True)
class Analyte:
    """What an invented laboratory measures: code, name, LOINC, unit, the adults' range, decimals."""

    code: str
    name: str
    loinc: str
    unit: str
    low: float
    high: float
    decimals: int = 1


_CBC = (
    Analyte("WBC", "Bạch cầu (WBC)", "6690-2", "G/L", 4.0, 10.0, 2),
    Analyte("RBC", "Hồng cầu (RBC)", "789-8", "T/L", 3.9, 5.4, 2),
    Analyte("HGB", "Huyết sắc tố (HGB)", "718-7", "g/L", 120, 160, 0),
    Analyte("HCT", "Hematocrit (HCT)", "4544-3", "%", 36, 46, 1),
    Analyte("PLT", "Tiểu cầu (PLT)", "777-3", "G/L", 150, 400, 0),
    Analyte("NEU%", "Bạch cầu trung tính (NEU%)", "770-8", "%", 45, 75, 1),
)
# What the demo's tests are made of; any other number is measured as one value.
_PANELS: dict[str, tuple[Analyte, ...]] = {
    "XN0001": _CBC,
    "XN0011": (Analyte("GLU", "Glucose", "14749-6", "mmol/L", 3.9, 6.4),),
    "XN0014": (Analyte("URE", "Urê", "22664-7", "mmol/L", 2.5, 7.5),),
    "XN0015": (Analyte("CRE", "Creatinin", "14682-9", "µmol/L", 53, 115, 0),),
    "XN0017": (Analyte("AST", "AST (GOT)", "1920-8", "U/L", 0, 37, 0),),
    "XN0018": (Analyte("ALT", "ALT (GPT)", "1742-6", "U/L", 0, 40, 0),),
    "XN0029": (
        Analyte("NA", "Natri", "2951-2", "mmol/L", 135, 145, 0),
        Analyte("K", "Kali", "2823-3", "mmol/L", 3.5, 5.0, 1),
        Analyte("CL", "Clo", "2075-0", "mmol/L", 98, 106, 0),
    ),
    "XN0041": (Analyte("CRP", "CRP", "1988-5", "mg/L", 0, 5),),
}
# What no machine of the invented laboratory does: cultures and rapid tests.
_BY_HAND = {"XN0051", "XN0054", "XN0061", "XN0062", "XN0069"}
_IMAGES = (
    ("Hình tim không to. Hai phế trường sáng đều. Các góc sườn hoành nhọn.", "Chưa thấy bất thường."),
    ("Đám mờ không đều thùy dưới phổi phải. Góc sườn hoành phải tù nhẹ.", "Theo dõi viêm phổi thùy dưới phải."),
)  # fmt: skip
_NOTE = "Kết quả do chương trình mô phỏng tạo ra, không phải kết quả thật."


class Simulator:
    """One invented laboratory or imaging department."""

    def __init__(self, name: str, facility: str, delay: float, target: tuple[str, int], seed: int) -> None:
        self.name, self.facility, self.delay, self.target = name, facility, delay, target
        self.random = random.Random(seed)  # noqa: S311  # invented values, no secret
        self.cancelled: set[str] = set()
        self.taken: dict[str, bytes] = {}
        self._count = 0
        self._jobs: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int) -> None:
        """Listen until stopped."""
        server = await asyncio.start_server(self._converse, host, port)
        actual = server.sockets[0].getsockname()[1]
        print(f"SIMULATOR: this is no real {self.name}. Listens on {host}:{actual}.", flush=True)
        async with server:
            await server.serve_forever()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = FrameDecoder()
        try:
            while chunk := await reader.read(65536):
                for raw in decoder.feed(chunk):
                    writer.write(frame(self.take(raw)))
                    await writer.drain()
        except (ConnectionError, FrameTooLong):
            pass
        finally:
            writer.close()

    def take(self, raw: bytes) -> bytes:
        """Take an order and answer; the results follow on their own."""
        message = parse(raw)
        msh = Msh.read(message)
        accepted = msh.message_code in {"OML", "ORM"}
        if accepted and msh.message_control_id not in self.taken:  # sent again: taken once
            self.taken[msh.message_control_id] = raw
            self._take_order(message)
        code = "AA" if accepted else "AR"
        return build_message(
            [[self.name, "BENHANMO-SIMULATOR", "L"], self.facility, msh.sending_application, msh.sending_facility,
             write_timestamp(datetime.now(UTC)), None, ["ACK", msh.trigger_event], self._number(), "P", msh.version_id,
             None, None, None, None, None, "UNICODE UTF-8"],
            build_segment("MSA", code, msh.message_control_id),
        )  # fmt: skip

    def _take_order(self, message: Hl7Message) -> None:
        orc, obr = Orc.read(message.first("ORC")), Obr.read(message.first("OBR"))
        placer = orc.placer_order_number or obr.placer_order_number
        if orc.order_control in {"CA", "DC"}:
            self.cancelled.add(placer)
        elif orc.order_control in {"NW", "RL"} and _asked(obr.universal_service) not in _BY_HAND:
            job = asyncio.get_running_loop().create_task(self._work(message, placer))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    async def _work(self, message: Hl7Message, placer: str) -> None:
        for status in ("I", "F"):
            await asyncio.sleep(self.delay * self.random.uniform(0.5, 1.0))
            if placer in self.cancelled:
                return
            await self._send(self.result(message, placer, status))

    async def _send(self, raw: bytes) -> None:
        """Until it is answered: the record may be down for a while."""
        pause = 1.0
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self.target)
                writer.write(frame(raw))
                answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 30)
                writer.close()
                print(
                    f"SIMULATOR: result sent, answered {'AA' if b'|AA|' in answer else 'no AA'}.", flush=True
                )
                return
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)

    def result(self, order: Hl7Message, placer: str, status: str) -> bytes:
        """The ORU^R01 for an order: registered (I) without values, or final (F)."""
        pid, pv1, obr = order.first("PID"), order.first("PV1"), Obr.read(order.first("OBR"))
        at = datetime.now(UTC)
        service = obr.universal_service
        is_image = self.name == "RIS"
        filler = f"{self.name}{placer}"
        section = "RAD" if is_image else "LAB"
        values = [] if status == "I" else self._image(at) if is_image else self._values(_asked(service), at)
        return build_message(
            [[self.name, "BENHANMO-SIMULATOR", "L"], self.facility, "EMR", self.facility, write_timestamp(at), None,
             ["ORU", "R01", "ORU_R01"], self._number(), "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8"],
            build_segment("PID", *[_raw(pid, n) for n in range(1, 9)]),
            build_segment("PV1", *[_raw(pv1, n) for n in range(1, 20)]),
            build_segment("ORC", "RE", placer, filler, None, "CM" if status == "F" else "IP"),
            build_segment(
                "OBR", "1", placer, filler, [service.code, service.text, "L"], None, None,
                write_timestamp(at - timedelta(seconds=self.delay)), *[None] * 6, write_timestamp(at), *[None] * 7,
                write_timestamp(at), None, section, status, *[None] * 6, ["BS Mô Phỏng"],
            ),
            *([build_segment("NTE", "1", "L", _NOTE)] if status == "F" else []),
            *values,
        )  # fmt: skip

    def _values(self, code: str, at: datetime) -> Sequence[str]:
        panel = _PANELS.get(code, ())
        if not panel:
            return [
                build_segment("OBX", "1", "ST", [code, "Kết quả", "L"], None, "Âm tính", *[None] * 5, "F")
            ]
        return [self._measured(place, analyte, at) for place, analyte in enumerate(panel, 1)]

    def _measured(self, place: int, analyte: Analyte, at: datetime) -> str:
        middle, spread = (analyte.low + analyte.high) / 2, (analyte.high - analyte.low) / 2
        # Sick people are in hospital, but nobody lives with a tenth of the usual creatinine.
        value = min(max(self.random.gauss(middle, spread * 0.75), analyte.low * 0.6), analyte.high * 2)
        shown = f"{value:.{analyte.decimals}f}"
        measured = float(shown)
        flag = "L" if measured < analyte.low else "H" if measured > analyte.high else "N"
        reference = f"{analyte.low:g}-{analyte.high:g}" if analyte.low else f"<{analyte.high:g}"
        return build_segment(
            "OBX", str(place), "NM", [analyte.code, analyte.name, "L", analyte.loinc, analyte.name, "LN"], None, shown,
            [analyte.unit], reference, flag, None, None, "F", None, None, write_timestamp(at), None,
            [None, "Mô Phỏng", "KTV"],
        )  # fmt: skip

    def _image(self, at: datetime) -> Sequence[str]:
        seen, conclusion = self.random.choice(_IMAGES)
        observed = write_timestamp(at)
        return [
            build_segment("OBX", "1", "TX", ["MOTA", "Mô tả", "L"], "1", seen, *[None] * 5, "F", None, None, observed),
            build_segment(
                "OBX", "2", "TX", ["KL", "Kết luận", "L"], "2", conclusion, *[None] * 5, "F", None, None, observed
            ),
        ]  # fmt: skip

    def _number(self) -> str:
        self._count += 1
        return f"{self.name}{int(time.time()):X}{self.random.randrange(16**4):04X}{self._count:05d}"


def _asked(service: Concept) -> str:
    """The record's own code, by which the panels are kept: the alternate where the order came in a mapped code."""
    return service.alternate.identifier if service.alternate.coding_system == "L" else service.code


def _raw(segment: object, number: int) -> list[list[str | None]]:
    """A field of the order as it was, to be written again."""
    field = segment[number]  # type: ignore[index]  # a Segment
    return [
        [component[0] if isinstance(component[0], str) else None for component in repetition]
        for repetition in field.repetitions
    ]


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m integrations.lis.simulator", description=__doc__)
    parser.add_argument("--name", default="LIS", choices=["LIS", "RIS"], help="MSH-3")
    parser.add_argument("--facility", default="99999", help="insurance code, MSH-4")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2576, help="where orders are taken; 0 takes a free port")
    parser.add_argument("--to-host", default="127.0.0.1")
    parser.add_argument("--to-port", type=int, default=2575, help="the record's listener")
    parser.add_argument(
        "--delay", type=float, default=60.0, help="seconds until a specimen arrives, and until the result"
    )
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args()
    seed = time.time_ns() if chosen.seed is None else chosen.seed
    target = (chosen.to_host, chosen.to_port)
    simulator = Simulator(chosen.name, chosen.facility, chosen.delay, target, seed)
    try:
        asyncio.run(simulator.serve(chosen.bind, chosen.port))
    except OSError as error:
        print(f"Can't listen on {chosen.bind}:{chosen.port}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
