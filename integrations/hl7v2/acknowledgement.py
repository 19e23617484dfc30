"""What we answer (HL7 v2.5.1 §2.9): original and enhanced mode, with ERR where something is wrong.

Our promise: AA (CA) says that the message is stored and committed, not that it has been applied. What goes wrong
later is worked on at the dead-letter desk, not by the sender.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils import translation

from integrations.hl7v2.building import build_segment
from integrations.hl7v2.header import Header
from integrations.hl7v2.timestamps import write_timestamp
from integrations.hl7v2.values import Separators, escape

ACCEPT, ERROR, REJECT = "AA", "AE", "AR"
_COMMIT = {ACCEPT: "CA", ERROR: "CE", REJECT: "CR"}

# HL7 table 0357.
_CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message isn't taken: ERR's condition (table 0357), where, and a lazy text for the person who reads it."""

    code: str  # AE or AR
    condition: str
    text: object
    segment: str = ""
    field: int = 0


def acknowledge(
    header: Header | None, *, at: datetime, problem: Problem | None = None, language: str = "vi"
) -> list[bytes]:
    """The messages to send back, in order; none where the sender asked for none.

    Original mode: one AA, AE or AR. Enhanced mode (MSH-15 or MSH-16 valued): the commit acknowledgement CA, CE or CR
    as MSH-15 asks, then, for a message taken, the application acknowledgement AA as MSH-16 asks.
    """
    code = problem.code if problem else ACCEPT
    if header is None or not header.is_enhanced:
        return [_build(header, code, at, problem, language)]
    answers = []
    if _wanted(header.accept_acknowledgement, problem):
        answers.append(_build(header, _COMMIT[code], at, problem, language))
    if not problem and _wanted(header.application_acknowledgement, problem):
        answers.append(_build(header, ACCEPT, at, None, language))
    return answers


def _wanted(condition: str, problem: Problem | None) -> bool:
    """Table 0155: AL always, NE never, ER on error, SU on success. Valued otherwise counts as always, empty as never."""
    if condition in {"", "NE"}:
        return False
    if condition == "ER":
        return problem is not None
    if condition == "SU":
        return problem is None
    return True


def _build(header: Header | None, code: str, at: datetime, problem: Problem | None, language: str) -> bytes:
    header = header or Header(Separators(), version="2.5.1", processing_id="P")
    used = header.separators
    to, kind, rest = _fixed(
        used, header.receiving_application, header.receiving_facility, header.sending_application,
        header.sending_facility, header.trigger_event, header.processing_id, header.version,
    )  # fmt: skip
    msh = used.field.join((to, write_timestamp(at), "", kind, secrets.token_hex(10), rest))
    # MSA-2 goes back letter for letter: it is already in the sender's own escapes.
    msa = f"{build_segment('MSA', code, separators=used)}{used.field}{header.raw_control_id}"
    if not problem:
        return f"{msh}\r{msa}\r".encode()
    with translation.override(language):
        local = str(problem.text)
    with translation.override("en"):
        english = str(problem.text)
    msa += used.field + build_segment("", local, separators=used)[1:]
    return f"{msh}\r{msa}\r{_err(header, problem, local, english)}\r".encode()


@lru_cache(maxsize=256)  # a neighbour's messages are all answered alike
def _fixed(used: Separators, *told: str) -> tuple[str, str, str]:
    """What of MSH doesn't change from one answer to the next: up to MSH-6; MSH-9; from MSH-11 on."""
    *names, event, processing_id, version = told
    to = used.field.join(["MSH", used.encoding_characters, *(escape(name, used) for name in names)])
    kind = used.component.join(["ACK", escape(event, used), "ACK"]) if event else "ACK"
    rest = [processing_id or "P", version or "2.5.1", "", "", "", "", "", "UNICODE UTF-8"]
    return to, kind, used.field.join(escape(part, used) for part in rest)


def _err(header: Header, problem: Problem, local: str, english: str) -> str:
    condition = _CONDITIONS[problem.condition]
    place = [problem.segment, "1", str(problem.field)] if problem.segment else None
    if header.version.startswith(("2.1", "2.2", "2.3", "2.4")):  # ERR-1 alone, its fourth component a code
        used = header.separators
        coded = used.subcomponent.join([problem.condition, condition, "HL70357"])
        located = build_segment("", place or [None, None, None], separators=used)[1:]
        located += used.component * (2 - located.count(used.component))
        return f"ERR{used.field}{located}{used.component}{coded}"
    return build_segment(
        "ERR", None, place, [problem.condition, condition, "HL70357"], "E", None, None, english, local,
        separators=header.separators,
    )  # fmt: skip
