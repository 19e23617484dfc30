"""Ages as clinicians say them: days under one month, months under six years, else years."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

from django.utils.translation import ngettext

from emr.common.clock import local_today

Unit = Literal["day", "month", "year"]
_MONTHS_UNTIL = 72


class _Born(Protocol):
    """Whoever has a birth: a Patient, or a card that was scanned."""

    @property
    def birth_date(self) -> dt.date | None: ...
    @property
    def birth_month(self) -> int | None: ...
    @property
    def birth_year(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Age:
    """A whole number of days, months or years; `is_exact` is false where the birth's day isn't known."""

    count: int
    unit: Unit
    is_exact: bool = True

    def __str__(self) -> str:
        words = {
            "day": ngettext("%(count)d day", "%(count)d days", self.count),
            "month": ngettext("%(count)d month", "%(count)d months", self.count),
            "year": ngettext("%(count)d year", "%(count)d years", self.count),
        }
        return words[self.unit] % {"count": self.count}


def months_between(born: dt.date, on: dt.date) -> int:
    """Whole months from one date to the other; born on the 31st, a month is full on the last day of a shorter one."""
    months = (on.year - born.year) * 12 + on.month - born.month
    last_day = (on + dt.timedelta(days=1)).day == 1
    return months - (on.day < born.day and not (last_day and born.day > on.day))


def age_on(born: dt.date, on: dt.date) -> Age:
    """The age of somebody born that day; before the birth it is 0 days."""
    if on < born:
        return Age(0, "day")
    months = months_between(born, on)
    if months < 1:
        return Age((on - born).days, "day")
    if months < _MONTHS_UNTIL:
        return Age(months, "month")
    return Age(months // 12, "year")


def age_of(person: _Born, on: dt.date | None = None) -> Age | None:
    """The age on a day (at the hospital, today); None when nothing is known of the birth.

    With the year alone it is the difference of the years, as registers write it.
    """
    day = on or local_today()
    if person.birth_date is not None:
        return age_on(person.birth_date, day)
    if person.birth_year is None:
        return None
    if person.birth_month is None:
        return Age(max(0, day.year - person.birth_year), "year", is_exact=False)
    months = max(0, (day.year - person.birth_year) * 12 + day.month - person.birth_month)
    if months < _MONTHS_UNTIL:
        return Age(months, "month", is_exact=False)
    return Age(months // 12, "year", is_exact=False)


def birth_text(person: _Born) -> str:
    """The birth as far as it is known: dd/MM/yyyy, MM/yyyy, yyyy, or ""."""
    if person.birth_date is not None:
        return f"{person.birth_date:%d/%m/%Y}"
    if person.birth_year is None:
        return ""
    return f"{person.birth_month:02d}/{person.birth_year}" if person.birth_month else str(person.birth_year)
