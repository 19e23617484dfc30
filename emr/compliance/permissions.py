"""Rights of this room."""

READ = "compliance.read"
"""Read what the law asks and what shows, at this moment, that it is met."""
