"""Whose chart a line of the log is about: the room that keeps people registers how their numbers are found and shown."""

from collections.abc import Callable, Iterable

# (facility id, number as typed) -> ids of the rows of the person who has it, whole.
Find = Callable[[int, str], list[int]]
# ids of patients -> their own numbers; the log shows numbers, never names.
Number = Callable[[Iterable[int]], dict[int, str]]


def _nobody(_facility_id: int, _number: str) -> list[int]:
    return []


def _nothing(_ids: Iterable[int]) -> dict[int, str]:
    return {}


_find: Find = _nobody
_number: Number = _nothing


def register_subjects(find: Find, number: Number) -> None:
    """Let the log be asked by a patient's number, and show it."""
    global _find, _number
    _find, _number = find, number


def find_subjects(facility_id: int, number: str) -> list[int]:
    """Ids of the patients behind a number; none for a number that nobody has."""
    return _find(facility_id, number)


def numbers_of(ids: Iterable[int]) -> dict[int, str]:
    """The patients' own numbers by id."""
    return _number(ids)
