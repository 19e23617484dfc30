"""Verbs of orders: written on a draft entry, in effect when the doctor confirms, then held, resumed, stopped, completed."""

from encounters.orders.services.answers import answer_check, decide_repeat
from encounters.orders.services.catalogue import TABLES, BadRows, import_table, load_shipped, shipped
from encounters.orders.services.foreign import (
    Source,
    category_of,
    demand_kept_here,
    follow_foreign,
    include_foreign,
    place_foreign,
    release_foreign,
)
from encounters.orders.services.life import (
    complete_order,
    complete_service_request,
    confirm_orders,
    enter_order_in_error,
    hold_order,
    reopen_order,
    resume_order,
    stop_order,
    void_orders,
)
from encounters.orders.services.lines import (
    ORDER_MODELS,
    Medication,
    Service,
    add_medication,
    add_service,
    change_draft,
    copy_orders,
    remove_draft,
)
from encounters.orders.services.pharmacy import (
    accept_orders,
    answer_pharmacist,
    comment_on_order,
    hold_by_pharmacist,
    release_by_pharmacist,
)
from encounters.orders.services.quick import add_quick, choices
from encounters.orders.services.refusals import refuse_order, settle_accepted, settle_refusal
from encounters.orders.services.spoken import (
    answer_name,
    decide_spoken_order,
    record_spoken_order,
    spoken_choices,
    understand,
)

__all__ = [
    "ORDER_MODELS",
    "TABLES",
    "BadRows",
    "Medication",
    "Service",
    "Source",
    "accept_orders",
    "add_medication",
    "add_quick",
    "add_service",
    "answer_check",
    "answer_name",
    "answer_pharmacist",
    "category_of",
    "change_draft",
    "choices",
    "comment_on_order",
    "complete_order",
    "complete_service_request",
    "confirm_orders",
    "copy_orders",
    "decide_repeat",
    "decide_spoken_order",
    "demand_kept_here",
    "enter_order_in_error",
    "follow_foreign",
    "hold_by_pharmacist",
    "hold_order",
    "import_table",
    "include_foreign",
    "load_shipped",
    "place_foreign",
    "record_spoken_order",
    "refuse_order",
    "release_by_pharmacist",
    "release_foreign",
    "remove_draft",
    "reopen_order",
    "resume_order",
    "settle_accepted",
    "settle_refusal",
    "shipped",
    "spoken_choices",
    "stop_order",
    "understand",
    "void_orders",
]
