"""The fluid balance: what went in and came out, added up by kind and period."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django_stubs_ext import StrOrPromise

from encounters.monitoring.models import FluidEntry
from encounters.visits.fluids import Inflow, inflows_of
from encounters.visits.models import Encounter


class Span(Protocol):
    """Some time: `start` included, `end` excluded."""

    @property
    def start(self) -> dt.datetime: ...
    @property
    def end(self) -> dt.datetime: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One kind's sums, in mL, one for each period."""

    kind: str
    title: StrOrPromise
    sums: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """`rows_in`, `rows_out` hold the kinds that there are; the totals one number for each period, in mL."""

    periods: tuple[Span, ...]
    rows_in: tuple[Row, ...]
    rows_out: tuple[Row, ...]
    total_in: tuple[int, ...]
    total_out: tuple[int, ...]

    @property
    def net(self) -> tuple[int, ...]:
        """In less out."""
        return tuple(i - o for i, o in zip(self.total_in, self.total_out, strict=True))


Amount = FluidEntry | Inflow


def fluids_between(encounter: Encounter, start: dt.datetime, end: dt.datetime) -> list[Amount]:
    """What counts from `start` to `end`, both included, oldest first: written here and known from other rooms; replaced
    rows and those taken back left out.
    """
    written = (
        FluidEntry.objects.filter(
            encounter=encounter, replaced_by=None, volume__gt=0, happened_at__range=(start, end)
        )
        .select_related("author")
        .order_by("happened_at", "pk")
    )
    return sorted([*written, *inflows_of(encounter, start, end)], key=lambda row: row.happened_at)


def held_fluids(encounter: Encounter, start: dt.datetime, end: dt.datetime) -> list[Amount]:
    """What counts in that time, `end` excluded, newest first."""
    return [row for row in reversed(fluids_between(encounter, start, end)) if row.happened_at < end]


def balance_of(entries: Iterable[Amount], periods: Sequence[Span]) -> Balance:
    """The sums of these entries; one on the border of two periods belongs to the later one."""
    sums: dict[str, list[int]] = {}
    for entry in entries:
        for number, period in enumerate(periods):
            if period.start <= entry.happened_at < period.end:
                sums.setdefault(entry.kind, [0] * len(periods))[number] += entry.volume
    rows = [Row(kind.value, kind.label, tuple(sums[kind])) for kind in FluidEntry.Kind if kind in sums]
    came = tuple(row for row in rows if row.kind.startswith("in-"))
    went = tuple(row for row in rows if not row.kind.startswith("in-"))
    return Balance(tuple(periods), came, went, _total(came, periods), _total(went, periods))


def _total(rows: Sequence[Row], periods: Sequence[Span]) -> tuple[int, ...]:
    return tuple(sum(row.sums[number] for row in rows) for number in range(len(periods)))
