"""Rights of this room."""

READ = "orders.read"
PLACE = "orders.place"
CONFIGURE = "orders.configure"
