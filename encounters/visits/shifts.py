"""The shifts of a day: their names, when each begins, and which one a moment lies in."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.services import facility_setting
from emr.common.choices import BadValue, Reasons, declare

_LINE = re.compile(r"^(?P<name>\S.*?) +(?P<hour>[01]?\d|2[0-3])[:hg](?P<minute>[0-5]\d)?$")
# Three shifts of eight hours; names are the hospital's own words, as on its hand-over sheets.
USUAL = [["sang", "Sáng 06:00"], ["chieu", "Chiều 14:00"], ["dem", "Đêm 22:00"]]


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one day: from `start` up to, not including, `end`."""

    name: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, kw_only=True)
class ShiftList(Reasons):
    """Lines of a name and an hour ("Sáng 06:00"); each lasts until the next begins, the last one past midnight."""

    def check(self, value: Any) -> None:
        super().check(value)
        hours = [_hour(words) for _code, words in value]
        if len(set(hours)) != len(hours):
            raise BadValue(value)


def _hour(words: str) -> dt.time:
    found = _LINE.match(words.strip())
    if found is None:
        raise BadValue(words)
    return dt.time(int(found["hour"]), int(found["minute"] or 0))


def _name(words: str) -> str:
    found = _LINE.match(words.strip())
    return found["name"] if found else words


declare(
    ShiftList(
        name="shifts",
        room="visits",
        label=_("Shifts of the wards"),
        help=_("Name and beginning, one a line: Sáng 06:00. Each lasts until the next begins."),
        default=USUAL,
    )
)


def shifts_around(facility_id: int, moment: dt.datetime) -> list[Shift]:
    """The shifts that begin on the day before, on the day and on the day after, oldest first; one query."""
    words = tuple(words for _code, words in facility_setting(facility_id, "shifts"))
    return list(_shifts(words, timezone.localdate(moment), timezone.get_current_timezone_name()))


@lru_cache(maxsize=64)  # every page of a ward asks
def _shifts(lines: tuple[str, ...], today: dt.date, _zone: str) -> tuple[Shift, ...]:
    beginnings = sorted((_hour(words), _name(words)) for words in lines)
    starts = [
        (timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=day), hour)), name)
        for day in (-1, 0, 1, 2)
        for hour, name in beginnings
    ]
    return tuple(Shift(name, start, starts[i + 1][0]) for i, (start, name) in enumerate(starts[:-1]))


def shift_at(facility_id: int, moment: dt.datetime) -> Shift:
    """The shift that the moment lies in."""
    return next(shift for shift in shifts_around(facility_id, moment) if shift.start <= moment < shift.end)


def shift_from(facility_id: int, start: dt.datetime) -> Shift | None:
    """The shift that begins exactly then; None where none does."""
    return next((shift for shift in shifts_around(facility_id, start) if shift.start == start), None)
