"""What a check yields: the suffix that names it for ever, what is put into the rule's sentence, where it is put right."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils import timezone

from encounters.completeness.facts import Facts, Paper
from encounters.completeness.rules import Rule
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is wanting. `state_of`: the document whose own state it is (one such gap a document is enough)."""

    suffix: str
    url: str
    since: dt.datetime
    told: Mapping[str, str] = field(default_factory=dict)
    person_id: int | None = None
    state_of: int | None = None
    # A form to begin there, and about which moment.
    begins: str = ""
    begins_at: dt.datetime | None = None


Check = Callable[[Rule, Encounter, Facts], Iterator[Found]]


def day_words(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def page_of(name: str, stay: Encounter, query: str = "") -> str:
    return reverse(f"encounters:{name}", args=[stay.uuid]) + query


def page_of_document(paper: Paper, anchor: str = "") -> str:
    return reverse("encounters:documents:document", args=[paper.uuid]) + (f"#{anchor}" if anchor else "")


def end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def noon_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def owed_since(rule: Rule, stay: Encounter) -> dt.datetime:
    """From when a thing without a time of its own is owed."""
    return stay.ended_at if stay.ended_at is not None and "ended" in rule.when else stay.begins_at
