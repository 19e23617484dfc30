"""The kinds of check there are, and what each is told. Which rules use them is data."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrOrPromise

from encounters.completeness.checks import acts, forms, stay
from encounters.completeness.checks.found import Check
from encounters.completeness.checks.stay import STAY_FIELDS
from encounters.completeness.rules import Rule
from encounters.results.vital_signs import VITAL_SIGNS
from encounters.visits import codes


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a kind of check is told: `codes` (a list of forms), `one` of its options, or `many` of them."""

    name: str
    title: StrOrPromise
    shape: str
    options: tuple[tuple[str, StrOrPromise], ...] = ()
    is_needed: bool = True

    def check(self, value: Any) -> bool:
        """Whether it may have that value."""
        known = {option for option, _title in self.options}
        if self.shape == "one":
            return value in known
        is_list = isinstance(value, list) and all(isinstance(v, str) and 0 < len(v) <= 60 for v in value)
        return (
            is_list and (bool(value) or not self.is_needed) and (self.shape == "codes" or set(value) <= known)
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of check: what it is called, the function, what it is told."""

    title: StrOrPromise
    check: Check
    parameters: tuple[Parameter, ...] = ()


_CODES = Parameter("codes", gettext_lazy("Forms (codes; “record” is the stay's own type)"), "codes")
_STATE = Parameter(
    "state",
    gettext_lazy("How far it must be"),
    "one",
    (
        ("finished", pgettext_lazy("completeness", "confirmed")),
        ("signed", pgettext_lazy("completeness", "signed")),
        ("sealed", gettext_lazy("signed and sealed by the facility")),
        ("confirmed", gettext_lazy("confirmed by the patient")),
    ),
)
KINDS: dict[str, Kind] = {
    "stay_fields": Kind(
        gettext_lazy("The stay's own fields are filled"),
        stay.stay_fields,
        (
            Parameter(
                "fields",
                gettext_lazy("Fields"),
                "many",
                tuple((name, title) for name, (title, *_rest) in STAY_FIELDS.items()),
            ),
        ),
    ),
    "form": Kind(gettext_lazy("One of some forms is there"), forms.form, (_CODES, _STATE)),
    "day_form": Kind(
        gettext_lazy("Each day has one of some forms"),
        forms.day_form,
        (
            _CODES,
            Parameter(
                "days",
                gettext_lazy("Which days"),
                "one",
                (
                    ("stay", gettext_lazy("every day of the stay")),
                    ("medicines", gettext_lazy("days on which medicines were given")),
                ),
            ),
        ),
    ),
    "day_vitals": Kind(
        gettext_lazy("Each day has vital signs"),
        acts.day_vitals,
        (
            Parameter(
                "signs",
                gettext_lazy("Signs"),
                "many",
                tuple((name, sign.title) for name, sign in VITAL_SIGNS.items()),
            ),
        ),
    ),
    "procedure_form": Kind(
        gettext_lazy("Each operation has its form"),
        forms.procedure_form,
        (
            _CODES,
            Parameter("procedures", gettext_lazy("Of which"), "many", tuple(codes.ProcedureKind.choices)),
            _STATE,
        ),
    ),
    "form_fields": Kind(
        gettext_lazy("Fields of a form are filled"),
        forms.form_fields,
        (
            _CODES,
            Parameter(
                "fields",
                gettext_lazy("Which fields"),
                "one",
                (
                    ("required", gettext_lazy("the required ones")),
                    ("named", gettext_lazy("those named below")),
                    ("all", gettext_lazy("all others, part by part")),
                ),
            ),
            Parameter("names", gettext_lazy("Fields (linkId)"), "codes", is_needed=False),
        ),
    ),
    "document_state": Kind(
        gettext_lazy("No document is left in a state"),
        forms.document_state,
        (
            Parameter(
                "state",
                gettext_lazy("State"),
                "one",
                (
                    ("draft", pgettext_lazy("completeness", "draft")),
                    ("unsigned", gettext_lazy("without a signature")),
                    ("waiting", gettext_lazy("waiting for somebody else's signature")),
                    ("refused", gettext_lazy("with a signature that isn't valid")),
                    ("unconfirmed", gettext_lazy("not confirmed by the patient")),
                ),
            ),
            Parameter("codes", gettext_lazy("These forms alone (codes)"), "codes", is_needed=False),
            Parameter("except", gettext_lazy("Without these forms (codes)"), "codes", is_needed=False),
        ),
    ),
    "orders_answered": Kind(
        gettext_lazy("Each order has a result or was stopped"),
        acts.orders_answered,
        (
            Parameter(
                "categories",
                gettext_lazy("Orders"),
                "many",
                (("laboratory", gettext_lazy("Laboratory")), ("imaging", gettext_lazy("Imaging"))),
            ),
        ),
    ),
    "medicines_answered": Kind(gettext_lazy("Each dose was answered"), acts.medicines_answered),
    "critical_results": Kind(gettext_lazy("Each critical result was taken on"), acts.critical_results),
}


def problem_of(rule: Rule) -> str:
    """What is wrong with a rule, in words; "" for one that can be run."""
    kind = KINDS.get(rule.kind)
    if kind is None:
        return _("There is no such kind of check.")
    for parameter in kind.parameters:
        value = rule.parameters.get(parameter.name)
        if value is None and not parameter.is_needed:
            continue
        if not parameter.check(value):
            return _("%(what)s: give a value that the check knows.") % {"what": parameter.title}
    if unknown := rule.parameters.keys() - {parameter.name for parameter in kind.parameters}:
        return _("The check knows nothing of %(what)s.") % {"what": ", ".join(sorted(unknown))}
    if not rule.words.get("vi"):
        return _("The sentence is missing.")
    return ""
