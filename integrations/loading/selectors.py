"""Questions about loads."""

import math

from django.db.models import Count, Q, QuerySet

from integrations.loading.models import FirstLoad, LoadLine

Result = LoadLine.Result


def counts(load: FirstLoad) -> dict[str, int]:
    """How many lines would do, and did, what: {"create": …, "done_create": …}; one query."""
    asked = {
        **{str(name): Count("pk", filter=Q(planned=name)) for name in Result.values},
        **{f"done_{name}": Count("pk", filter=Q(result=name)) for name in Result.values},
    }
    return dict(LoadLine.objects.filter(load=load).aggregate(**asked))


def lines(load: FirstLoad, *, only: str = "") -> QuerySet[LoadLine]:
    """The lines in the file's order; `only`: "error", "remark", or a result."""
    rows = LoadLine.objects.filter(load=load).defer("values").order_by("line")
    if only == "remark":
        return rows.exclude(remarks=[])
    if only in Result.values:
        return rows.filter(Q(result=only) | Q(result="", planned=only))
    return rows


def minutes_left(load: FirstLoad, per_minute: float) -> int | None:
    """At the pace so far; None before there is one."""
    if per_minute <= 0:
        return None
    return math.ceil((load.line_count - load.done_count) / per_minute)
