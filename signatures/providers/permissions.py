"""Rights of this room."""

MANAGE = "providers.manage"
"""See the staff's signing keys, unlock a PIN, revoke a certificate; no patient and no document."""
