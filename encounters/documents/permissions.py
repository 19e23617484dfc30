"""Rights of this room."""

READ = "documents.read"
WRITE = "documents.write"
PRINT = "documents.print"
OVERSEE = "documents.oversee"
