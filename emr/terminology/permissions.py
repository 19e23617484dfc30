"""Names of this room's rights. Looking a code up needs none: every member of staff who is signed in may."""

MANAGE = "terminology.manage"
