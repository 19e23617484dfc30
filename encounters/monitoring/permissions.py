"""Rights of this room. Reading and measuring are the vital signs' own rights (`results`)."""

RESPOND = "monitoring.respond"
SET_SCALE = "monitoring.set_scale"
RECORD = "monitoring.record"
