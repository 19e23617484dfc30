"""The simulated HIS at its desk: it takes orders over MLLP, answers each after a while, and tells of patients.

`python -m integrations.his.simulator --listen PORT` runs it. With `--delay` it acknowledges at once and says whether it
takes the order in a message of its own, as a HIS does whose pharmacist looks first; without, on the same connection.
With `--arrivals` an invented patient comes every so many seconds: seen, admitted, discharged.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.framing import FrameDecoder, FrameTooLong, frame

_REPLIES = {
    "RDE": ["RRE", "O12", "RRE_O12"],
    "OML": ["ORL", "O22", "ORL_O22"],
    "ORM": ["ORR", "O02", "ORR_O02"],
}
# One message about an invented patient: "A04" seen, "A01" admitted, "A03" discharged.
Stay = Callable[[str], bytes]


def reply(asked: Hl7Message, out_of_stock: str) -> bytes:
    """AA with the order taken (OK), or not for want of stock (UA)."""
    orc = asked.first("ORC")
    what = next((s for s in asked.segments if s.name in {"RXE", "RXO", "OBR"}), asked.first("RXE"))
    names = " ".join(field.text(2) for field in what.fields)
    is_refused = bool(out_of_stock) and out_of_stock.lower() in names.lower()
    control, reason = ("UA", [None, "Hết thuốc trong kho"]) if is_refused else ("OK", None)
    print(f"{asked.first('MSH')[9].text(1)} {orc[1].text()} {orc[2].text()} → {control}", flush=True)
    order = build_segment("ORC", control, orc[2].text(), *[None] * 13, reason)
    return _answer(asked, _REPLIES.get(asked.first("MSH")[9].text(1), ["ACK"]), order)


def _answer(asked: Hl7Message, kind: list[str], *segments: str) -> bytes:
    msh = asked.first("MSH")
    return build_message(
        [["HIS", "BENHANMO-SIMULATOR", "L"], msh[6].text(), msh[3].text(), msh[4].text(), write_timestamp(datetime.now(UTC)),
         None, kind, f"S{time.time_ns() % 10**15}", "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8"],
        build_segment("MSA", "AA", msh[10].text()),
        *segments,
    )  # fmt: skip


class Desk:
    """What the simulated HIS does until it is stopped; what it has taken is lost then."""

    def __init__(self, *, out_of_stock: str, delay: float, arrivals: float, target: tuple[str, int]) -> None:
        """`delay` and `arrivals` in seconds, 0: at once, and nobody comes. `target` is the record's listener."""
        self.out_of_stock, self.delay, self.arrivals, self.target = out_of_stock, delay, arrivals, target
        self._taken: set[str] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    async def serve(self, port: int, new_stay: Callable[[], Stay]) -> None:
        """Take orders on the port of this machine; 0 is a free one."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", port)
        actual = server.sockets[0].getsockname()[1]
        print(f"SIMULATOR: this is no real HIS. It takes orders on port {actual}.", flush=True)
        if self.arrivals:
            self._begin(self._tell_stays(new_stay))
        async with server:
            await server.serve_forever()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = FrameDecoder()
        try:
            while chunk := await reader.read(65536):
                for raw in decoder.feed(chunk):
                    writer.write(frame(self._take(parse(raw))))
                    await writer.drain()
        except (ConnectionError, FrameTooLong):
            pass
        finally:
            writer.close()

    def _take(self, asked: Hl7Message) -> bytes:
        if not self.delay:
            return reply(asked, self.out_of_stock)
        control_id = asked.first("MSH")[10].text()
        if control_id not in self._taken:  # sent again: taken once
            self._taken.add(control_id)
            self._begin(self._answer_later(asked))
        return _answer(asked, ["ACK", asked.first("MSH")[9].text(2)])

    async def _answer_later(self, asked: Hl7Message) -> None:
        await asyncio.sleep(self.delay * random.uniform(0.5, 1.0))  # noqa: S311  # believable, not secret
        await self._tell(reply(asked, self.out_of_stock))

    async def _tell_stays(self, new_stay: Callable[[], Stay]) -> None:
        """One invented patient after the other, so that not more than one lies in a bed at a time."""
        while True:
            message = new_stay()
            for event in ("A04", "A01", "A03"):
                await asyncio.sleep(self.arrivals / 3)
                await self._tell(message(event))

    async def _tell(self, raw: bytes) -> None:
        """Until it is answered: the record may be down for a while."""
        pause = 1.0
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self.target)
                writer.write(frame(raw))
                await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 30)
                writer.close()
                return
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)
