"""Rights of this room."""

READ = "completeness.read"
"""See what a record lacks, and what is owed by oneself."""

OVERSEE = "completeness.oversee"
"""See who owes what in the departments where the right is held."""

OVERRIDE = "completeness.override"
"""Let a record be closed without something that a rule asks for, with a reason."""

RULES = "completeness.rules"
"""Change what records are asked for."""
