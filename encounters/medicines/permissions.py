"""Rights of this room."""

READ = "medicines.read"
GIVE = "medicines.give"
PREPARE = "medicines.prepare"
SETTLE = "medicines.settle"
