"""Whether one medicine order asks for the same as another."""

from encounters.orders.models import MedicationRequest

# What makes a medicine another one for who reviews it; days and day of use go on by themselves.
CONTENT = (
    "code", "text", "ingredient", "route", "dose", "dose_unit", "times_per_day", "times", "rate", "diluent",
    "as_needed", "as_needed_for", "most_per_dose", "most_per_day", "least_hours_between", "meal", "supply", "priority",
    "occurrence_at", "steps", "scale", "hold_if", "before_event", "minutes_before",
)  # fmt: skip


def is_unchanged(order: MedicationRequest, earlier: MedicationRequest) -> bool:
    """Whether the order asks for the same as the earlier one."""
    names = [name for name in CONTENT if name != "dose" or not order.steps]  # of a taper the steps say it
    if order.steps and (order.steps_from or order.happens_at) != (earlier.steps_from or earlier.happens_at):
        return False
    return all(getattr(order, name) == getattr(earlier, name) for name in names)
