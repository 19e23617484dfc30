"""Rights of this room."""

COLLECT = "specimens.collect"
RECEIVE = "specimens.receive"
