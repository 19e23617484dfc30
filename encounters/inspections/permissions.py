"""Rights of this room."""

PREPARE = "inspections.prepare"
"""Enter a letter and list the charts that it names."""

APPROVE = "inspections.approve"
"""Let somebody else's mandate come into force."""

OVERSEE = "inspections.oversee"
"""See all mandates, and withdraw them."""

HAND_OUT = "inspections.hand_out"
"""Take a listed stay's signed documents away as one file."""

READ = "inspections.read"
"""Read what a mandate in force lists."""
