"""The FHIR addresses and property names that the engine knows; one place, so that parsing and docs agree."""

from collections.abc import Mapping
from typing import Final

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
SDC: Final = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"

TRANSLATION: Final = CORE + "translation"
ITEM_CONTROL: Final = CORE + "questionnaire-itemControl"
UNIT: Final = CORE + "questionnaire-unit"
UNIT_OPTION: Final = CORE + "questionnaire-unitOption"
HIDDEN: Final = CORE + "questionnaire-hidden"
DISPLAY_CATEGORY: Final = CORE + "questionnaire-displayCategory"
OPTION_PREFIX: Final = CORE + "questionnaire-optionPrefix"
OPTION_EXCLUSIVE: Final = CORE + "questionnaire-optionExclusive"
MIN_OCCURS: Final = CORE + "questionnaire-minOccurs"
MAX_OCCURS: Final = CORE + "questionnaire-maxOccurs"
MIN_VALUE: Final = CORE + "minValue"
MAX_VALUE: Final = CORE + "maxValue"
MIN_LENGTH: Final = CORE + "minLength"
MAX_DECIMALS: Final = CORE + "maxDecimalPlaces"
REGEX: Final = CORE + "regex"
CONSTRAINT: Final = CORE + "questionnaire-constraint"
ENTRY_FORMAT: Final = CORE + "entryFormat"
VARIABLE: Final = CORE + "variable"
CALCULATED: Final = SDC + "calculatedExpression"
INITIAL: Final = SDC + "initialExpression"
ENABLE_WHEN: Final = SDC + "enableWhenExpression"
POPULATION: Final = SDC + "itemPopulationContext"
TERMINOLOGY_SERVER: Final = SDC + "preferredTerminologyServer"
SUB_QUESTIONNAIRE: Final = SDC + "subQuestionnaire"
ASSEMBLE_EXPECTATION: Final = SDC + "assemble-expectation"
ASSEMBLED_FROM: Final = SDC + "assembledFrom"

# Ours: how paper shows an item; which rows of other rooms stand here; what nobody has yet compared with the official
# form; the form's number in the ministry's list.
PRINT: Final = "urn:benhanmo:questionnaire-print"
SECTION: Final = "urn:benhanmo:questionnaire-section"
UNCHECKED: Final = "urn:benhanmo:questionnaire-unchecked"
# A text is a drawing, over this background (engine/drawing.py).
DRAWING: Final = "urn:benhanmo:questionnaire-drawing"
TYPED: Final = "urn:benhanmo:typed"
# Who may write the form (a right), in what capacity people sign it, under which heading it stands in the menu.
AUTHORS: Final = "urn:benhanmo:questionnaire-authors"
SIGNERS: Final = "urn:benhanmo:questionnaire-signers"
FORM_GROUP: Final = "urn:benhanmo:form-group"
FORM_CODE: Final = "urn:benhanmo:form-code"

ROOT_EXTENSIONS: Final = frozenset({VARIABLE, PRINT, ASSEMBLED_FROM, UNCHECKED, CONSTRAINT, AUTHORS, SIGNERS})
ITEM_EXTENSIONS: Final = frozenset(
    {
        ITEM_CONTROL,
        UNIT,
        UNIT_OPTION,
        HIDDEN,
        DISPLAY_CATEGORY,
        MIN_OCCURS,
        MAX_OCCURS,
        MIN_VALUE,
        MAX_VALUE,
        MIN_LENGTH,
        MAX_DECIMALS,
        REGEX,
        CONSTRAINT,
        ENTRY_FORMAT,
        VARIABLE,
        CALCULATED,
        INITIAL,
        ENABLE_WHEN,
        POPULATION,
        TERMINOLOGY_SERVER,
        PRINT,
        SECTION,
        UNCHECKED,
        DRAWING,
    }
)

STATUSES: Final = frozenset({"draft", "active", "retired", "unknown"})
ROOT_PROPERTIES: Final = frozenset(
    {
        "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension",
        "url", "identifier", "version", "name", "title", "derivedFrom", "status", "experimental", "subjectType", "date",
        "publisher", "contact", "description", "useContext", "jurisdiction", "purpose", "copyright", "approvalDate",
        "lastReviewDate", "effectivePeriod", "code", "item",
    }
)  # fmt: skip
ITEM_PROPERTIES: Final = frozenset(
    {
        "id", "extension", "modifierExtension", "linkId", "definition", "code", "prefix", "text", "type", "enableWhen",
        "enableBehavior", "required", "repeats", "readOnly", "maxLength", "answerValueSet", "answerOption", "initial",
        "item",
    }
)  # fmt: skip
ITEM_TYPES: Final = frozenset(
    {
        "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url",
        "choice", "open-choice", "quantity",
    }
)  # fmt: skip
UNSUPPORTED_TYPES: Final = frozenset({"attachment", "reference", "question"})

# value[x] suffixes that an answer of each type may carry
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "boolean": ("Boolean",),
    "decimal": ("Decimal",),
    "integer": ("Integer",),
    "date": ("Date",),
    "dateTime": ("DateTime",),
    "time": ("Time",),
    "string": ("String",),
    "text": ("String",),
    "url": ("Uri",),
    "choice": ("Coding", "String", "Integer", "Date", "Time"),
    "open-choice": ("Coding", "String", "Integer", "Date", "Time"),
    "quantity": ("Quantity",),
}
ANSWER_KINDS: Final = frozenset(
    {"Boolean", "Decimal", "Integer", "Date", "DateTime", "Time", "String", "Uri", "Coding", "Quantity"}
)
OPERATORS: Final = frozenset({"exists", "=", "!=", ">", "<", ">=", "<="})

LAYOUTS: Final = frozenset(
    {"", "line", "block", "bare", "table", "matrix", "table-total", "diagnosis", "columns"}
)
EVERYTHING: Final = "?fhir_vs"


def system_of(value_set: str) -> str:
    """The code system whose codes are all of the value set, or "" when it isn't one system entire.

    `<system>?fhir_vs` is FHIR's own way to say "every code of this system" (hl7.org/fhir/R4/snomedct.html#implicit).
    """
    return value_set.removesuffix(EVERYTHING) if value_set.endswith(EVERYTHING) else ""
