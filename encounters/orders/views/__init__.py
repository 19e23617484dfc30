"""Pages of orders."""

from encounters.orders.views.orders import (
    answer,
    change,
    draft,
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
from encounters.orders.views.prescriptions import (
    prescription_answer,
    prescription_begin,
    prescription_choices,
    prescription_editor,
    prescription_line,
    prescriptions,
)
from encounters.orders.views.refusals import panel as refusals_panel
from encounters.orders.views.refusals import refusals
from encounters.orders.views.refusals import settle as settle_refusal
from encounters.orders.views.savings import savings, savings_file
from encounters.orders.views.sets import set_choices, set_edit, set_new, set_restore, sets
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
    "draft",
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
    "prescription_answer",
    "prescription_begin",
    "prescription_choices",
    "prescription_editor",
    "prescription_line",
    "prescriptions",
    "quick",
    "refusals",
    "refusals_panel",
    "remove",
    "savings",
    "savings_file",
    "set_choices",
    "set_edit",
    "set_new",
    "set_restore",
    "sets",
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
