"""One field of a form as its editor has it, and back into the form. What the editor doesn't know stays as it is."""

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.errors import DomainError
from encounters.designing import elements, tree
from encounters.designing.elements import Json
from encounters.forms.engine import typed
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.values import find_choice
from encounters.forms.engine.vocabulary import (
    CALCULATED,
    INITIAL,
    ITEM_CONTROL,
    MAX_DECIMALS,
    MAX_VALUE,
    MIN_VALUE,
    SECTION,
    UNIT,
    UNIT_OPTION,
)

UCUM: Final = "http://unitsofmeasure.org"
ANSWERS: Final = "urn:benhanmo:form-answer"
CONDITIONS: Final = 3  # so many are edited; a field with more keeps them as they are
# What the house writes behind a number, as UCUM says it.
UNITS: Final[Mapping[str, str]] = {
    "lần/phút": "/min", "lần/ph": "/min", "°C": "Cel", "%": "%", "kg": "kg", "g": "g", "mg": "mg", "cm": "cm",
    "mm": "mm", "ml": "mL", "mL": "mL", "l": "L", "L": "L", "mmHg": "mm[Hg]", "giờ": "h", "phút": "min", "ngày": "d",
    "tuần": "wk", "tháng": "mo", "năm": "a", "kg/m²": "kg/m2", "mmol/L": "mmol/L", "g/L": "g/L", "µmol/L": "umol/L",
}  # fmt: skip

TYPES: Final[Mapping[str, StrOrPromise]] = {
    "group": gettext_lazy("Group of fields"),
    "display": gettext_lazy("Words to read"),
    "string": gettext_lazy("Short text"),
    "text": gettext_lazy("Long text"),
    "integer": gettext_lazy("Whole number"),
    "decimal": gettext_lazy("Number with decimals"),
    "quantity": gettext_lazy("Number with a choice of units"),
    "date": gettext_lazy("Day"),
    "time": pgettext_lazy("form", "Clock time"),
    "dateTime": gettext_lazy("Day and time"),
    "boolean": gettext_lazy("Yes or no"),
    "choice": gettext_lazy("Choice"),
    "open-choice": gettext_lazy("Choice, or own words"),
    "url": gettext_lazy("Web address"),
}
NUMBERS: Final = frozenset({"integer", "decimal", "quantity"})
CHOICES: Final = frozenset({"choice", "open-choice"})
OPERATORS: Final[Mapping[str, StrOrPromise]] = {
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    "exists": gettext_lazy("is answered"),
}


def is_question(item: Mapping[str, Any]) -> bool:
    """Whether somebody answers it."""
    return item.get("type") not in {"group", "display"}


def new_item(resource: Json, kind: str, words: str) -> Json:
    """A field to add: of a type, with its words, and as much as it needs to be sound."""
    item: Json = {"linkId": tree.fresh_link_id(resource, words), "text": words, "type": kind}
    if kind in CHOICES:
        item["answerOption"] = [_option({}, code, _("Choice %(n)s") % {"n": code}) for code in ("1", "2")]
    if kind == "group":
        first = _("First field")
        item["item"] = [
            {"linkId": tree.fresh_link_id(resource, f"{words} {first}"), "text": first, "type": "string"}
        ]
    return item


# -- reading -------------------------------------------------------------------------------------------------------------


def read_item(resource: Json, item: Json) -> dict[str, Any]:
    """What the editor's fields begin with."""
    other = elements.other_language(resource)
    extensions, hints = Extensions(item), elements.print_hints(item)
    helped = _help(item) or {}
    return {
        "link_id": item.get("linkId", ""),
        "text": item.get("text", ""),
        "other_text": elements.translation(item, "text", other),
        "numbering": item.get("prefix", ""),
        "help": helped.get("text", ""),
        "required": item.get("required", False),
        "repeats": item.get("repeats", False),
        "read_only": item.get("readOnly", False),
        "max_length": item.get("maxLength"),
        "unit": _unit_words(item),
        "minimum": extensions.value(MIN_VALUE),
        "maximum": extensions.value(MAX_VALUE),
        "decimals": extensions.value(MAX_DECIMALS),
        "as_tick": extensions.code(ITEM_CONTROL) == "check-box",
        "options": "\n".join(_line(option, other) for option in item.get("answerOption", [])),
        "value_set": item.get("answerValueSet", ""),
        "calculated": _expression(extensions, CALCULATED),
        "initial_expression": _expression(extensions, INITIAL),
        "layout": hints.get("layout", ""),
        "width": hints.get("width"),
        "lines": hints.get("lines"),
        "boxes": hints.get("boxes"),
        "any_condition": item.get("enableBehavior") == "any",
        **_conditions_read(resource, item),
    }


def _help(item: Json) -> Json | None:
    return next((child for child in item.get("item", []) if tree.is_help(child)), None)


def _unit_words(item: Json) -> str:
    found = Extensions(item).value(UNIT)
    return str(found.get("display") or found.get("code") or "") if isinstance(found, Mapping) else ""


def _expression(extensions: Extensions, url: str) -> str:
    found = extensions.value(url)
    return str(found.get("expression") or "") if isinstance(found, Mapping) else ""


