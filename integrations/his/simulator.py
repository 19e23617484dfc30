"""A HIS to try the connection with: `python -m integrations.his.simulator`.

It is a simulator and says so: in its output, and in MSH-3.2 of every message. It speaks real MLLP over TCP, invents a
patient or takes the one named, sends the messages of a stay one after the other and prints each answer. Among the
events RDE orders a medicine, OML a blood count, CA cancels the last order. With --listen PORT it is a HIS that takes
orders instead: it says yes to each, and no (RRE, ORL, ORR with UA) to those that name what is --out-of-stock; see `taking`.
"""

import argparse
import asyncio
import random
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from integrations.his.taking import Desk, Stay
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.parsing import parse
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.framing import FrameDecoder, frame

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
_GIVEN = ("Văn Bình", "Thị Bích Đào", "Minh Khôi", "Thị Ngọc Ánh", "Quốc Toản", "Thu Hương")


ORDERS = {"RDE", "OML", "CA"}


class Simulator:
    """One invented patient of one facility, and the messages about them."""

    def __init__(self, facility: str, seed: int | None, name: str, number: str) -> None:
        self.random = random.Random(seed)  # noqa: S311  # invented people, no secret
        self.facility = facility
        family, given = [*name.split(" ", 1), ""][:2] if name else ("", "")
        self.name = [
            family or self.random.choice(_FAMILY),
            given or ("" if name else self.random.choice(_GIVEN)),
        ]
        suffix = f"{self.random.randrange(10**8):08d}"
        self.number = number or f"SIM{suffix}"
        self.visit = f"SIMDT{suffix}"
        self.birth = f"{self.random.randrange(1940, 2010)}{self.random.randrange(1, 13):02d}15"
        self.sex = self.random.choice("MF")
        self.sent = 0
        self.last_order = "NONE"

    def message(
        self, event: str, at: datetime, *, place: list[str | None], patient_class: str = "I"
    ) -> bytes:
        """One ADT message."""
        self.sent += 1
        control_id = f"{int(time.time()):X}{self.random.randrange(16**6):06X}{self.sent:02d}"
        time_sent = write_timestamp(at)
        address = ["12 Lê Lợi", None, None, None, None, "VNM"]
        return build_message(
            [["HIS", "BENHANMO-SIMULATOR", "L"], self.facility, "EMR", self.facility, time_sent, None,
             ["ADT", event], control_id, "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8"],
            build_segment("EVN", event, time_sent, None, None, None, time_sent),
            build_segment("PID", "1", None, [self.number, None, None, f"BV{self.facility}", "MR"], None, self.name, None,
                          self.birth, self.sex, None, None, address, None, "0900000000"),
            build_segment("PV1", "1", patient_class, place, *[None] * 15, self.visit, *[None] * 24, time_sent),
        )  # fmt: skip

    def order(self, event: str, at: datetime, department: str) -> bytes:
        """RDE^O11: amoxicillin twice a day; OML^O21: a blood count; CA: the last of them not after all."""
        self.sent += 1
        control_id = f"{int(time.time()):X}{self.random.randrange(16**6):06X}{self.sent:02d}"
        moment = write_timestamp(at)
        kind = ["ORM", "O01"] if event == "CA" else [event, "O11" if event == "RDE" else "O21"]
        if event != "CA":
            self.last_order = f"{'TH' if event == 'RDE' else 'XN'}{control_id[-12:]}"
        doctor = ["BS001", "Lê", "Thị Hoa"]
        segments = [
            build_segment(
                "PID", "1", None, [self.number, None, None, f"BV{self.facility}", "MR"], None, self.name
            ),
            build_segment("PV1", "1", "I", [department], *[None] * 15, self.visit),
            build_segment(
                "ORC",
                "CA" if event == "CA" else "NW",
                self.last_order,
                *[None] * 6,
                moment,
                None,
                None,
                doctor,
            ),
        ]
        if event == "RDE":
            segments += [
                build_segment("TQ1", "1", None, ["BID"], None, None, ["5", "D"], moment),
                build_segment("RXE", None, ["TH0017", "Amoxicilin 500 mg"], "1", None, ["vien"]),
                build_segment("RXR", ["PO"]),
            ]
        elif event == "OML":
            service = ["XN0001", "Công thức máu"]
            segments.append(build_segment("OBR", "1", self.last_order, None, service, *[None] * 19, "LAB"))
        return build_message(
            [["HIS", "BENHANMO-SIMULATOR", "L"], self.facility, "EMR", self.facility, moment, None, kind, control_id,
             "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8"],
            *segments,
        )  # fmt: skip

    def stay(self, events: list[str], department: str, bed: str, hours: float) -> Iterator[tuple[str, bytes]]:
        """The messages of a stay that began so many hours ago, evenly spread until now."""
        began = datetime.now(UTC) - timedelta(hours=hours)
        step = timedelta(hours=hours) / max(len(events), 1)
        for number, event in enumerate(events):
            if event in ORDERS:
                yield event, self.order(event, began + step * number, department)
                continue
            is_visit = event == "A04"
            place = ["K01" if is_visit else department, None, None if is_visit else bed]
            yield (
                event,
                self.message(
                    event, began + step * number, place=place, patient_class="O" if is_visit else "I"
                ),
            )


