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
from encounters.orders.views.pharmacy import (
    pharmacy,
    pharmacy_accept,
    pharmacy_act,
    pharmacy_answer,
    pharmacy_asks,
    pharmacy_of_stay,
    pharmacy_panel,
)
from encounters.orders.views.refusals import panel as refusals_panel
from encounters.orders.views.refusals import refusals
from encounters.orders.views.refusals import settle as settle_refusal
from encounters.orders.views.spoken import (
    spoken,
    spoken_choices,
    spoken_decide,
    spoken_new,
    spoken_panel,
)
from encounters.orders.views.tables import table, table_file

__all__ = [
    "answer",
    "change",
    "editor",
    "of_stay",
    "orderable_services",
    "pharmacy",
    "pharmacy_accept",
    "pharmacy_act",
    "pharmacy_answer",
    "pharmacy_asks",
    "pharmacy_of_stay",
    "pharmacy_panel",
    "quick",
    "refusals",
    "refusals_panel",
    "remove",
    "settle_refusal",
    "spoken",
    "spoken_choices",
    "spoken_decide",
    "spoken_new",
    "spoken_panel",
    "table",
    "table_file",
    "today",
    "worklist",
]
