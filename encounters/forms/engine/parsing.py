"""From a Questionnaire resource to a `Form`, strictly: whatever the engine could not honour is refused by name."""

import re
from collections.abc import Mapping
from typing import Any, cast

from encounters.forms.engine.constraints import read_constraints
from encounters.forms.engine.definition import (
    Coding,
    Condition,
    Constraint,
    Form,
    InvalidQuestionnaire,
    Item,
    ItemType,
    Option,
    PrintHints,
    Text,
    Value,
)
from encounters.forms.engine.expressions import Expression, ExpressionError, compile_expression
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.reading import Reader
from encounters.forms.engine.structure import check_structure
from encounters.forms.engine.values import find_choice, read_coding, read_value
from encounters.forms.engine.vocabulary import (
    AUTHORS,
    CALCULATED,
    DISPLAY_CATEGORY,
    DRAWING,
    ENABLE_WHEN,
    ENTRY_FORMAT,
    FORM_CODE,
    FORM_GROUP,
    HIDDEN,
    INITIAL,
    ITEM_CONTROL,
    ITEM_EXTENSIONS,
    ITEM_PROPERTIES,
    ITEM_TYPES,
    KINDS,
    MAX_DECIMALS,
    MAX_OCCURS,
    MAX_VALUE,
    MIN_LENGTH,
    MIN_OCCURS,
    MIN_VALUE,
    OPERATORS,
    OPTION_EXCLUSIVE,
    OPTION_PREFIX,
    POPULATION,
    PRINT,
    REGEX,
    ROOT_EXTENSIONS,
    ROOT_PROPERTIES,
    SECTION,
    SIGNERS,
    STATUSES,
    TERMINOLOGY_SERVER,
    UNCHECKED,
    UNIT,
    UNIT_OPTION,
    UNSUPPORTED_TYPES,
    VARIABLE,
)

MAX_ITEMS = 2000
MAX_NESTING = 12
_LINK_ID = re.compile(r"\S+( \S+)*")


def parse(resource: object) -> Form:
    """The form of a Questionnaire resource (parsed JSON).

    Raises InvalidQuestionnaire with every problem found: what FHIR R4 forbids, what the engine doesn't support (types
    attachment and reference, modifier extensions, expressions beyond the subset), each with the item's place.
    """
    parser = _Parser()
    form = parser.form(resource)
    if parser.problems or form is None:
        raise InvalidQuestionnaire(parser.problems)
    if problems := check_structure(form):
        raise InvalidQuestionnaire(problems)
    return form


