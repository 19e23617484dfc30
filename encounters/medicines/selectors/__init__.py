"""Questions about doses."""
