"""Questions about confirmations."""
