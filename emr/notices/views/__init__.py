"""Pages under /notices/ and /administration/notices/."""