def main() -> int:
    """Send, print the answers; 0 when every one was an acceptance."""
    parser = argparse.ArgumentParser(prog="python -m integrations.his.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2575)
    parser.add_argument("--facility", default="99999", help="insurance code, MSH-4")
    parser.add_argument("--events", default="A04,A01", help="for instance A04,A01,A02,A08,A03")
    parser.add_argument("--department", default="K03")
    parser.add_argument("--bed", default="", help="bed code; none is sent without it")
    parser.add_argument("--hours", type=float, default=1.0, help="how long ago the first event happened")
    parser.add_argument("--name", default="", help="the patient's name; invented without it")
    parser.add_argument("--number", default="", help="the patient's number; invented without it")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--listen", type=int, metavar="PORT", help="take orders on this port instead of sending"
    )
    parser.add_argument(
        "--out-of-stock", default="", metavar="WORD", help="orders with this word are refused"
    )
    parser.add_argument(
        "--delay", type=float, default=0.0, help="with --listen: seconds until an order is answered, by a message of its own"
    )  # fmt: skip
    parser.add_argument(
        "--arrivals",
        type=float,
        default=0.0,
        help="with --listen: seconds from one invented patient to the next",
    )
    chosen = parser.parse_args()
    if chosen.listen is not None:
        return _desk(chosen)
    simulator = Simulator(chosen.facility, chosen.seed, chosen.name, chosen.number)
    print(
        f"SIMULATOR: this is no real HIS. Patient {simulator.number}, {' '.join(simulator.name)}, is invented."
    )
    events = [event.strip().upper() for event in chosen.events.split(",") if event.strip()]
    refused = 0
    try:
        with socket.create_connection((chosen.host, chosen.port), timeout=30) as connection:
            for event, message in simulator.stay(events, chosen.department, chosen.bed, chosen.hours):
                code, text = _ask(connection, message)
                refused += code not in {"AA", "CA"}
                print(f"{event if event in ORDERS else f'ADT^{event}'} → {code} {text}".rstrip())
    except OSError as error:
        print(f"Can't reach {chosen.host}:{chosen.port}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 1 if refused else 0


def _desk(chosen: argparse.Namespace) -> int:
    """Be a HIS that takes orders, until the program is stopped."""
    desk = Desk(
        out_of_stock=chosen.out_of_stock, delay=chosen.delay, arrivals=chosen.arrivals, target=(chosen.host, chosen.port)
    )  # fmt: skip

    def new_stay() -> Stay:
        patient = Simulator(chosen.facility, chosen.seed, chosen.name, chosen.number)
        return lambda event: next(patient.stay([event], chosen.department, chosen.bed, 0.0))[1]

    try:
        asyncio.run(desk.serve(chosen.listen, new_stay))
    except OSError as error:
        print(f"Can't listen on port {chosen.listen}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _ask(connection: socket.socket, message: bytes) -> tuple[str, str]:
    """Send one message and wait for its answer: (code, text)."""
    connection.sendall(frame(message))
    decoder = FrameDecoder()
    while chunk := connection.recv(65536):
        if answers := decoder.feed(chunk):
            msa = parse(answers[0]).first("MSA")
            return msa[1].text(), msa[3].text()
    return "no answer", "the connection was closed"


if __name__ == "__main__":
    sys.exit(main())
