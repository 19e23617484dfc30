"""Rights of this room."""

OPEN = "emergency_access.open"
REVIEW = "emergency_access.review"
