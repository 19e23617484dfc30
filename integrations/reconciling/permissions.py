"""Rights of this room; looking is `transport.read`, as for the messages."""

# Sign a day off.
SIGN = "reconciling.sign"
