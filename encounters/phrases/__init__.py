"""Sentences that are typed again and again: an abbreviation of a person's or a department's opens as its text."""
