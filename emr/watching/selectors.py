"""How the house is, for a person."""

import datetime as dt
from dataclasses import dataclass

from django_stubs_ext import StrOrPromise

from emr.common import health
from emr.watching.models import PartChange

_ORDER = {"broken": 0, "caution": 1, "well": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One part: how it is now, and since when as far as anybody looked."""

    finding: health.Finding
    since: dt.datetime | None


def newest_changes() -> list[PartChange]:
    """How each part is, by the last look."""
    return list(PartChange.objects.order_by("part", "-id").distinct("part"))


def state_of_the_house() -> list[Row]:
    """Every part asked now, what is broken first. `since` is unknown while the last look saw another state."""
    seen = {change.part: change for change in newest_changes()}
    rows = []
    for finding in health.findings():
        last = seen.get(finding.part.name)
        rows.append(Row(finding, last.since if last and last.state == finding.state else None))
    return sorted(rows, key=lambda row: _ORDER[row.finding.state])


@dataclass(frozen=True, slots=True)
class Change:
    """One line of what changed, with the part's name for people."""

    title: StrOrPromise
    state: str
    reason: str
    since: dt.datetime


def latest_changes(limit: int = 30) -> list[Change]:
    """What changed lately, newest first."""
    titles = {part.name: part.title for part in health.parts()}
    return [
        Change(titles.get(change.part, change.part), change.state, change.reason, change.since)
        for change in PartChange.objects.order_by("-id")[:limit]
    ]
