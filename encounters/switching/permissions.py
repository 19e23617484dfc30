"""Rights of this room; none opens a chart."""

READ = "switching.read"
"""Read the hospital's rules for electronic records and say that one has."""

OVERSEE = "switching.oversee"
"""See how each department keeps its records, and who hasn't read the rules."""

SET = "switching.set"
"""Decide how a department keeps its records from a day on."""

ISSUE = "switching.issue"
"""Put the hospital's rules for electronic records in force."""
