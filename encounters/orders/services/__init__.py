"""Verbs of orders: written on a draft entry, in effect when the doctor confirms, then held, resumed, stopped, completed."""

from encounters.orders.services.answers import answer_check, decide_repeat
from encounters.orders.services.catalogue import (
    TABLES,
    BadRows,
    import_table,
    load_shipped,
    register_table,
    shipped,
)
from encounters.orders.services.life import (
    complete_order,
    complete_service_request,
    confirm_orders,
    enter_order_in_error,
    hold_order,
    reopen_order,
    resume_order,
    revoke_by_performer,
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
from encounters.orders.services.quick import add_quick, choices

__all__ = [
    "ORDER_MODELS",
    "TABLES",
    "BadRows",
    "Medication",
    "Service",
    "add_medication",
    "add_quick",
    "add_service",
    "answer_check",
    "change_draft",
    "choices",
    "complete_order",
    "complete_service_request",
    "confirm_orders",
    "copy_orders",
    "decide_repeat",
    "enter_order_in_error",
    "hold_order",
    "import_table",
    "load_shipped",
    "register_table",
    "remove_draft",
    "reopen_order",
    "resume_order",
    "revoke_by_performer",
    "shipped",
    "stop_order",
    "void_orders",
]
