"""Pages under /administration/."""
