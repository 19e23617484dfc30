"""Links that come in; the keys that sign them."""
