"""Rights of this room."""

READ = "watching.read"
