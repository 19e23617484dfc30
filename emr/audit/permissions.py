"""Rights of this room."""

READ = "audit.read"
