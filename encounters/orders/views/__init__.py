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
from encounters.orders.views.tables import table, table_file

__all__ = [
    "answer",
    "change",
    "editor",
    "of_stay",
    "orderable_services",
    "quick",
    "remove",
    "table",
    "table_file",
    "today",
    "worklist",
]
