"""Rights of this room."""

READ = "history.read"
WRITE = "history.write"
