"""Rights of this room."""

READ = "results.read"
RECORD_VITAL_SIGNS = "results.record_vital_signs"
ACKNOWLEDGE = "results.acknowledge"
COMPOSE = "results.compose"
TAKE_BACK = "results.take_back"
# Copies of results: whoever may print documents, and who performs them, for single results that were released.
PRINT = "results.print"