class _Parser(Reader):
    def __init__(self) -> None:
        super().__init__()
        self.contained: dict[str, Mapping[str, Any]] = {}
        self.count = 0

    # -- the resource ---------------------------------------------------------------------------------------------

    def form(self, resource: object) -> Form | None:
        if not isinstance(resource, Mapping) or resource.get("resourceType") != "Questionnaire":
            self.refuse("Questionnaire", "the file is not a FHIR Questionnaire")
            return None
        self.known_properties(resource, ROOT_PROPERTIES, "Questionnaire")
        if resource.get("status") not in STATUSES:
            self.refuse("status", "must be draft, active, retired or unknown")
        for contained in self.children(resource, "contained", "Questionnaire"):
            self.contained[f"#{contained.get('id', '')}"] = contained
        extensions = self.extensions(resource, "Questionnaire", ROOT_EXTENSIONS)
        codes = [
            coding for raw in self.children(resource, "code", "Questionnaire") if (coding := read_coding(raw))
        ]
        local = [coding.code for coding in codes if coding.system == FORM_CODE]
        items = self.items(resource, "Questionnaire", 0)
        if not items:
            self.refuse("Questionnaire", "has no items")
        return Form(
            url=self.text_of(resource, "url", "Questionnaire"),
            version=self.text_of(resource, "version", "Questionnaire"),
            code=(local or [self.text_of(resource, "name", "Questionnaire")])[0],
            status=str(resource.get("status", "")),
            title=self.text(resource, "title", "Questionnaire"),
            language=self.text_of(resource, "language", "Questionnaire") or "en",
            items=items,
            variables=self.named_expressions(extensions, VARIABLE, "Questionnaire"),
            notes=tuple(dict.fromkeys(self.notes)),
            constraints=self.constraints(extensions, "Questionnaire"),
            authors=extensions.code(AUTHORS),
            signers=tuple((of, str(words)) for of, words in extensions.parts(SIGNERS)),
            group=self.group(resource),
            paper=self.paper(extensions, "Questionnaire"),
            is_unchecked=extensions.value(UNCHECKED) is True,
        )

    def group(self, resource: Mapping[str, Any]) -> Option | None:
        found = (
            Option("Coding", coding, self.text(raw, "display", "Questionnaire"))
            for raw in self.children(resource, "code", "Questionnaire")
            if (coding := read_coding(raw)) and coding.system == FORM_GROUP
        )
        return next(found, None)

    def items(self, parent: Mapping[str, Any], place: str, depth: int) -> tuple[Item, ...]:
        if depth > MAX_NESTING:
            self.refuse(place, f"items are nested more than {MAX_NESTING} deep")
            return ()
        found = []
        for raw in self.children(parent, "item", place):
            self.count += 1
            if self.count == MAX_ITEMS + 1:
                self.refuse(place, f"more than {MAX_ITEMS} items")
            if self.count > MAX_ITEMS:
                break
            if item := self.item(raw, place, depth):
                found.append(item)
        return tuple(found)

    # -- one item -------------------------------------------------------------------------------------------------

    def item(self, raw: Mapping[str, Any], parent: str, depth: int) -> Item | None:
        link_id = raw.get("linkId")
        if not isinstance(link_id, str) or not _LINK_ID.fullmatch(link_id) or len(link_id) > 255:
            self.refuse(parent, f"an item without a proper linkId: {link_id!r}")
            return None
        place = f"item {link_id}"
        kind = raw.get("type")
        if kind in UNSUPPORTED_TYPES:
            self.refuse(place, f"type {kind} is not supported")
            return None
        if kind not in ITEM_TYPES:
            self.refuse(place, f"unknown type {kind!r}")
            return None
        self.known_properties(raw, ITEM_PROPERTIES, place)
        extensions = self.extensions(raw, place, ITEM_EXTENSIONS)
        children = self.items(raw, place, depth + 1)
        item_type = cast(ItemType, kind)
        row_name, rows = self.population(extensions, place)
        return Item(
            link_id=link_id,
            type=item_type,
            text=self.text(raw, "text", place),
            prefix=self.text_of(raw, "prefix", place),
            required=self.flag(raw, "required", place),
            repeats=self.flag(raw, "repeats", place),
            read_only=self.flag(raw, "readOnly", place),
            max_length=self.size(raw.get("maxLength"), "maxLength", place),
            min_length=self.size(extensions.value(MIN_LENGTH), "minLength", place),
            min_occurs=self.size(extensions.value(MIN_OCCURS), "minOccurs", place),
            max_occurs=self.size(extensions.value(MAX_OCCURS), "maxOccurs", place),
            decimals=self.size(extensions.value(MAX_DECIMALS), "maxDecimalPlaces", place),
            minimum=self.bound(extensions, MIN_VALUE, place),
            maximum=self.bound(extensions, MAX_VALUE, place),
            pattern=self.pattern(extensions, place),
            options=self.options(raw, item_type, place),
            value_set=self.value_set(raw),
            conditions=self.conditions(raw, place),
            any_condition=raw.get("enableBehavior") == "any",
            enable_expression=self.expression(extensions, ENABLE_WHEN, place),
            initial=self.initial(raw, item_type, place),
            initial_expression=self.expression(extensions, INITIAL, place),
            calculated=self.expression(extensions, CALCULATED, place),
            row_name=row_name,
            rows_expression=rows,
            variables=self.named_expressions(extensions, VARIABLE, place),
            units=self.units(extensions),
            codes=tuple(c for part in self.children(raw, "code", place) if (c := read_coding(part))),
            control=extensions.code(ITEM_CONTROL),
            category=extensions.code(DISPLAY_CATEGORY),
            placeholder=Text(str(extensions.value(ENTRY_FORMAT) or "")),
            help=self.help(children),
            search=str(extensions.value(TERMINOLOGY_SERVER) or ""),
            hidden=extensions.value(HIDDEN) is True,
            section=str(extensions.value(SECTION) or ""),
            drawing=extensions.code(DRAWING),
            constraints=self.constraints(extensions, place),
            paper=self.paper(extensions, place),
            is_unchecked=extensions.value(UNCHECKED) is True,
            items=tuple(child for child in children if not _is_help(child)),
        )

    def options(self, raw: Mapping[str, Any], kind: str, place: str) -> tuple[Option, ...]:
        found = []
        for option in self.children(raw, "answerOption", place):
            choice = find_choice(option, "value")
            value = read_value(*choice) if choice and choice[0] in KINDS["choice"] else None
            if choice is None or value is None:
                self.refuse(place, f"an answerOption without a usable value: {sorted(option)}")
                continue
            extensions = Extensions(option)
            label = self.option_label(choice[1], value, place)
            prefix = str(extensions.value(OPTION_PREFIX) or "")
            exclusive = extensions.value(OPTION_EXCLUSIVE) is True
            selected = option.get("initialSelected") is True
            found.append(Option(choice[0], value, label, prefix, exclusive, selected))
        if (
            not found
            and isinstance(reference := raw.get("answerValueSet"), str)
            and reference.startswith("#")
        ):
            found = self.contained_options(reference, place)
        return tuple(found)

    def option_label(self, raw: object, value: Value, place: str) -> Text:
        if isinstance(raw, Mapping):
            label = self.text(raw, "display", place)
            return label or Text(cast(Coding, value).code)
        return Text(str(value))

    def contained_options(self, reference: str, place: str) -> list[Option]:
        """The concepts that a contained ValueSet lists, expanded or not; one given by filters needs a server."""
        whole = self.contained.get(reference, {})
        compose, expansion = (
            part if isinstance(part := whole.get(name), Mapping) else {} for name in ("compose", "expansion")
        )
        concepts: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [
            (cast("Mapping[str, Any]", {**concept, "system": include.get("system", "")}), concept)
            for include in self.children(compose, "include", place)
            for concept in self.children(include, "concept", place)
        ] or [(concept, concept) for concept in self.children(expansion, "contains", place)]
        found = [
            Option("Coding", coding, self.text(concept, "display", place) or Text(coding.code))
            for raw, concept in concepts
            if (coding := read_coding(raw))
        ]
        if not found:
            self.refuse(place, f"the contained value set {reference} lists no concepts")
        return found

    def value_set(self, raw: Mapping[str, Any]) -> str:
        reference = raw.get("answerValueSet")
        return reference if isinstance(reference, str) and not reference.startswith("#") else ""

    def conditions(self, raw: Mapping[str, Any], place: str) -> tuple[Condition, ...]:
        found = []
        for condition in self.children(raw, "enableWhen", place):
            question, operator = condition.get("question"), condition.get("operator")
            answer = find_choice(condition, "answer")
            value = read_value(*answer) if answer else None
            if not isinstance(question, str) or operator not in OPERATORS or answer is None or value is None:
                self.refuse(place, "an enableWhen without question, operator or usable answer[x]")
                continue
            if operator == "exists" and answer[0] != "Boolean":
                self.refuse(place, "enableWhen with exists needs answerBoolean")
                continue
            found.append(Condition(question, operator, answer[0], value))
        if len(found) > 1 and raw.get("enableBehavior") not in {"all", "any"}:
            self.refuse(place, "several enableWhen need enableBehavior all or any")
        return tuple(found)

    def initial(self, raw: Mapping[str, Any], kind: str, place: str) -> tuple[tuple[str, Value], ...]:
        found = []
        for part in self.children(raw, "initial", place):
            choice = find_choice(part, "value")
            value = read_value(*choice) if choice and choice[0] in KINDS.get(kind, ()) else None
            if choice is None or value is None:
                self.refuse(place, f"an initial value that doesn't fit type {kind}")
                continue
            found.append((choice[0], value))
        return tuple(found)

    def units(self, extensions: Extensions) -> tuple[Coding, ...]:
        raw = extensions.values(UNIT) or extensions.values(UNIT_OPTION)
        return tuple(coding for part in raw if (coding := read_coding(part)))

    def bound(self, extensions: Extensions, url: str, place: str) -> Value | None:
        choice = extensions.choice(url)
        if choice is None:
            return None
        value = read_value(*choice)
        if value is None:
            self.refuse(place, f"{url.rpartition('/')[2]} is not a usable value")
        return value

    def pattern(self, extensions: Extensions, place: str) -> str:
        pattern = str(extensions.value(REGEX) or "")
        try:
            re.compile(pattern)
        except re.error:
            self.refuse(place, "the regex extension is not a regular expression")
            return ""
        return pattern if len(pattern) <= 200 else ""

    def population(self, extensions: Extensions, place: str) -> tuple[str, Expression | None]:
        raw = extensions.value(POPULATION)
        name = str(raw.get("name", "")) if isinstance(raw, Mapping) else ""
        return name, self.expression(extensions, POPULATION, place)

    def expression(self, extensions: Extensions, url: str, place: str) -> Expression | None:
        raw = extensions.value(url)
        return None if raw is None else self.compiled(raw, url.rpartition("-")[2], place)

    def compiled(self, raw: object, what: str, place: str) -> Expression | None:
        source = raw.get("expression") if isinstance(raw, Mapping) else None
        if not isinstance(source, str) or not isinstance(raw, Mapping):
            self.refuse(place, f"{what} has no expression")
            return None
        if raw.get("language") == "application/x-fhir-query":
            self.notes.append(f"{place}: {what} asks a FHIR server; left empty")
            return None
        if raw.get("language") not in {"text/fhirpath", None}:
            self.refuse(place, f"{what}: language {raw.get('language')} is not supported")
            return None
        try:
            return compile_expression(source)
        except ExpressionError as error:
            self.refuse(place, f"{what}: {error}")
            return None

    def named_expressions(
        self, extensions: Extensions, url: str, place: str
    ) -> tuple[tuple[str, Expression], ...]:
        found = []
        for raw in extensions.values(url):
            name = raw.get("name") if isinstance(raw, Mapping) else None
            expression = self.compiled(raw, f"variable {name}", place)
            if isinstance(name, str) and expression:
                found.append((name, expression))
        return tuple(found)

    def constraints(self, extensions: Extensions, place: str) -> tuple[Constraint, ...]:
        found, problems = read_constraints(extensions)
        self.problems += [(place, problem) for problem in problems]
        return found

    def paper(self, extensions: Extensions, place: str) -> PrintHints:
        known = {"layout": str, "width": int, "boxes": int, "lines": int, "hidden": bool}
        hints: dict[str, Any] = {}
        for name, value in extensions.parts(PRINT):
            if name not in known or not isinstance(value, known[name]):
                self.refuse(place, f"print hint {name} is unknown or of the wrong type")
                continue
            hints[name] = value
        return PrintHints(**hints)

    def help(self, children: tuple[Item, ...]) -> Text:
        return next((child.text for child in children if _is_help(child)), Text())


def _is_help(item: Item) -> bool:
    return item.type == "display" and (item.control == "help" or item.category == "help")
