"""Rights of this room."""

MANAGE = "accounts.manage"
