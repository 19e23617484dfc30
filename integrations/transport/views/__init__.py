"""Pages under /integrations/."""
