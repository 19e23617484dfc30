"""Rights of this room. Confirming a monitor's values is the vital signs' own right (`results`)."""

READ = "monitors.read"
ATTACH = "monitors.attach"
MANAGE = "monitors.manage"
