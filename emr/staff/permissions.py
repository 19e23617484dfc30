"""Rights of this room. Who changes people, roles and places holds `accounts.manage`."""

READ_ROLES = "staff.read_roles"
"""Read and print which role may do what: for the quality officer."""

CHOOSE = "staff.choose"
"""Read and change the facility's settings."""
