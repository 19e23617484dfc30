"""Verbs of this room."""

from integrations.monitors.services.applying import apply_readings
from integrations.monitors.services.attaching import (
    attach,
    detach,
    end_uses_of,
    keep_monitor,
    register_monitor,
)
from integrations.monitors.services.confirming import confirm
from integrations.monitors.services.forgetting import forget_readings

__all__ = [
    "apply_readings",
    "attach",
    "confirm",
    "detach",
    "end_uses_of",
    "forget_readings",
    "keep_monitor",
    "register_monitor",
]
