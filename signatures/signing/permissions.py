"""Rights of this room."""

SIGN = "signing.sign"
"""Sign what waits for one's own signature."""
