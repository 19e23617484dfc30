"""Rights of this room."""

READ = "scanning.read"
"""Look at the paper of a stay's record."""
UPLOAD = "scanning.upload"
"""Bring paper in, arrange its pages, file them."""
CHECK = "scanning.check"
"""Accept somebody else's pages or return them; take paper back that was filed wrongly."""
