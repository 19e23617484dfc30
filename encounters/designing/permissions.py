"""Rights of this room."""

READ = "designing.read"
"""See every form of the house with its versions, and take it away as a file."""

EDIT = "designing.edit"
"""Make and change drafts of forms."""

PUBLISH = "designing.publish"
"""Put somebody else's draft in force, and end a version of the house's own."""
