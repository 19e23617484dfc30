"""Rights of this room."""

# The channels, with their counts; no message.
CHANNELS = "transport.channels"
# Messages and dead letters, patient data hidden.
READ = "transport.read"
# Replay, edit, set aside; map codes.
REPAIR = "transport.repair"
# Add, change, switch channels.
MANAGE = "transport.manage"
