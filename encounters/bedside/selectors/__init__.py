"""Questions about a ward in a shift, and about one patient at the bed."""

from encounters.bedside.selectors.staff import nurses_of, wards_of
from encounters.bedside.selectors.stays import new_orders_of, precautions_of
from encounters.bedside.selectors.tasks import Load, Task, loads_by_stay, task_at, tasks_of
from encounters.bedside.selectors.ward import Chip, Row, WardFilter, chips_of, shown_rows, ward_rows

__all__ = [
    "Chip",
    "Load",
    "Row",
    "Task",
    "WardFilter",
    "chips_of",
    "loads_by_stay",
    "new_orders_of",
    "nurses_of",
    "precautions_of",
    "shown_rows",
    "task_at",
    "tasks_of",
    "ward_rows",
    "wards_of",
]
