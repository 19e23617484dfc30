"""Rights of this room."""

READ = "documents.read"
WRITE = "documents.write"
# The forms that say so of themselves: checklists, triage, nutrition.
NOTE = "documents.note"
PRINT = "documents.print"
APPEND = "documents.append"
OVERSEE = "documents.oversee"
