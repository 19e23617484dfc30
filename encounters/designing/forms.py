"""Shape of what is asked when a form is made, changed, taken in or published."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.clock import local_today
from encounters.designing import items, tree
from encounters.designing.elements import Json, other_language, translation
from encounters.designing.exchange import MAX_BYTES
from encounters.designing.selectors import heading_of
from encounters.designing.services import Heading
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import AUTHORS, FORM_GROUP, SIGNERS

PLACES = 4  # places to sign that a form's page offers
_LINK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_AUTHORS: dict[str, StrOrPromise] = {"": _("Doctors"), "documents.note": _("Doctors and nurses")}
_OTHER_WORDS: dict[str, StrOrPromise] = {
    "en": _("Words in English"),
    "vi": _("Words in Vietnamese"),
}
_OF: dict[str, StrOrPromise] = {
    "": "",
    "author": _("Who writes it"),
    "member": _("A member whom the author names"),
    "head_of_department": _("Head of the department"),
    "director": _("Director"),
}
_LAYOUTS: dict[str, StrOrPromise] = {
    "": _("As usual"),
    "line": _("On a line"),
    "block": _("A paragraph of its own"),
    "table": _("Repetitions as rows of a table"),
}


class NewFormForm(forms.Form):
    """A form of the house's own; `copy_of` is the form that it begins as."""

    code = forms.CharField(
        label=pgettext_lazy("form", "Code"),
        max_length=20,
        help_text=_("As it is printed on the form: NB-01/K03. It never changes."),
    )
    title = forms.CharField(label=pgettext_lazy("form", "Title"), max_length=200)


class FileForm(forms.Form):
    """A FHIR Questionnaire to be taken in."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("FHIR R4 Questionnaire as JSON, at most 1 MB. Without answers of patients."),
    )
    code = forms.CharField(
        label=pgettext_lazy("form", "Code"),
        max_length=20,
        help_text=_("A new code makes a new form; a known one makes the next version of that form."),
    )
    without_formulas = forms.BooleanField(
        label=_("Set aside formulas that aren't understood here (they stay in the form and in its file)"),
        required=False,
    )

    def clean_file(self) -> Any:
        """Nothing larger is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return file


