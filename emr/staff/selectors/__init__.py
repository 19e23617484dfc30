"""Questions about staff, roles, licences."""
