"""Answers to a whole form, each to be found again: what a person would type who leaves nothing out."""

from collections.abc import Iterable
from decimal import Decimal

from emr.common.clock import now
from encounters.forms import engine
from encounters.forms.engine import Answer, Coding, Entry, Form, Item, Response
from encounters.forms.engine.responses import new_response
from encounters.forms.engine.typed import VIETNAM

Chosen = dict[str, object]


class Filler:
    """`texts` are the words given, by linkId. `chosen` overrides an answer: a code, a number, True or False."""

    def __init__(self, chosen: Chosen | None = None) -> None:
        self.chosen = chosen or {}
        self.texts: dict[str, str] = {}
        self.at = now().astimezone(VIETNAM).replace(second=0, microsecond=0)

    def fields(self, form: Form) -> dict[str, list[str]]:
        """What the page would post."""
        response: Response = new_response(form)
        response.items = list(self.entries(form.items))
        return engine.encode(form, response)

    def entries(self, items: Iterable[Item]) -> Iterable[Entry]:
        for item in items:
            if item.calculated or item.read_only or item.hidden or item.section:
                continue
            if item.type == "group":
                yield Entry(item.link_id, [], list(self.entries(item.items)))
            elif item.is_question:
                yield Entry(item.link_id, [self.answer(item)])

    def answer(self, item: Item) -> Answer:
        wanted = self.chosen.get(item.link_id)
        if item.options:
            option = next((one for one in item.options if one.key.endswith(f"|{wanted}")), item.options[0])
            return Answer(option.kind, option.value)
        if item.value_set:
            return Answer("Coding", Coding("J18.9", "http://hl7.org/fhir/sid/icd-10", "Viêm phổi"))
        if item.drawing:
            return Answer("String", "120,80 400,600 500,610;700,300")
        plain: dict[str, tuple[str, object]] = {
            "boolean": ("Boolean", bool(wanted if wanted is not None else item.control == "check-box")),
            "integer": ("Integer", self.number(item, wanted)),
            "decimal": ("Decimal", Decimal(self.number(item, wanted))),
            "date": ("Date", str(wanted or self.at.date().isoformat())),
            "dateTime": ("DateTime", self.at.isoformat()),
            "time": ("Time", "08:30:00"),
        }
        if item.type in plain:
            kind, value = plain[item.type]
            return Answer(kind, value)  # type: ignore[arg-type]  # of that kind
        self.texts[item.link_id] = f"Lời{len(self.texts) + 1}"[: item.max_length]
        return Answer("String", self.texts[item.link_id])

    @staticmethod
    def number(item: Item, wanted: object) -> int:
        if isinstance(wanted, int):
            return wanted
        low = int(item.minimum) if isinstance(item.minimum, (int, Decimal)) else 0
        high = int(item.maximum) if isinstance(item.maximum, (int, Decimal)) else 100
        return (low + high) // 2