class FieldForm(forms.Form):
    """A field to add."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("form", "Type"), choices=lambda: list(items.TYPES.items()), initial="string"
    )
    words = forms.CharField(label=pgettext_lazy("form", "Words"), max_length=500)


class ItemForm(forms.Form):
    """One field of the form: what its type has. `fixed`: its name is in the version before, and stays."""

    text = forms.CharField(
        label=pgettext_lazy("form", "Words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
    )
    other_text = forms.CharField(required=False, max_length=2000)
    numbering = forms.CharField(label=_("Number before it"), required=False, max_length=20)
    help = forms.CharField(label=_("Help"), required=False, max_length=500)
    required = forms.BooleanField(label=_("Must be answered"), required=False)
    repeats = forms.BooleanField(label=_("May be answered several times"), required=False)
    as_tick = forms.BooleanField(label=_("One box to tick, “no” isn't asked"), required=False)
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=20000,
        strip=False,
        widget=forms.Textarea({"rows": 5}),
        help_text=_(
            "A line each: code | words | words in the other language. Without code it gets a number."
        ),
    )
    value_set = forms.ChoiceField(label=_("Or from a catalogue"), required=False)
    unit = forms.CharField(label=_("Unit"), required=False, max_length=40)
    minimum = forms.DecimalField(label=_("At least"), required=False, max_digits=15)
    maximum = forms.DecimalField(label=_("At most"), required=False, max_digits=15)
    decimals = forms.IntegerField(label=_("Decimal places"), required=False, min_value=0, max_value=6)
    max_length = forms.IntegerField(
        label=_("Longest, in letters"), required=False, min_value=1, max_value=100000
    )
    any_condition = forms.BooleanField(label=_("One of these is enough"), required=False)
    read_only = forms.BooleanField(label=_("Filled in by the system, not by hand"), required=False)
    initial_expression = forms.CharField(
        label=_("Filled in from"),
        required=False,
        max_length=2000,
        help_text=_("As %patient.full_name, %encounter.admitted_at."),
    )
    calculated = forms.CharField(
        label=_("Calculated by (FHIRPath)"),
        required=False,
        max_length=20000,
        widget=forms.Textarea({"rows": 2}),
    )
    layout = forms.ChoiceField(label=_("On paper"), required=False)
    width = forms.IntegerField(label=_("Width in twelfths"), required=False, min_value=1, max_value=12)
    lines = forms.IntegerField(label=_("Dotted lines when empty"), required=False, min_value=0, max_value=30)
    boxes = forms.IntegerField(label=_("Boxes for digits"), required=False, min_value=0, max_value=30)
    link_id = forms.CharField(
        label=_("Name of the field (linkId)"), max_length=255, help_text=_("Answers are found by it.")
    )

    def __init__(
        self,
        *args: Any,
        resource: Json,
        item: Json,
        value_sets: Mapping[str, str],
        fixed: bool,
        **kwargs: Any,
    ) -> None:
        self.item, self.held = item, items.read_item(resource, item)
        kwargs["initial"] = self.held
        super().__init__(*args, **kwargs)
        kind, question = str(item.get("type")), items.is_question(item)
        other = other_language(resource)
        self.fields["other_text"].label = _OTHER_WORDS[other]
        self._choose("value_set", {"": ""} | dict(value_sets))
        self._choose("layout", _LAYOUTS)
        if not items.keeps_conditions(item):
            self._conditions(resource, item)
        gone = {
            "help": not question,
            "required": not question,
            "repeats": kind in {"display", "boolean"},
            "as_tick": kind != "boolean",
            "options": kind not in items.CHOICES or items.has_plain_options(item),
            "value_set": kind not in items.CHOICES,
            "unit": kind not in items.NUMBERS,
            "minimum": kind not in {"integer", "decimal"},
            "maximum": kind not in {"integer", "decimal"},
            "decimals": kind not in {"decimal", "quantity"},
            "max_length": kind not in {"string", "text", "url", "open-choice"},
            "any_condition": items.keeps_conditions(item),
            "read_only": not question,
            "initial_expression": not question,
            "calculated": not question,
            "boxes": kind not in {"integer", "date", "string", "choice"},
            "lines": kind == "display",
        }
        for name, is_gone in gone.items():
            if is_gone:
                del self.fields[name]
        self.fields["link_id"].disabled = fixed

    def _choose(self, name: str, known: Mapping[str, StrOrPromise]) -> None:
        """The known choices, and what the field has now though nobody knows it."""
        held = str(self.held[name] or "")
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list((dict(known) | ({} if held in known else {held: held})).items())

    def _conditions(self, resource: Json, item: Json) -> None:
        own = {item.get("linkId"), *tree.link_ids(item)}
        asked = [
            (place.link_id, f"{str(place.item.get('text') or '')[:60]} ({place.link_id})")
            for place in tree.places(resource)
            if items.is_question(place.item) and place.link_id not in own
        ]
        for number in range(1, items.CONDITIONS + 1):
            self.fields[f"question_{number}"] = forms.ChoiceField(
                label=_("Only asked when"), required=False, choices=[("", ""), *asked]
            )
            self.fields[f"operator_{number}"] = forms.ChoiceField(
                label=_("Comparison"), required=False, choices=[("", ""), *items.OPERATORS.items()]
            )
            self.fields[f"value_{number}"] = forms.CharField(
                label=_("Answer"), required=False, max_length=200
            )

    @property
    def conditions(self) -> list[tuple[Any, Any, Any]]:
        """The rows of fields of its conditions."""
        if "question_1" not in self.fields:
            return []
        return [
            (self[f"question_{n}"], self[f"operator_{n}"], self[f"value_{n}"])
            for n in range(1, items.CONDITIONS + 1)
        ]

    def shown(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    @property
    def of_words(self) -> list[Any]:
        return self.shown("text", "other_text", "help", "options", "value_set")

    @property
    def of_answers(self) -> list[Any]:
        return self.shown("unit", "minimum", "maximum", "decimals", "max_length")

    @property
    def ticks(self) -> list[Any]:
        return self.shown("required", "repeats", "as_tick")

    @property
    def of_paper(self) -> list[Any]:
        return self.shown("numbering", "layout", "width", "lines", "boxes")

    @property
    def of_formulas(self) -> list[Any]:
        return self.shown("read_only", "initial_expression", "calculated", "link_id")

    def clean_text(self) -> str:
        """Line ends as they are kept."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def clean_options(self) -> str:
        """Without empty lines at the end."""
        return str(self.cleaned_data["options"]).replace("\r\n", "\n").strip("\n")

    def clean_link_id(self) -> str:
        """A new name is plain; one that came from elsewhere may stay."""
        found = str(self.cleaned_data["link_id"])
        if found != self.held["link_id"] and not _LINK_ID.fullmatch(found):
            raise forms.ValidationError(_("Letters without accents, digits, full stops, hyphens."))
        return found

    def told(self) -> dict[str, Any]:
        """What `items.write_item` takes."""
        return {name: self.cleaned_data[name] for name in self.fields}


