"""Counts and lists for who leads a department or the house."""
