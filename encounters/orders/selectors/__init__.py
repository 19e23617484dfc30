"""Questions about orders."""

from encounters.orders.selectors.orders import (
    MEDICATION,
    active_orders,
    entries_to_carry_on,
    in_effect,
    lines,
    medication_worklist,
    orders_of_entries,
    orders_of_entry,
    worklist,
)

__all__ = [
    "MEDICATION",
    "active_orders",
    "entries_to_carry_on",
    "in_effect",
    "lines",
    "medication_worklist",
    "orders_of_entries",
    "orders_of_entry",
    "worklist",
]
