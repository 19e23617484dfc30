"""Verbs of orders: written on a draft entry, in effect when the doctor confirms, then held, resumed, stopped, completed."""

from encounters.orders.services.life import (
    complete_order,
    complete_service_request,
    confirm_orders,
    enter_order_in_error,
    hold_order,
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

__all__ = [
    "ORDER_MODELS",
    "Medication",
    "Service",
    "add_medication",
    "add_service",
    "change_draft",
    "complete_order",
    "complete_service_request",
    "confirm_orders",
    "copy_orders",
    "enter_order_in_error",
    "hold_order",
    "remove_draft",
    "resume_order",
    "stop_order",
    "void_orders",
]
