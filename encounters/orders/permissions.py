"""Rights of this room."""

READ = "orders.read"
PLACE = "orders.place"
CONFIGURE = "orders.configure"
RECORD_SPOKEN = "orders.record_spoken"
REVIEW = "orders.review"
EDIT_SETS = "orders.edit_sets"
READ_SAVINGS = "orders.read_savings"
