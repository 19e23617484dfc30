"""What heads, planning office and director look at: the morning briefing, records by state, statutory books."""
