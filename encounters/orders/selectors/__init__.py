"""Questions about orders."""

from encounters.orders.selectors.foreign import kept_lines, pending_foreign
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
    "kept_lines",
    "lines",
    "medication_worklist",
    "orders_of_entries",
    "orders_of_entry",
    "pending_foreign",
    "worklist",
]
