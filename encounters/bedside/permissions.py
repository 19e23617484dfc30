"""Rights of this room."""

READ = "bedside.read"
PERFORM = "bedside.perform"
ASSIGN = "bedside.assign"
PACKS = "bedside.packs"
CHECK = "bedside.check"
