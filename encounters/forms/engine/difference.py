"""What differs between two responses to one form, item by item: for conflicts, amendments, and copies with changes."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from encounters.forms.engine.definition import Form, Item
from encounters.forms.engine.responses import Answer, Entry, Response, write_entries
from encounters.forms.engine.tree import path_of
from encounters.forms.engine.values import show_value


@dataclass(frozen=True, slots=True)
class Change:
    """One item that differs. `path` is its place in the later response (in the earlier one, where it was removed)."""

    path: str
    link_id: str
    kind: Literal["added", "removed", "changed"]
    labels: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def difference(form: Form, before: Response, after: Response, *, language: str = "vi") -> list[Change]:
    """The questions whose answers differ, in the order of the form.

    Rows of a repeating group are matched by what they hold, so that a row put in above the others is one added row.
    """
    comparison = _Comparison(language)
    comparison.level(form.items, before.items, after.items, ((), ()), ())
    return comparison.changes


def answer_texts(answers: list[Answer], language: str) -> tuple[str, ...]:
    """The answers as a reader sees them."""
    return tuple(
        show_value(answer.value, answer.kind, language=language) if answer.value is not None else answer.typed
        for answer in answers
        if not answer.is_empty
    )


Rows = tuple[int, ...]


class _Comparison:
    def __init__(self, language: str) -> None:
        self.language = language
        self.changes: list[Change] = []

    def level(
        self,
        items: tuple[Item, ...],
        before: list[Entry],
        after: list[Entry],
        rows: tuple[Rows, Rows],
        labels: tuple[str, ...],
    ) -> None:
        for item in items:
            old = [entry for entry in before if entry.link_id == item.link_id]
            new = [entry for entry in after if entry.link_id == item.link_id]
            names = (*labels, item.text.in_language(self.language)) if item.text else labels
            if item.type == "group" and item.repeats:
                self.repeating(item, [e.items for e in old], [e.items for e in new], rows, names)
            elif item.type == "group":
                self.level(item.items, old[0].items if old else [], new[0].items if new else [], rows, names)
            elif item.is_question:
                self.question(item, _answers(old), _answers(new), rows, names)

    def repeating(
        self,
        item: Item,
        old: list[list[Entry]],
        new: list[list[Entry]],
        rows: tuple[Rows, Rows],
        labels: tuple[str, ...],
    ) -> None:
        for one, other in _matched(old, new):
            places = ((*rows[0], one or 0), (*rows[1], other or 0))
            then = old[one] if one is not None else []
            now = new[other] if other is not None else []
            number = (other if other is not None else one or 0) + 1
            self.level(item.items, then, now, places, (*labels, str(number)))

    def question(
        self,
        item: Item,
        old: list[Answer],
        new: list[Answer],
        rows: tuple[Rows, Rows],
        labels: tuple[str, ...],
    ) -> None:
        before, after = answer_texts(old, self.language), answer_texts(new, self.language)
        if _facts(old) != _facts(new):
            kind: Literal["added", "removed", "changed"] = (
                "added" if not before else "removed" if not after else "changed"
            )
            path = path_of(item.link_id, rows[0] if kind == "removed" else rows[1])
            self.changes.append(Change(path, item.link_id, kind, labels, before, after))
        if not item.items:
            return
        below_old, below_new = [a.items for a in old], [a.items for a in new]
        if item.repeats:
            self.repeating(item, below_old, below_new, rows, labels)
        else:
            self.level(item.items, (below_old or [[]])[0], (below_new or [[]])[0], rows, labels)


def _answers(entries: list[Entry]) -> list[Answer]:
    return [answer for entry in entries for answer in entry.answers]


def _facts(answers: list[Answer]) -> list[tuple[str, object, str]]:
    return [(answer.kind, answer.value, answer.typed) for answer in answers if not answer.is_empty]


def _matched(old: list[list[Entry]], new: list[list[Entry]]) -> list[tuple[int | None, int | None]]:
    """Pairs of row numbers, earlier and later; equal rows find each other, changed ones go by their order."""
    before, after = ([repr(write_entries(row)) for row in side] for side in (old, new))
    pairs: list[tuple[int | None, int | None]] = []
    for _, start, end, begin, finish in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        both = min(end - start, finish - begin)
        pairs += [(start + step, begin + step) for step in range(both)]
        pairs += [(row, None) for row in range(start + both, end)]
        pairs += [(None, row) for row in range(begin + both, finish)]
    return pairs
