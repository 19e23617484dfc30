"""Shape of what is asked about a rule; its own parameters are its kind's."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.common.clock import local_today
from encounters.completeness.kinds import KINDS, Kind, Parameter
from encounters.completeness.rules import CONDITIONS, OWNERS, Rule
from encounters.visits import codes

_SEPARATORS = re.compile(r"[,;\s]+")


class CodesField(forms.CharField):
    """Codes with commas or spaces between, as a list without doubles."""

    def clean(self, value: Any) -> list[str]:
        """The codes in their order."""
        text = super().clean(value)
        return list(dict.fromkeys(part for part in _SEPARATORS.split(text) if part))

    def prepare_value(self, value: Any) -> Any:
        """As they are typed."""
        return ", ".join(value) if isinstance(value, list | tuple) else value


class RuleForm(forms.Form):
    """A rule's next version."""

    is_on = forms.BooleanField(label=_("The rule is asked"), required=False)
    blocks = forms.BooleanField(label=_("The record can't be closed without it"), required=False)
    overridable = forms.BooleanField(
        label=_("May be set aside for a single record, with a reason"), required=False
    )
    begins_on = forms.DateField(
        label=_("From"), help_text=_("For patients who leave on that day or later; today at the earliest.")
    )
    record_types = CodesField(
        label=_("Types of record"), max_length=300, help_text=_("Codes as 01/BV1, 10/BV1; * for all.")
    )
    classes = forms.MultipleChoiceField(
        label=_("Kinds of care"), choices=codes.EncounterClass.choices, widget=forms.CheckboxSelectMultiple
    )
    when = forms.MultipleChoiceField(
        label=_("Asked"),
        choices=list(CONDITIONS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = forms.ChoiceField(
        label=_("Whose it is"), choices=[(code, title) for code, (title, _role) in OWNERS.items()]
    )
    words_vi = forms.CharField(
        label=_("Sentence in Vietnamese"),
        max_length=200,
        help_text=_("$day, $form and $what are replaced by what was found."),
    )
    words_en = forms.CharField(label=_("Sentence in English"), max_length=200, required=False)
    reason = forms.CharField(label=_("Why it is changed"), max_length=300)
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, rule: Rule, after: int, **kwargs: Any) -> None:
        self.rule, self.kind = rule, KINDS[rule.kind]
        kwargs["initial"] = self._as_it_is(rule) | {"after": after}
        super().__init__(*args, **kwargs)
        for parameter in self.kind.parameters:
            self.fields[_name(parameter)] = _field(parameter)

    @staticmethod
    def _as_it_is(rule: Rule) -> dict[str, Any]:
        told = {
            name: getattr(rule, name)
            for name in ("is_on", "blocks", "overridable", "record_types", "classes", "when", "owner")
        }
        parameters = {f"parameter_{name}": value for name, value in rule.parameters.items()}
        words = {f"words_{language}": rule.words.get(language, "") for language in ("vi", "en")}
        return told | parameters | words | {"begins_on": f"{local_today():%d/%m/%Y}"}

    @property
    def parameter_fields(self) -> list[Any]:
        """The fields of the kind's own parameters."""
        return [self[_name(parameter)] for parameter in self.kind.parameters]

    def content(self) -> dict[str, Any]:
        """The rule as its JSON."""
        told = self.cleaned_data
        plain = ("is_on", "blocks", "overridable", "record_types", "classes", "when", "owner")
        words = {"vi": told["words_vi"], "en": told["words_en"] or told["words_vi"]}
        return {name: told[name] for name in plain} | {
            "kind": self.rule.kind,
            "words": words,
            "parameters": self._parameters(),
        }

    def _parameters(self) -> dict[str, Any]:
        values = {p.name: self.cleaned_data[_name(p)] for p in self.kind.parameters}
        needed = {p.name for p in self.kind.parameters if p.is_needed}
        return {name: value for name, value in values.items() if value or name in needed}


def _name(parameter: Parameter) -> str:
    return f"parameter_{parameter.name}"


def _field(parameter: Parameter) -> forms.Field:
    told: dict[str, Any] = {"label": parameter.title, "required": parameter.is_needed}
    if parameter.shape == "codes":
        return CodesField(max_length=400, **told)
    if parameter.shape == "one":
        return forms.ChoiceField(choices=list(parameter.options), **told)
    return forms.MultipleChoiceField(
        choices=list(parameter.options), widget=forms.CheckboxSelectMultiple, **told
    )


class NewRuleForm(forms.Form):
    """A rule of the facility's own: its code, and which kind of check it is."""

    code = forms.RegexField(
        r"^[a-z][a-z0-9-]{2,39}$",
        label=pgettext_lazy("rule", "Code"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens: it never changes."),
    )
    kind = forms.ChoiceField(
        label=_("Kind of check"), choices=lambda: [(code, kind.title) for code, kind in KINDS.items()]
    )


def first_rule(code: str, kind_code: str) -> Rule:
    """What the form of a new rule begins with."""
    kind: Kind = KINDS[kind_code]
    begun = {p.name: p.options[0][0] if p.shape == "one" else [] for p in kind.parameters if p.is_needed}
    return Rule(
        code=code, kind=kind_code, words={"vi": "", "en": ""}, begins_on=local_today(), parameters=begun
    )
