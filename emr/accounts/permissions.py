"""Rights of this room."""

MANAGE = "accounts.manage"
COVER = "accounts.cover"
REVIEW_COVER = "accounts.review_cover"
