"""A report as its sender tells it, in plain words: what every way in (HL7, a technician's page, an import) hands over.

Nothing here knows a table or a wire format. Times are aware instants. Codes of flags are HL7 table 0078 (H, HH, L, LL, A,
AA, N, S, I, R, POS, NEG …), codes of status FHIR's DiagnosticReport.status.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFacts:
    """A file that came with the report: a PDF or a picture."""

    title: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFacts:
    """One finding (OBX): a number, words, or a code; or a heading with findings under it (an isolate with its antibiogram).

    `unit` is as sent, `ucum` the same unit in UCUM where the sender knows it; `low`, `high` are numbers in that unit and
    `reference` is the range as sent. `flag` "" means that the sender gave none: it is computed from the range. `absent`
    says why there is no value (haemolysed). `status` is FHIR's Observation.status.
    """

    title: str
    code: str = ""  # the sender's or the facility's own
    national_code: str = ""  # index code of QĐ 1227/QĐ-BYT
    loinc: str = ""
    number: Decimal | None = None
    comparator: str = ""
    text: str = ""
    value_code: str = ""
    unit: str = ""
    ucum: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    reference: str = ""
    flag: str = ""
    status: str = "final"
    absent: str = ""
    method: str = ""
    device: str = ""
    performed_at: dt.datetime | None = None
    note: str = ""
    children: tuple["ValueFacts", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """One version of a report (OBR with its OBX).

    `filler_number` is the producer's number, the same for every version of the report; `version_key` tells the versions
    apart and is the same when one is sent again (message control id is not: it changes with every sending; status and
    OBR-22 together do). `issued_at` is when this version was released.
    """

    filler_number: str
    version_key: str
    status: str
    category: str
    title: str
    issued_at: dt.datetime
    code: str = ""
    national_code: str = ""
    loinc: str = ""
    placer_number: str = ""
    collected_at: dt.datetime | None = None
    received_at: dt.datetime | None = None
    performed_at: dt.datetime | None = None
    specimen_number: str = ""
    specimen_type: str = ""  # code of system specimen-type, or the sender's
    specimen_text: str = ""
    method: str = ""
    device: str = ""
    laboratory: str = ""
    quality_level: str = ""
    performer: str = ""
    approver: str = ""
    accession_number: str = ""
    study_instance_uid: str = ""
    narrative: str = ""  # what was seen
    conclusion: str = ""
    note: str = ""
    # Of a report in words, whose findings carry no flags: said by who read it.
    is_abnormal: bool = False
    is_critical: bool = False
    values: tuple[ValueFacts, ...] = ()
    attachments: tuple[AttachmentFacts, ...] = ()

    @property
    def effective_at(self) -> dt.datetime:
        """The moment that the report tells of: the specimen's, else the examination's, else the release."""
        return self.collected_at or self.performed_at or self.issued_at

    def digest(self) -> str:
        """SHA-256 of everything told, so that the same content sent again is known."""
        told = asdict(self)
        told["attachments"] = [
            (a.title, a.content_type, hashlib.sha256(a.data).hexdigest()) for a in self.attachments
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> str:
    """Numbers without idle zeros and instants in UTC: 7.10 is 7.1, noon here is 5 a.m. there."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return str(value)


def all_values(values: Iterable[ValueFacts]) -> Iterator[ValueFacts]:
    """Every finding, those under headings too, in the report's order."""
    for value in values:
        yield value
        yield from all_values(value.children)
