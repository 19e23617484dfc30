"""Rights of this room."""

READ = "documents.read"
WRITE = "documents.write"
PRINT = "documents.print"
APPEND = "documents.append"
OVERSEE = "documents.oversee"