def _line(option: Json, other: str) -> str:
    coding = option.get("valueCoding")
    if coding is None:
        return str((find_choice(option, "value") or ("", ""))[1])
    words = [
        coding.get("code", ""),
        coding.get("display", ""),
        elements.translation(coding, "display", other),
    ]
    return " | ".join(words if words[2] else words[:2])


def has_plain_options(item: Json) -> bool:
    """Whether its choices are other than codes with words: such are kept as they came."""
    return any("valueCoding" not in option for option in item.get("answerOption", []))


def keeps_conditions(item: Json) -> bool:
    """Whether it has more conditions than the editor shows: such are kept as they came."""
    return len(item.get("enableWhen", [])) > CONDITIONS


def _conditions_read(resource: Json, item: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    if keeps_conditions(item):
        return found
    for number, condition in enumerate(item.get("enableWhen", []), start=1):
        kind, value = find_choice(condition, "answer") or ("", "")
        found[f"question_{number}"] = condition.get("question", "")
        found[f"operator_{number}"] = condition.get("operator", "")
        found[f"value_{number}"] = _shown(kind, value)
    return found


def _shown(kind: str, value: Any) -> str:
    if kind == "Boolean":
        return "1" if value else "0"
    if kind == "Coding":
        return str(value.get("code") or value.get("display") or "")
    if kind == "Quantity":
        return str(value.get("value", ""))
    return typed.show_date(value) if kind == "Date" else str(value)


# -- writing -------------------------------------------------------------------------------------------------------------


def write_item(resource: Json, link_id: str, told: Mapping[str, Any]) -> str:  # noqa: PLR0912 - one line a part
    """Put what the editor was told into the form; answers the field's linkId, which may be another one now.

    `told` holds those of the names of `read_item` that this type has. Raises DomainError by `field` for what can't be.
    """
    item = tree.place_of(resource, link_id).item
    before = read_item(resource, item)
    said = {name: value for name, value in told.items() if value != before.get(name)}
    other = elements.other_language(resource)
    if "text" in said:
        item["text"] = said["text"]
    if "other_text" in said:
        elements.put_translation(item, "text", other, said["other_text"])
    for name, as_fhir in _PROPERTIES.items():
        if name in said:
            elements.put(item, as_fhir, said[name])
    if "help" in said:
        _put_help(resource, item, said["help"])
    if "unit" in said:
        _put_unit(item, said["unit"])
    for name, url in ((MIN, MIN_VALUE), (MAX, MAX_VALUE)):
        if name in said:
            _put_bound(item, url, said[name])
    if "decimals" in said:
        elements.put_extension(item, MAX_DECIMALS, "valueInteger", said["decimals"])
    if "as_tick" in said:
        _put_control(item, "check-box" if said["as_tick"] else "")
    if "options" in said or "value_set" in said:
        _put_answers(item, said.get("options", before["options"]), told.get("value_set", ""), other)
    for name, url in (("calculated", CALCULATED), ("initial_expression", INITIAL)):
        if name in said:
            _put_expression(item, url, said[name])
    hints = {name: value for name, value in said.items() if name in _HINTS}
    if hints:
        elements.put_print_hints(item, hints)
    if any(name.startswith(("question_", "operator_", "value_", "any_condition")) for name in said):
        _put_conditions(resource, item, told)
    if "link_id" in said:
        _rename(resource, item, said["link_id"])
    return str(item["linkId"])


MIN, MAX = "minimum", "maximum"
_HINTS = frozenset({"layout", "width", "lines", "boxes"})
_PROPERTIES = {
    "numbering": "prefix",
    "required": "required",
    "repeats": "repeats",
    "read_only": "readOnly",
    "max_length": "maxLength",
}


def _put_help(resource: Json, item: Json, words: str) -> None:
    helped = _help(item)
    if helped is not None and words:
        helped["text"] = words
        return
    if helped is not None:
        item["item"].remove(helped)
        elements.put(item, "item", item["item"] or None)
        return
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "help"}
    child = {
        "linkId": tree.fresh_link_id(resource, f"{item['linkId']} help"),
        "text": words,
        "type": "display",
        "extension": [{"url": ITEM_CONTROL, "valueCodeableConcept": {"coding": [coding]}}],
    }
    item.setdefault("item", []).insert(0, child)


def _put_unit(item: Json, words: str) -> None:
    code = UNITS.get(words, "")
    coding = {"system": UCUM, "code": code, "display": words} if code else {"display": words}
    elements.put_extension(item, UNIT_OPTION, "valueCoding", None)
    elements.put_extension(item, UNIT, "valueCoding", coding if words else None)


def _put_bound(item: Json, url: str, value: Decimal | None) -> None:
    name = "valueInteger" if item["type"] == "integer" else "valueDecimal"
    plain = None if value is None else int(value) if value == int(value) else float(value)
    elements.put_extension(item, url, name, plain)


def _put_control(item: Json, code: str) -> None:
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": code}
    elements.put_extension(item, ITEM_CONTROL, "valueCodeableConcept", {"coding": [coding]} if code else None)


