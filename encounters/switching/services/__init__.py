"""Changes of state: how a department keeps its records, which rules hold, who has read them."""

from encounters.switching.services.modes import set_mode
from encounters.switching.services.regulations import LARGEST, issue_regulation, note_reading

__all__ = ["LARGEST", "issue_regulation", "note_reading", "set_mode"]
