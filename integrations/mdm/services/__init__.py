"""Verbs of this room."""

from integrations.mdm.services.receiving import apply_mdm
from integrations.mdm.services.sending import tell_cancelled, tell_signed

__all__ = ["apply_mdm", "tell_cancelled", "tell_signed"]
