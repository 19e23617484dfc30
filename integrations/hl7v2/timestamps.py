"""HL7 v2 times (TS, DTM: `YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ]`) and back."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from integrations.hl7v2.errors import Hl7Error

# Partners in one hospital often leave the zone out; then it's the hospital's wall clock.
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6})\d*)?([+-]\d{4})?$")
_PRECISIONS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An instant (aware, UTC) with how much of it was sent: "year", "month", "day", "hour", "minute" or "second"."""

    at: datetime
    precision: str
    on: date

    @property
    def has_day(self) -> bool:
        """Month and day were sent as well."""
        return self.precision not in {"year", "month"}


def read_timestamp(text: str) -> Timestamp | None:
    """None for an empty field. Raises Hl7Error("time") for anything that is no time (30 February, hour 25)."""
    text = re.sub(r"(?<=^\d{8})(?:00000+)?$", "", text.strip())
    if not text:
        return None
    found = _TIME.match(text)
    if not found:
        raise Hl7Error("time", f"Not an HL7 time of {len(text)} characters.")
    parts = [int(part) for part in found.groups()[:6] if part is not None]
    # Year-only birthdays come as 19500000 from systems that must fill eight digits.
    while len(parts) > 1 and len(parts) <= 3 and parts[-1] == 0:
        parts.pop()
    precision = _PRECISIONS[len(parts) - 1]
    year, month, day, hour, minute, second = (parts + [1, 1, 0, 0, 0][len(parts) - 1 :])[:6]
    fraction = int((found[7] or "").ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59), fraction, tzinfo=_zone(found[8]))
        return Timestamp(local.astimezone(UTC), precision, local.date())
    except (ValueError, OverflowError) as error:
        raise Hl7Error("time", f"Not a time in the calendar: {len(text)} characters.") from error


def _zone(offset: str | None) -> timezone | ZoneInfo:
    if not offset:
        return LOCAL
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def write_timestamp(at: datetime) -> str:
    """To the second, in local time with its zone: 20261122203000+0700."""
    return at.astimezone(LOCAL).strftime("%Y%m%d%H%M%S%z")


def write_date(on: date) -> str:
    """YYYYMMDD."""
    return on.strftime("%Y%m%d")
