"""What the administrator's pages list."""

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from emr.common.clock import local_today
from emr.common.vietnamese import fold
from emr.terminology.models import CodeSystem, Concept
from emr.terminology.selectors.lookup import valid_on
from emr.terminology.text import words

CURRENT, ENDED, ALL = "current", "ended", "all"


def catalogues(on: dt.date | None = None) -> list[CodeSystem]:
    """Every catalogue with `concept_count`, the codes that mean something on that day (default today), by title."""
    day = on or local_today()
    begun = Q(concepts__valid_from__isnull=True) | Q(concepts__valid_from__lte=day)
    meant = begun & (Q(concepts__valid_to__isnull=True) | Q(concepts__valid_to__gte=day))
    systems = CodeSystem.objects.annotate(concept_count=Count("concepts", filter=meant))
    return sorted(systems, key=lambda system: fold(system.name))


def concepts_of(system: CodeSystem, query: str, state: str = CURRENT) -> QuerySet[Concept]:
    """The system's concepts with all the words of the query, forbidden and ended ones too when the state asks, by code."""
    found = system.concepts.order_by("code", F("valid_from").desc(nulls_last=True))
    for word in words(query):
        found = found.filter(search_text__contains=f" {word}")
    today = local_today()
    if state == CURRENT:
        return found.filter(valid_on(today))
    return found.filter(valid_to__lt=today) if state == ENDED else found
