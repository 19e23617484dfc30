"""Doors of this room for browsers."""
