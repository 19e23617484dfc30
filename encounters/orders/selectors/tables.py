"""The facility's tables, as they stand in their files."""

from typing import Any

from django.db.models import Q, QuerySet

from emr.terminology.text import words
from encounters.orders.models import (
    KnowledgeRule,
    OrderableService,
    OrderSetLine,
    PrescriptionLimit,
    ReuseWindow,
)

_OF_A_SET = {
    "set": "order_set__code",
    "name": "order_set__name",
    "kind": "order_set__kind",
    "department": "order_set__department_code",
    "diagnosis": "order_set__diagnosis",
}


_OWN: dict[str, tuple[Any, tuple[str, ...]]] = {
    "rules": (KnowledgeRule, ("code", "text", "source")),
    "windows": (ReuseWindow, ("code", "basis")),
    "prescription_limits": (PrescriptionLimit, ("code", "source", "note")),
}
_registered: dict[str, tuple[Any, tuple[str, ...]]] = {}


def register_rows(table: str, model: Any, searched: tuple[str, ...]) -> None:
    """Let a table of a room above be listed: its model, and the columns that words are looked for in."""
    _registered[table] = (model, searched)


def rows_of(facility_id: int, table: str, query: str = "") -> QuerySet[Any]:
    """Every row, ended meanings too, that has all the words of the query."""
    if table == "services":
        found: QuerySet[Any] = OrderableService.objects.filter(facility_id=facility_id)
        for word in words(query):
            found = found.filter(search_text__contains=f" {word}")
        return found.order_by("code", "-valid_from")
    if table == "sets":
        found = OrderSetLine.objects.filter(facility_id=facility_id, order_set__is_active=True)
        for word in words(query):
            found = found.filter(order_set__search_text__contains=f" {word}")
        return found.select_related("order_set").order_by("order_set__code", "position")
    if table in _registered:
        model, searched = _registered[table]
        found = model.objects.filter(facility_id=facility_id)
        asked = Q()
        for field in searched if query.strip() else ():
            asked |= Q(**{f"{field}__icontains": query.strip()})
        return found.filter(asked).order_by("code", "-valid_from")
    model, fields = _OWN[table]
    found = model.objects.filter(facility_id=facility_id)
    if query.strip():
        asked = Q()
        for field in fields:
            asked |= Q(**{f"{field}__icontains": query.strip()})
        found = found.filter(asked)
    return found.order_by("code", "-valid_from")


def cells_of(row: Any, columns: tuple[str, ...]) -> list[str]:
    """The row's cells as text, in the order of the columns."""
    return [_text(row, column) for column in columns]


def _text(row: Any, column: str) -> str:
    value: Any = row
    path = _OF_A_SET.get(column, column) if isinstance(row, OrderSetLine) else column
    for name in path.split("__"):
        value = getattr(value, name)
    if value is None:
        return ""
    text = f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)
    # A cell that a spreadsheet would take for a formula is text.
    return f"'{text}" if text[:1] in {"=", "+", "@"} else text
