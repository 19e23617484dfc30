"""Rights of this room."""

# A key here opens the record as anybody whom its holder names: whoever looks after accounts looks after these.
MANAGE = "launch.manage"
