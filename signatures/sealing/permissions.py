"""Rights of this room."""

EXPORT = "sealing.export"
"""Ask for a sealed extract of the log and take it away."""
