"""What is asked about a stay beside who, where and when."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TypedDict

from encounters.visits import codes


class StayDetails(TypedDict, total=False):
    """Items 13, 14 of 01/BV1, the payer, and the causes that R-64 and R-70 want; every one may come later."""

    reason: str
    admission_source: str
    referral_source: str
    referrer_name: str
    referrer_code: str
    times_admitted: int | None
    payer: str
    child_weight_grams: int | None
    record_type: str
    external_cause_code: str
    accident_type: str
    accident_place: str
    accident_at: dt.datetime | None


class EndDetails(TypedDict, total=False):
    """Items 17 and 25 of 01/BV1."""

    pathology: str
    transfer_direction: str
    transfer_to_name: str
    transfer_to_code: str
    transfer_reason: str


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One line of the certificate of cause of death."""

    line: codes.CauseLine
    text: str
    code: str = ""
    interval: int | None = None
    interval_unit: str = ""


@dataclass(frozen=True, kw_only=True)
class DeathDetails:
    """A death as it is told at discharge."""

    died_at: dt.datetime
    cause_kind: str = ""
    autopsy: bool | None = None
    causes: tuple[Cause, ...] = field(default=())
