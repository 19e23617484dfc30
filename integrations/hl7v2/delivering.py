"""Handing HL7 v2 over: the header that a channel asks for, and what the neighbour's acknowledgement says."""

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime

from emr.common.vietnamese import fold, tidy
from integrations.hl7v2.building import FieldContent
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.hl7v2.showing import HIDDEN
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.client import Away, Timing, converse
from integrations.transport.models import Channel
from integrations.transport.senders import Answer

_ACCEPTED = {"AA", "CA"}
_CODES = {"AA", "AE", "AR", "CA", "CE", "CR"}


def control_id(*parts: object) -> str:
    """An MSH-10 of 20 characters that is the same for the same parts: what is written twice is one message.

    Older partners keep no more than 20 characters.
    """
    text = "\x1f".join(map(str, parts))
    return "B" + b32encode(hashlib.sha256(text.encode()).digest()).decode()[:19]


def header_fields(
    channel: Channel, *, kind: list[str | None], control_id: str, at: datetime
) -> list[FieldContent]:
    """MSH from its third field on, for `build_message`, as the outgoing channel asks: names, acknowledgement mode.

    `kind` is MSH-9 in components: ["OML", "O21", "OML_O21"].
    """
    mode = Channel.Acknowledgement
    accept = None if channel.acknowledgement == mode.ORIGINAL else "AL"
    application = {mode.ORIGINAL: None, mode.COMMIT: "NE"}.get(mode(channel.acknowledgement), "AL")
    return [
        channel.sending_application, channel.sending_facility, channel.receiving_application, channel.receiving_facility,
        write_timestamp(at), None, kind, control_id, (channel.processing_ids or ["P"])[0], "2.5.1", None, None,
        accept, application, None, "UNICODE UTF-8",
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """MSA of an answer, and what its sender says about an error."""

    code: str
    control_id: str
    text: str


def read_acknowledgement(raw: bytes) -> Acknowledged | None:
    """MSA-1, MSA-2 and the words (MSA-3, else ERR-8, ERR-7, ERR-3); None for what is no acknowledgement at all."""
    try:
        parsed = parse(raw)
    except Hl7Error:
        return None
    msa = parsed.first("MSA")
    code = msa[1].text().upper()
    if code not in _CODES:
        return None
    return Acknowledged(code, msa[2].text(), _words(parsed)[:300])


def _words(parsed: Hl7Message) -> str:
    said = [parsed.first("MSA")[3].text()]
    for error in parsed.all("ERR"):
        said += [error[8].text(), error[7].text(), error[3].text(2) or error[3].text()]
    return next((text for text in said if text), "")


def without_patient(words: str, sent: bytes) -> str:
    """The neighbour's words as the integration desk may read them: what our PID said of the person is hidden (S-55)."""
    shown = tidy(words)
    for said in sorted(_said_of_patient(sent), key=len, reverse=True):
        folded = fold(shown)
        if len(folded) != len(
            shown
        ):  # letters that fold to none or two: no place in one is a place in the other
            return HIDDEN
        for found in reversed([match.start() for match in re.finditer(re.escape(said), folded)]):
            shown = shown[:found] + HIDDEN + shown[found + len(said) :]
    return shown


def _said_of_patient(sent: bytes) -> set[str]:
    fields = [
        field
        for name in ("PID", "NK1", "MRG")
        for segment in parse(sent).all(name)
        for field in segment.fields
    ]
    leaves = {
        fold(value)
        for field in fields
        for repetition in field.repetitions
        for component in repetition
        for value in component
        if isinstance(value, str)
    }
    return {said for said in leaves if len(said) > 2}


class MllpSender:
    """HL7 v2 over MLLP, for `transport`."""

    def deliver(self, channel: Channel, raw: bytes, control_id: str) -> Answer:
        """One message on a connection of its own; an answer to another control id isn't ours."""
        ours: list[tuple[Acknowledged, bytes]] = []
        waits_for_application = channel.acknowledgement != Channel.Acknowledgement.COMMIT

        def is_last(answer: bytes) -> bool:
            found = read_acknowledgement(answer)
            if found is None or found.control_id != control_id:
                return False
            ours.append((found, answer))
            return not (found.code == "CA" and waits_for_application)

        timing = Timing(channel.connect_seconds, channel.answer_seconds)
        try:
            converse(channel, raw, is_last, timing)
        except Away as away:
            if ours:
                raise Away("half_acknowledged", **away.detail) from away
            raise
        last = ours[-1][0]
        return Answer(
            last.code in _ACCEPTED,
            last.code,
            without_patient(last.text, raw),
            tuple((found.code, raw) for found, raw in ours),
        )
