"""Any form with answers made up for it: what every print is looked at with, and what the tests of every form write."""

import datetime as dt
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from encounters.forms.engine import (
    Answer,
    Coding,
    Entry,
    Form,
    Item,
    Quantity,
    Response,
    calculate,
    prune,
    validate,
)
from encounters.forms.engine.drawing import SIDE, write_lines
from encounters.forms.engine.responses import new_response

NOW = "2026-11-28T09:30:00+07:00"
_DAY = dt.date(2026, 11, 20)
_WORDS = tuple(
    "bệnh nhân tỉnh tiếp xúc tốt da niêm mạc hồng không phù hạch ngoại vi không sờ thấy bụng mềm gan lách không to "  # noqa: SIM905
    "phổi trong rì rào phế nang êm dịu tim đều ấn đau hố chậu phải sốt nhẹ ho khan ăn uống được ngủ kém".split()
)
# One code of each catalogue that forms ask for.
CODES: Mapping[str, tuple[str, str]] = {
    "http://hl7.org/fhir/sid/icd-10": ("J18.9", "Viêm phổi, không đặc hiệu"),
    "http://hl7.org/fhir/sid/icd-9-cm": ("47.09", "Cắt ruột thừa"),
    "urn:benhanmo:occupation": ("00009", "Hưu trí"),
    "urn:benhanmo:ethnic-group": ("01", "Kinh"),
    "urn:benhanmo:country": ("VN", "Việt Nam"),
    "urn:benhanmo:commune": ("00001", "Phường Phúc Xá"),
    "urn:benhanmo:province": ("01", "Thành phố Hà Nội"),
    "urn:benhanmo:relationship": ("2", "Vợ"),
}


def filled(form: Form, *, seed: int = 1, share: float = 1.0, rows: int = 2) -> Response:
    """Answers of the right types and sizes: to every required question, and to `share` of the others.

    The same seed gives the same answers. Calculated items are calculated, what isn't asked is left out, so that the
    response may be frozen.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    found = new_response(form)
    found.items = _Filling(chance, share, rows).entries(form.items)
    return prune(form, calculate(form, found, now=NOW), now=NOW)


def sound(form: Form) -> Response:
    """Answers that break none of the form's rules across answers either: of some fillings the first such one.

    Raises LookupError where none of them is.
    """
    for seed in range(1, 200):
        for share in (1.0, 0.4, 0.0):
            found = filled(form, seed=seed, share=share)
            if not any(problem.severity == "error" for problem in validate(form, found, now=NOW)):
                return found
    raise LookupError(form.code)


class _Filling:
    def __init__(self, chance: random.Random, share: float, rows: int) -> None:
        self.chance, self.share, self.rows = chance, share, rows
        self.number = 0

    def entries(self, items: tuple[Item, ...]) -> list[Entry]:
        return [entry for item in items for entry in self.item(item)]

    def item(self, item: Item) -> list[Entry]:
        if item.type == "display" or item.calculated:
            return []
        times = self.chance.randint(max(item.min_occurs or 1, 1), self.rows) if item.repeats else 1
        if item.type == "group":
            groups = [Entry(item.link_id, [], self.entries(item.items)) for _ in range(times)]
            return [group for group in groups if group.items]
        if not item.required and self.chance.random() > self.share:
            return []
        answers = [Answer(*self.value(item), items=self.entries(item.items)) for _ in range(times)]
        kept = {repr((answer.kind, answer.value)): answer for answer in answers}
        return [Entry(item.link_id, list(kept.values()))]

    def value(self, item: Item) -> tuple[str, Any]:
        if item.options:
            option = self.chance.choice(item.options)
            return option.kind, option.value
        if item.value_set:
            system = item.value_set.partition("?")[0]
            code, display = CODES.get(system, ("1", "Một"))
            return "Coding", Coding(code, system, display)
        kinds: Mapping[str, Callable[[Item], tuple[str, Any]]] = {
            "boolean": lambda _: ("Boolean", self.chance.random() < 0.7),
            "integer": lambda one: ("Integer", int(self.number_for(one))),
            "decimal": lambda one: ("Decimal", self.number_for(one)),
            "date": lambda _: ("Date", self.day().isoformat()),
            "dateTime": lambda _: ("DateTime", f"{self.day()}T{self.clock()}+07:00"),
            "time": lambda _: ("Time", self.clock()),
            "url": lambda _: ("Uri", "urn:test:1"),
            "quantity": lambda one: ("Quantity", Quantity(self.number_for(one), (*one.units, None)[0])),
        }
        return kinds.get(item.type, self.words)(item)

    def day(self) -> dt.date:
        return _DAY + dt.timedelta(days=self.chance.randint(0, 7))

    def clock(self) -> str:
        return f"{self.chance.randint(0, 23):02d}:{self.chance.randint(0, 59):02d}:00"

    def number_for(self, item: Item) -> Decimal:
        least = _plain(item.minimum, 0)
        most = min(_plain(item.maximum, 99), least + 999)
        places = min(item.decimals if item.decimals is not None else 1, 1) if item.type != "integer" else 0
        whole = self.chance.randint(int(least), max(int(most) - (1 if places else 0), int(least)))
        return Decimal(whole) + (Decimal(self.chance.randint(0, 9)) / 10 if places else 0)

    def words(self, item: Item) -> tuple[str, Any]:
        return ("String", self.lines()) if item.drawing else ("String", self.text(item))

    def lines(self) -> str:
        """A drawing: a line of three points, and a dot."""
        points = [(self.chance.randint(0, SIDE), self.chance.randint(0, SIDE)) for _ in range(4)]
        return write_lines([points[:3], points[3:]])

    def text(self, item: Item) -> str:
        """Text that ends in a number of its own, to be found again on the print; longer where there is room for it."""
        self.number += 1
        mark = f"q{self.number}"
        room = (item.max_length or 200) - len(mark) - 1
        count = self.chance.randint(12, 40) if item.type == "text" else self.chance.randint(1, 3)
        text = " ".join(self.chance.choice(_WORDS) for _ in range(count))[: max(min(room, 400), 0)].strip()
        return f"{text} {mark}".strip()


def _plain(bound: object, otherwise: int) -> Decimal:
    value = bound.value if isinstance(bound, Quantity) else bound
    return Decimal(str(value)) if isinstance(value, int | Decimal) else Decimal(otherwise)
