"""Rights of this room."""

USE = "phrases.use"
SHARE = "phrases.share"
