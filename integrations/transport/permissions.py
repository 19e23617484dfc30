"""Rights of this room."""

READ = "transport.read"
REPAIR = "transport.repair"
MANAGE = "transport.manage"
