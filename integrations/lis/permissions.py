"""Rights of this room."""

CONFIRM_IDENTITY = "lis.confirm_identity"