def _put_expression(item: Json, url: str, source: str) -> None:
    held = Extensions(item).value(url)
    kept = dict(held) if isinstance(held, Mapping) else {"language": "text/fhirpath"}
    elements.put_extension(item, url, "valueExpression", kept | {"expression": source} if source else None)


def _put_answers(item: Json, lines: str, value_set: str, other: str) -> None:
    if value_set:
        item["answerValueSet"] = value_set
        item.pop("answerOption", None)
        return
    item.pop("answerValueSet", None)
    if has_plain_options(item):
        return
    held = {option["valueCoding"].get("code", ""): option for option in item.get("answerOption", [])}
    found: list[Json] = []
    for number, line in enumerate((line for line in lines.splitlines() if line.strip()), start=1):
        code, words, translated = _read_line(number, line)
        option = _option(held.get(code, {}), code, words)
        elements.put_translation(option["valueCoding"], "display", other, translated)
        found.append(option)
    codes = [option["valueCoding"]["code"] for option in found]
    if len(set(codes)) < len(codes):
        raise DomainError(_("Two choices have the same code."), code="bad_option", field="options")
    if not found:
        message = _("A choice needs its choices, or a catalogue.")
        raise DomainError(message, code="bad_option", field="options")
    item["answerOption"] = found


def _read_line(number: int, line: str) -> tuple[str, str, str]:
    """Code, words and translated words of a line; without a code the line's number is it."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) == 1:
        parts = [str(number), *parts]
    code, words, translated = (*parts, "")[:3]
    if not code or not words or len(parts) > 3:
        message = _("Line %(n)d: write “code | words”, or the words alone.") % {"n": number}
        raise DomainError(message, code="bad_option", field="options")
    return code, words, translated


def _option(held: Json, code: str, words: str) -> Json:
    option = copy.deepcopy(held)
    coding = option.setdefault("valueCoding", {"system": ANSWERS, "code": code})
    coding["display"] = words
    return option


def _rename(resource: Json, item: Json, link_id: str) -> None:
    old = item["linkId"]
    if link_id in tree.link_ids(resource):
        raise DomainError(_("Another field has this name already."), code="link_id_taken", field="link_id")
    item["linkId"] = link_id
    for place in tree.places(resource):
        for condition in place.item.get("enableWhen", []):
            if condition.get("question") == old:
                condition["question"] = link_id


def _put_conditions(resource: Json, item: Json, told: Mapping[str, Any]) -> None:
    if keeps_conditions(item):
        return
    held = {
        (shown := _conditions_read(resource, {"enableWhen": [one]}))["question_1"]
        + shown["operator_1"]
        + shown["value_1"]: one
        for one in item.get("enableWhen", [])
    }
    found: list[Json] = []
    for number in range(1, CONDITIONS + 1):
        question, operator, value = (
            str(told.get(f"{name}_{number}") or "") for name in ("question", "operator", "value")
        )
        if question:
            same = held.get(question + operator + value)
            found.append(same or _condition(resource, question, operator or "=", value, f"value_{number}"))
    elements.put(item, "enableWhen", found or None)
    elements.put(item, "enableBehavior", None)
    if len(found) > 1:
        item["enableBehavior"] = "any" if told.get("any_condition") else "all"


def _condition(resource: Json, question: str, operator: str, value: str, field: str) -> Json:
    asked = tree.place_of(resource, question).item
    kind, answer = _answer(asked, operator, value)
    if answer is None:
        message = _("“%(value)s” can't be an answer to “%(question)s”.")
        words = {"value": value, "question": asked.get("text") or question}
        raise DomainError(message % words, code="bad_condition", field=field)
    return {"question": question, "operator": operator, f"answer{kind}": answer}


def _answer(asked: Json, operator: str, value: str) -> tuple[str, Any]:  # noqa: PLR0911 - one for each type
    """Kind and JSON of the answer that a condition compares with; None when the words are no such answer."""
    if operator == "exists":
        return "Boolean", value.strip() not in {"0", "không", "no", "false"}
    options = [option["valueCoding"] for option in asked.get("answerOption", []) if "valueCoding" in option]
    match asked.get("type"):
        case "boolean":
            known = {"1": True, "có": True, "yes": True, "true": True}
            known |= {"0": False, "không": False, "no": False, "false": False}
            return "Boolean", known.get(value.strip().lower())
        case "integer":
            return "Integer", typed.read_integer(value)
        case "decimal":
            number = typed.read_decimal(value)
            return "Decimal", None if number is None else typed.json_number(number)
        case "date":
            return "Date", typed.read_date(value)
        case "time":
            return "Time", typed.read_time(value)
        case "choice" | "open-choice" if options:
            wanted = value.strip()
            found = next((one for one in options if wanted in {one.get("code"), one.get("display")}), None)
            plain = ("system", "code", "display")
            return "Coding", found and {name: found[name] for name in plain if name in found}
        case "string" | "text" | "open-choice":
            return "String", value or None
    return "", None


def section_of(item: Mapping[str, Any]) -> str:
    """The name of the place that the item keeps for another room; "" for a field of its own."""
    return str(Extensions(item).value(SECTION) or "")
