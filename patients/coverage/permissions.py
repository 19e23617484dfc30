"""Rights of this room."""

READ = "coverage.read"
WRITE = "coverage.write"
