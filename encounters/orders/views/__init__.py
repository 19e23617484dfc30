"""Pages of orders."""

from encounters.orders.views.orders import (
    answer,
    change,
    editor,
    of_stay,
    orderable_services,
    quick,
    remove,
    today,
    worklist,
)
from encounters.orders.views.refusals import panel as refusals_panel
from encounters.orders.views.refusals import refusals
from encounters.orders.views.refusals import settle as settle_refusal
from encounters.orders.views.tables import table, table_file

__all__ = [
    "answer",
    "change",
    "editor",
    "of_stay",
    "orderable_services",
    "quick",
    "refusals",
    "refusals_panel",
    "remove",
    "settle_refusal",
    "table",
    "table_file",
    "today",
    "worklist",
]
