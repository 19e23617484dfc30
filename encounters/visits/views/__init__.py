"""Pages of stays, wards and beds."""
