"""Rights of this room."""

READ = "boards.read"
"""See the morning's numbers and where records stand: counts, nobody's name."""

BOOKS = "boards.books"
"""Read, print and take away the statutory books: names, numbers, diagnoses of one's departments or of the house."""
