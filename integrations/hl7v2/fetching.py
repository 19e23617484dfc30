"""What neighbours lay ready is fetched: files from folders, rows from databases; each channel by one worker at a time."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

from emr.accounts.selectors import facility_ids
from emr.common import wall
from emr.common.arming import is_armed
from emr.common.clock import now
from emr.common.context import Acting, acting_as
from emr.common.training import is_training
from integrations.hl7v2 import services
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.header import read_header
from integrations.hl7v2.plain_files import DOCUMENT, document_message, is_document
from integrations.transport.client import Away
from integrations.transport.folders import DONE, FAILED, Taken, clear_done, folder_of, put_away, settled_files
from integrations.transport.framing import MAX_FRAME
from integrations.transport.models import Channel, Intake
from integrations.transport.polling import take_rows
from integrations.transport.refused import file_refused

logger = logging.getLogger(__name__)
LARGEST_FILE = 64 * 1024 * 1024
_LINES = re.compile(rb"\r\n|\r|\n")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")


class BrokenFile(Exception):
    """Not one message of the file is taken: `reason` is a code of `reasons`."""

    def __init__(self, reason: str, **detail: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def messages_in(content: bytes) -> list[bytes]:
    """The messages of a file: one, several, or a batch (FHS and BHS, HL7 v2.5.1 §2.10.3), MLLP's marks left out.

    Raises BrokenFile for a batch without its end or with another number of messages than it says: it was cut off.
    """
    lines = [
        line for line in _LINES.split(content.removeprefix(b"\xef\xbb\xbf")) if line.strip(b"\x0b\x1c \t")
    ]
    messages: list[list[bytes]] = []
    opened: list[bytes] = []
    in_batch = 0
    for number, raw_line in enumerate(lines):
        line = raw_line.lstrip(b"\x0b\x1c")
        name = line[:3]
        if name in _ENVELOPE:
            in_batch = _envelope(name, line, opened, in_batch)
        elif name == b"MSH":
            messages.append([line])
            in_batch += 1
        elif messages:
            messages[-1].append(line)
        elif number == 0 or not opened:
            messages.append([line])  # no message at all: refused as such, and seen
    if opened:
        raise BrokenFile("cut_off", segment={b"FHS": "FTS", b"BHS": "BTS"}[opened[-1]])
    return [b"\r".join(message) + b"\r" for message in messages]


def _envelope(name: bytes, line: bytes, opened: list[bytes], in_batch: int) -> int:
    if name in {b"FHS", b"BHS"}:
        opened.append(name)
        return 0
    begun = {b"BTS": b"BHS", b"FTS": b"FHS"}[name]
    if not opened or opened.pop() != begun:
        raise BrokenFile("cut_off", segment=begun.decode())
    said = re.search(rb"\d+", (line[4:].split(line[3:4] or b"|") or [b""])[0])
    if name == b"BTS" and said and int(said[0]) != in_batch:
        raise BrokenFile("batch_count", said=int(said[0]), found=in_batch)
    return in_batch


def take_folder(channel: Channel) -> int:
    """Take in the files that are whole; answers how many messages are new.

    Killed at any line, the next look begins with the same file: what was stored is found as repeated, and a file is
    moved away only when all of it is stored. Raises Away.
    """
    folder = folder_of(channel)
    count = 0
    try:
        for item in settled_files(folder, largest=LARGEST_FILE):
            if not isinstance(item, Taken):
                _bury_file(
                    channel, item.name, item.name.encode(), BrokenFile("file_too_large", name=item.name)
                )
                put_away(item, FAILED)
                continue
            stored, is_clean = _take_file(channel, item)
            count += stored
            put_away(item.path, DONE if is_clean else FAILED)
        clear_done(folder)
    except OSError as error:
        raise Away("folder_fault", folder=channel.folder, text=error.strerror or "") from error
    return count


def _take_file(channel: Channel, item: Taken) -> tuple[int, bool]:
    """(messages taken, whether every one was)."""
    try:
        messages = _messages_of(channel, item)
    except BrokenFile as broken:
        _bury_file(channel, item.path.name, item.content, broken)
        return 0, False
    count, is_clean = 0, bool(messages)
    for raw in messages:
        taken = take(channel, raw, device=f"folder {channel.folder}")
        count += taken
        is_clean &= taken
    return count, is_clean


def _messages_of(channel: Channel, item: Taken) -> list[bytes]:
    if not is_document(item.content) or not channel.takes(DOCUMENT):
        return messages_in(item.content)
    message = document_message(channel, item.path.name, item.content, written_at=item.written_at)
    if message is None:
        raise BrokenFile("file_name")
    return [message]


def take(channel: Channel, raw: bytes, *, device: str) -> bool:
    """Store one message; False for one that isn't taken: it lies on the dead-letter desk then, since nobody is answered."""
    if len(raw) > MAX_FRAME:
        _bury(channel, raw[:4096], "too_long", {"count": MAX_FRAME // 1024**2})
        return False
    reply = services.receive_on(channel, raw, peer_address="", device=device)
    if reply.refused:
        _bury(channel, raw, "not_taken", {"text": reply.refused})
    return not reply.refused


def _bury_file(channel: Channel, name: str, content: bytes, broken: BrokenFile) -> None:
    # A document without a message around it is nobody's to look at at the desk: it lies in the folder `failed`.
    shown = name.encode() if is_document(content) else content[:MAX_FRAME]
    _bury(channel, shown, broken.reason, {"name": name, **broken.detail})


def _bury(channel: Channel, raw: bytes, reason: str, detail: dict[str, object]) -> None:
    try:
        header = read_header(raw)
        control_id, kind, number = header.control_id, header.message_type, header.patient_number
    except Hl7Error:
        control_id, kind, number = "", "", ""
    file_refused(
        channel,
        raw=raw,
        control_id=control_id,
        message_type=kind,
        patient_number=number,
        reason=reason,
        detail=detail,
    )


# What a channel of a protocol does to fetch.
FETCHERS: dict[str, Callable[[Channel], int]] = {"folder": take_folder, "sql": take_rows}


def fetch_all() -> int:
    """Look at every channel that fetches and whose time has come, facility by facility; how many messages are new."""
    if not is_armed() or is_training():
        return 0
    count = 0
    for facility_id in facility_ids():
        with wall.within(facility_id):
            channels = Channel.objects.filter(
                facility_id=facility_id, direction=Channel.Direction.IN, protocol__in=FETCHERS, is_enabled=True,
                is_paused=False,
            ).select_related("facility", "account", "intake")  # fmt: skip
            for channel in channels.order_by("pk"):
                count += fetch(channel) if _is_due(channel) else 0
    return count


def _is_due(channel: Channel) -> bool:
    intake = getattr(channel, "intake", None)
    if intake is None or intake.looked_at is None:
        return True
    pause = float(channel.poll_seconds)
    if intake.problem and channel.protocol == Channel.Protocol.SQL:  # looking costs the neighbour something
        pause = max(pause, min(pause * 2.0 ** min(intake.failures, 10), channel.retry_seconds))
    return bool((now() - intake.looked_at).total_seconds() >= pause)


def fetch(channel: Channel) -> int:
    """Look once, unless another worker does at this moment. What it is stuck on is kept with the channel."""
    with _alone(channel) as is_alone:
        if not is_alone:
            return 0
        acting = Acting(username=channel.account.username, device=f"fetch {channel.name}")
        problem, detail, count = "", {}, 0
        with acting_as(acting):
            try:
                count = FETCHERS[channel.protocol](channel)
            except Away as away:
                problem, detail = away.reason, away.detail
            except (OperationalError, InterfaceError):  # the database is away: nothing can be noted either
                raise
            except Exception as error:  # the other channels are looked at all the same
                logger.exception("channel %s can't be looked at", channel.pk)
                problem, detail = "internal", {"error": type(error).__name__}
        _note(channel, problem, detail)
        return count


def _note(channel: Channel, problem: str, detail: dict[str, object]) -> None:
    """What the look found; since when it has found that something is wrong."""
    before = Intake.objects.filter(channel=channel).first()
    moment = now()
    since = before.stuck_since if before is not None and before.problem else None
    Intake.objects.update_or_create(
        channel=channel,
        defaults={
            "facility_id": channel.facility_id,
            "looked_at": moment,
            "problem": problem,
            "detail": detail,
            "stuck_since": (since or moment) if problem else None,
            "failures": before.failures + 1 if problem and before is not None else int(bool(problem)),
        },
    )


@contextmanager
def _alone(channel: Channel) -> Iterator[bool]:
    """One worker a channel: the lock is the connection's, so it ends with a killed worker."""
    key = f"fetch:{channel.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 2))", [key])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 2))", [key])