class HeadingForm(forms.Form):
    """What is said of the form as a whole."""

    title = forms.CharField(label=pgettext_lazy("form", "Title"), max_length=200)
    other_title = forms.CharField(required=False, max_length=200)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )
    group = forms.ChoiceField(label=_("Heading in the menu"), required=False)
    own_group = forms.CharField(label=_("Or a heading of our own"), required=False, max_length=60)
    authors = forms.ChoiceField(label=_("Who writes it"), required=False)

    def __init__(self, *args: Any, resource: Json, headings: Mapping[str, Json], **kwargs: Any) -> None:
        self.resource, self.headings = resource, dict(headings)
        extensions = Extensions(resource)
        self.signers = [(of, str(words)) for of, words in extensions.parts(SIGNERS)]
        coding = next((c for c in resource.get("code", []) if c.get("system") == FORM_GROUP), None)
        if coding is not None:
            self.headings[str(coding.get("code"))] = coding
        other, authors = other_language(resource), extensions.code(AUTHORS)
        initial = {
            "title": resource.get("title", ""),
            "other_title": translation(resource, "title", other),
            "description": resource.get("description", ""),
            "group": coding.get("code") if coding else "",
            "authors": authors,
        }
        for number, (of, words) in enumerate(self.signers[:PLACES], start=1):
            initial |= {f"of_{number}": of, f"role_{number}": words}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.fields["other_title"].label = _OTHER_WORDS[other]
        groups = sorted((heading_of(group), code) for code, group in self.headings.items())
        self._choose("group", [("", _now("Other forms")), *((code, words) for words, code in groups)])
        known = _AUTHORS if authors in _AUTHORS else _AUTHORS | {authors: authors}
        self._choose("authors", list(known.items()))
        for number in range(1, PLACES + 1):
            self.fields[f"of_{number}"] = forms.ChoiceField(
                label=_("Place to sign of"), required=False, choices=list(_OF.items())
            )
            self.fields[f"role_{number}"] = forms.CharField(
                label=_("Words above it"), required=False, max_length=80
            )

    def _choose(self, name: str, choices: list[tuple[str, StrOrPromise]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    @property
    def places(self) -> list[tuple[Any, Any]]:
        """The rows of places to sign."""
        return [(self[f"of_{n}"], self[f"role_{n}"]) for n in range(1, PLACES + 1)]

    def heading(self) -> Heading:
        """What the service takes."""
        told = self.cleaned_data
        group = self.headings.get(told["group"])
        if words := told["own_group"].strip():
            group = {"system": FORM_GROUP, "code": tree.fresh_link_id({}, words)[:40], "display": words}
        pairs = [(told[f"of_{n}"], told[f"role_{n}"].strip()) for n in range(1, PLACES + 1)]
        signers = [(of, words) for of, words in pairs if of and words] + self.signers[PLACES:]
        return Heading(
            title=told["title"],
            other_title=told["other_title"],
            description=told["description"].replace("\r\n", "\n"),
            authors=told["authors"],
            group=group,
            signers=signers,
        )


class PublishForm(forms.Form):
    """From when on the new version counts, and what is new."""

    begins_on = forms.DateField(label=_("Counts from"), help_text=_("Today at the earliest."))
    note = forms.CharField(label=_("What is new"), max_length=300, help_text=_("Shown with the version."))
    in_spite = forms.BooleanField(label=_("I have read the warnings"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"begins_on": f"{local_today():%d/%m/%Y}"}
        super().__init__(*args, **kwargs)


class LastDayForm(forms.Form):
    """Until when a version may be begun."""

    last_day = forms.DateField(label=_("Last day"), help_text=_("Then the delivered form counts again."))
