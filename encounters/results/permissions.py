"""Rights of this room."""

READ = "results.read"
RECORD_VITAL_SIGNS = "results.record_vital_signs"
ACKNOWLEDGE = "results.acknowledge"
