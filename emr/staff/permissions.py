"""Rights of this room. Who changes anything here holds `accounts.manage`."""

READ_ROLES = "staff.read_roles"
"""Read and print which role may do what: for the quality officer."""
