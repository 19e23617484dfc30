"""The statutory books, composed from stays, procedures and signed forms: nothing in them is typed for the book."""

from encounters.boards.books.admissions import ADMISSIONS
from encounters.boards.books.consultations import CONSULTATIONS
from encounters.boards.books.deaths import DEATHS
from encounters.boards.books.shape import Book
from encounters.boards.books.surgery import PROCEDURES, SURGERY

BOOKS: dict[str, Book] = {
    book.code: book for book in (ADMISSIONS, SURGERY, PROCEDURES, CONSULTATIONS, DEATHS)
}
