"""Whom a line of the log is about and who did it: the rooms that keep people register how they are found and shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# (facility id, number as typed) -> ids of the rows of the person who has it, whole.
Find = Callable[[int, str], list[int]]
# ids of patients -> their own numbers; the log shows numbers, never names.
Number = Callable[[Iterable[int]], dict[int, str]]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as the log shows them: name with title, and the roles held now in words."""

    name: str
    roles: str = ""


Describe = Callable[[Iterable[int]], dict[int, Person]]


def _nobody(_facility_id: int, _text: str) -> list[int]:
    return []


def _nothing(_ids: Iterable[int]) -> dict[int, str]:
    return {}


def _no_person(_ids: Iterable[int]) -> dict[int, Person]:
    return {}


_find: Find = _nobody
_find_named: Find = _nobody
_number: Number = _nothing
_find_people: Find = _nobody
_describe: Describe = _no_person


def register_subjects(find: Find, number: Number, *, named: Find = _nobody) -> None:
    """Let the log be asked by a patient's number, or whole name and birth, and show the number."""
    global _find, _number, _find_named
    _find, _number, _find_named = find, number, named


def register_people(find: Find, describe: Describe) -> None:
    """Let the log be asked by a person's username, staff code or name, and show who they are."""
    global _find_people, _describe
    _find_people, _describe = find, describe


def find_subjects(facility_id: int, text: str) -> list[int]:
    """Ids of the patient behind a number, or behind a whole name with its day or year of birth; else none.

    A name has to be known in full and mean one patient alone: the log is no way to look for patients.
    """
    return _find(facility_id, text.replace(" ", "")) or _find_named(facility_id, text)


def numbers_of(ids: Iterable[int]) -> dict[int, str]:
    """The patients' own numbers by id."""
    return _number(ids)


def find_people(facility_id: int, text: str) -> list[int]:
    """Ids of the staff that the text names."""
    return _find_people(facility_id, text)


def people_of(ids: Iterable[int]) -> dict[int, Person]:
    """Who the staff are, by id."""
    return _describe(ids)
