"""What people type and what FHIR keeps: numbers, dates, times. `read_*` return None when the text is no such thing."""

import math
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation

VIETNAM = timezone(timedelta(hours=7))  # no summer time; forms are filled in and read in Viet Nam
_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_ISO_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_FHIR_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})|(\d{2})(\d{2})(\d{4}|\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?:[:hg]|giờ)\s?(\d{2})?(?::(\d{2}))?|(\d{2})(\d{2})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
SIGNIFICANT_DIGITS = 15  # what a JSON number keeps exactly in PostgreSQL, Python and JavaScript alike


def read_integer(text: str) -> int | None:
    text = text.strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        return None
    return int(text)


def read_decimal(text: str) -> Decimal | None:
    """A number with a decimal comma or point; at most 15 significant digits, since more would not survive JSON."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    return tidy_decimal(text.replace(",", "."))


def tidy_decimal(raw: object) -> Decimal | None:
    """The number as it comes back from JSON (36.50 is 36.5), or None when JSON would change it."""
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        return None
    if number == number.to_integral_value():
        return Decimal(int(number))
    tidy = Decimal(repr(float(number)))
    return tidy if tidy == number else None


def json_number(number: Decimal) -> int | float:
    """The JSON number for a decimal that `tidy_decimal` has accepted."""
    return int(number) if number == number.to_integral_value() else float(number)


def show_decimal(number: Decimal, *, comma: bool = False) -> str:
    text = format(number, "f")
    return text.replace(".", ",") if comma else text


def _year(digits: str) -> int:
    """Two digits mean the years 1940 to 2039: forms speak of events, not of far birthdays."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if year < 40 else 1900 + year


def read_date(text: str) -> str | None:
    """A FHIR date from 22/11/2026, 221126, 22112026, 11/2026, 2026 or ISO; None when no such day exists."""
    text = text.strip()
    if _ISO_DATE.fullmatch(text):
        return text if is_fhir_date(text) else None
    if match := _MONTH.fullmatch(text):
        found = f"{match[2]}-{int(match[1]):02d}"
        return found if is_fhir_date(found) else None
    match = _DAY.fullmatch(text)
    if not match:
        return None
    day, month, year = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    try:
        return date(_year(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def is_fhir_date(text: object) -> bool:
    if not isinstance(text, str) or not _ISO_DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def show_date(text: str) -> str:
    """2026-11-22 as 22/11/2026, 2026-11 as 11/2026, 2026 as 2026."""
    return "/".join(reversed(text.split("-"))) if is_fhir_date(text) else text


def read_time(text: str) -> str | None:
    """A FHIR time (HH:MM:SS) from 14:30, 14h30, 1430 or 14:30:05."""
    text = text.strip()
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute = (match[1], match[2] or "0") if match[1] else (match[4], match[5])
    try:
        return time(int(hour), int(minute), int(match[3] or 0)).isoformat()
    except ValueError:
        return None


def is_fhir_time(text: object) -> bool:
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?", text):
        return False
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def show_time(text: str) -> str:
    return text[:5] if is_fhir_time(text) and text.endswith(":00") else text


def read_instant(text: str) -> str | None:
    """A FHIR dateTime from `22/11/2026 14:30`, `221126 1430`, ISO, or a date alone; local time is Viet Nam's."""
    text = text.strip()
    if _ISO_INSTANT.fullmatch(text):
        return _iso_instant(text)
    if day := read_date(text):
        return day
    front, _, back = text.rpartition(" ")
    day, clock = read_date(front), read_time(back)
    if day is None or clock is None or len(day) != 10:
        return None
    return f"{day}T{clock}+07:00"


def _iso_instant(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if _FHIR_INSTANT.fullmatch(text):
        return text
    # FHIR wants seconds and a zone wherever there is an hour.
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).isoformat()


def is_fhir_instant(text: object) -> bool:
    """A FHIR dateTime: a date, or a date with time and zone."""
    if is_fhir_date(text):
        return True
    return isinstance(text, str) and bool(_FHIR_INSTANT.fullmatch(text)) and _iso_instant(text) == text


def show_instant(text: str) -> str:
    """As people here read it: 22/11/2026 14:30 in Viet Nam's time; seconds only where there are any."""
    if is_fhir_date(text) or not is_fhir_instant(text):
        return show_date(text)
    try:
        moment = datetime.fromisoformat(text).astimezone(VIETNAM)
    except OverflowError:  # the first hours of the year 1
        return text
    pattern = "%d/%m/%Y %H:%M" if not moment.second and not moment.microsecond else "%d/%m/%Y %H:%M:%S"
    return moment.strftime(pattern)


def as_moment(text: object) -> datetime | None:
    """The beginning of a date, month, year or instant, for comparing; None for anything else."""
    if not isinstance(text, str):
        return None
    if is_fhir_date(text):
        return datetime.combine(date.fromisoformat((text + "-01-01")[:10]), time(), VIETNAM)
    return datetime.fromisoformat(text) if is_fhir_instant(text) else None


def is_number(raw: object) -> bool:
    """A JSON number (true is none), finite."""
    return isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool) and math.isfinite(raw)
