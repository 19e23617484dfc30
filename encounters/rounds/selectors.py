"""Who is seen on a ward's round, how far it is, and what a doctor looks at before writing today's entry."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from encounters.documents.models import Document
from encounters.documents.selectors import ENTRY, Day, course_of, with_state
from encounters.orders.selectors import active_orders, lines
from encounters.results.models import DiagnosticReport
from encounters.results.selectors import reports_of_stay, signs_of, vital_sign_rounds
from encounters.results.selectors.reports import value_text
from encounters.visits.models import Encounter, EncounterLocation
from encounters.visits.selectors.wards import WardFilter, day_bounds, ward_places, ward_search

OPEN, BEGUN, CONFIRMED, SIGNED = "open", "begun", "confirmed", "signed"
WORDS: dict[str, StrOrPromise] = {
    OPEN: pgettext_lazy("round", "not seen yet"),
    BEGUN: pgettext_lazy("round", "begun"),
    CONFIRMED: pgettext_lazy("round", "confirmed, not signed"),
    SIGNED: pgettext_lazy("round", "signed"),
}
ALL, MINE = "all", "mine"
ENTRIES_BACK, SIGNS_BACK = dt.timedelta(days=2), dt.timedelta(hours=24)
MOST_REPORTS = 12


@dataclass(frozen=True, slots=True)
class Bed:
    """A patient of the round and how far today's entry is (a key of WORDS)."""

    place: EncounterLocation
    state: str

    @property
    def words(self) -> StrOrPromise:
        """The state for a person."""
        return WORDS[self.state]

    @property
    def is_done(self) -> bool:
        """Whether today's entry is confirmed."""
        return self.state in {CONFIRMED, SIGNED}


def beds_of(user: User, ward: Organization, whose: str) -> list[Bed]:
    """The ward's inpatients in the order of the beds (`whose`: ALL or MINE), with today's entry; two queries."""
    places = ward_search(user, ward_places(user, ward.pk), WardFilter(chip=MINE if whose == MINE else ALL))
    found = list(places)
    states = _states({place.encounter_id for place in found})
    return [Bed(place, states.get(place.encounter_id, OPEN)) for place in found]


def _states(stays: set[int]) -> dict[int, str]:
    """{stay: how far the furthest of today's entries is}."""
    start, end = day_bounds(local_today())
    entries = Document.objects.filter(
        encounter__in=stays, code=ENTRY, happened_at__gte=start, happened_at__lt=end
    )
    states: dict[int, str] = {}
    rank = list(WORDS)
    entry: Any
    for entry in with_state(entries.exclude(status=Document.Status.ENTERED_IN_ERROR)).defer(
        "current_version__composition", "current_version__response__resource", "draft__content"
    ):
        state = BEGUN if entry.current_version_id is None else SIGNED if entry.is_signed else CONFIRMED
        known = states.get(entry.encounter_id, OPEN)
        states[entry.encounter_id] = max(known, state, key=rank.index)
    return states


@dataclass(frozen=True, slots=True)
class Way:
    """Where a patient stands in the round; `before` and `after`: the neighbours, None at its ends."""

    number: int
    total: int
    done: int
    before: Encounter | None
    after: Encounter | None


def way_of(beds: list[Bed], stay: Encounter) -> Way | None:
    """None for a patient who isn't of this round."""
    ids = [bed.place.encounter_id for bed in beds]
    if stay.pk not in ids:
        return None
    at = ids.index(stay.pk)
    return Way(
        number=at + 1,
        total=len(beds),
        done=sum(bed.is_done for bed in beds),
        before=beds[at - 1].place.encounter if at else None,
        after=beds[at + 1].place.encounter if at + 1 < len(beds) else None,
    )


@dataclass(slots=True)
class Known:
    """What is looked at before writing: entries of two days, vital signs of a day, results since the last entry, orders."""

    days: list[Day] = field(default_factory=list)
    signs: list[Any] = field(default_factory=list)
    measured: list[tuple[Any, list[Any]]] = field(default_factory=list)
    reports: list[DiagnosticReport] = field(default_factory=list)
    reports_since: dt.datetime | None = None
    orders: list[dict[str, Any]] = field(default_factory=list)


def known_of(stay: Encounter, *, besides: Document | None = None, listed: Any = None) -> Known:
    """The facts beside the entry; `besides`: today's own entry, left out of the earlier ones. Its number of queries doesn't
    grow with the stay.

    `listed`: a condition on the reports that the person may see.
    """
    moment = now()
    days = course_of(stay, since=moment - ENTRIES_BACK)
    for day in days:
        day.entries = [entry for entry in day.entries if besides is None or entry.document.pk != besides.pk]
    days = [day for day in days if day.entries]
    last = _last_confirmed(entry.document for day in days for entry in day.entries)
    rounds = [one for one in vital_sign_rounds(stay) if one.effective_at >= moment - SIGNS_BACK]
    signs = signs_of(rounds)
    since = last or moment - ENTRIES_BACK
    reports = reports_of_stay(stay).filter(issued_at__gte=since)
    if listed is not None:
        reports = reports.filter(listed)
    return Known(
        days=days,
        signs=signs,
        measured=[(one, one.cells(signs)) for one in reversed(rounds)],
        reports=list(reports[:MOST_REPORTS]),
        reports_since=since,
        orders=lines(active_orders(stay)),
    )


def in_words(reports: Iterable[DiagnosticReport]) -> str:
    """The reports as lines for the entry's text, each with its source: "KQ 28/11 09:30 Công thức máu: WBC 14,2 G/L". What
    stands out, else the conclusion; no query.
    """
    return "\n".join(
        f"KQ {timezone.localtime(report.issued_at):%d/%m %H:%M} {report.title}: {said}"
        for report in reports
        if (said := _notable(report) or report.conclusion.strip()[:200])
    )


def _notable(report: DiagnosticReport) -> str:
    found = getattr(report, "notable", [])
    return ", ".join(f"{one.title} {value_text(one)} {one.unit}".strip() for one in found)


def _last_confirmed(entries: Iterable[Document]) -> dt.datetime | None:
    told = [entry.happened_at for entry in entries if entry.current_version_id and not entry.is_closed]
    return max(told, default=None)


def entry_of_today(stay: Encounter, user: User) -> Document | None:
    """Today's entry on the round: the one that this person is writing, else what was confirmed last."""
    start, end = day_bounds(local_today())
    found = (
        with_state(
            Document.objects.filter(encounter=stay, code=ENTRY, happened_at__gte=start, happened_at__lt=end)
        )
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("facility", "patient", "encounter__patient", "encounter__department", "department")
        .order_by("happened_at", "pk")
    )
    entries = list(found)
    mine = [entry for entry in entries if entry.author_id == user.pk and entry.current_version_id is None]
    confirmed = [entry for entry in entries if entry.current_version_id is not None]
    return next(iter((mine or confirmed)[-1:]), None)
