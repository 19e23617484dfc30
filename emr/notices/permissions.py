"""Rights of this room."""

# Ladders and kinds, and what was sent. Everybody has their own inbox and contact data without a right.
MANAGE = "notices.manage"
