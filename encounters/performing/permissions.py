"""Rights of this room."""

LABORATORY = "performing.laboratory"
IMAGING = "performing.imaging"
RELEASE = "performing.release"
