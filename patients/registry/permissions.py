"""Rights of this room."""

SEARCH = "registry.search"
READ = "registry.read"
REGISTER = "registry.register"
UPDATE = "registry.update"
MERGE = "registry.merge"
RESTRICT = "registry.restrict"
