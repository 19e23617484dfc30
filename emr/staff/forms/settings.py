"""One setting as a form: fields of its kind, the version that was shown."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emr.common.choices import (
    Days,
    Departments,
    Hours,
    OneOf,
    Reasons,
    Roles,
    RolesBy,
    Setting,
    Whole,
    YesNo,
)
from emr.common.vietnamese import fold
from emr.staff.selectors.settings import Names


class SettingForm(forms.Form):
    """The fields that the setting's kind needs; `value` answers what they say together."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, setting: Setting, value: Any, names: Names, version: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.setting = setting
        self.fields["version"].initial = version
        self.fields |= _fields(setting, value, names)

    def value(self) -> Any:
        """The choice as it is kept. Raises ValidationError never: the fields have said what is wrong."""
        given = self.cleaned_data
        match self.setting:
            case RolesBy():
                return {key: given[f"value_{key}"] for key, _words in self.setting.keys}
            case Hours():
                return [given["value_from"], given["value_until"]]
        return given["value"]

    def clean(self) -> dict[str, Any]:
        """Hours run forwards."""
        found = super().clean() or self.cleaned_data
        if (
            isinstance(self.setting, Hours)
            and not self.errors
            and found["value_from"] >= found["value_until"]
        ):
            self.add_error("value_until", _("The end lies after the beginning."))
        return found


def _fields(setting: Setting, value: Any, names: Names) -> dict[str, forms.Field]:
    label = setting.label
    match setting:
        case Whole():
            field: forms.Field = forms.IntegerField(
                label=label,
                min_value=setting.least,
                max_value=setting.most,
                initial=value,
            )
        case YesNo():
            field = forms.TypedChoiceField(
                label=label,
                choices=[("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))],
                coerce=lambda text: text == "1",
                initial="1" if value else "0",
                widget=forms.RadioSelect,
            )
        case OneOf():
            field = forms.ChoiceField(
                label=label, choices=list(setting.options), initial=value, widget=forms.RadioSelect
            )
        case Roles():
            field = _codes(label, names.roles, value)
        case Departments():
            field = _codes(label, names.departments, value)
        case RolesBy():
            return {
                f"value_{key}": _codes(words, names.roles, value.get(key, [])) for key, words in setting.keys
            }
        case Hours():
            return {
                "value_from": _hour(gettext_lazy("From (hour)"), value[0]),
                "value_until": _hour(gettext_lazy("Until (hour)"), value[1]),
            }
        case Days():
            field = DaysField(label=label, initial=value, required=False)
        case Reasons():
            field = ReasonsField(label=label, initial=value, present=value)
        case _:
            raise TypeError(setting)
    return {"value": field}


def _hour(label: Any, value: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, initial=value, min_value=0, max_value=24)


def _codes(label: Any, names: dict[str, Any], present: list[str]) -> forms.Field:
    """What stands there already stays a choice, also when the house has no such role or department any more."""
    choices = [*names.items(), *((code, code) for code in present if code not in names)]
    return forms.MultipleChoiceField(
        label=label, choices=choices, initial=present, required=False, widget=forms.CheckboxSelectMultiple
    )


class DaysField(forms.CharField):
    """Days, one a line, as people write them."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 8})
        super().__init__(widget=widget, help_text=gettext_lazy("One a line: 01/01/2027"), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """ISO dates as people write them."""
        if not isinstance(value, list):
            return value
        return "\n".join(f"{dt.date.fromisoformat(day):%d/%m/%Y}" for day in value)

    def clean(self, value: Any) -> Any:
        """ISO dates in order, each once."""
        days = set()
        for text in filter(None, re.split(r"[\s,;]+", super().clean(value))):
            if (day := _day(text)) is None:
                raise forms.ValidationError(
                    _("“%(text)s” isn't a day like 31/12/2026.") % {"text": text[:20]}
                )
            days.add(day)
        return [day.isoformat() for day in sorted(days)]


def _day(text: str) -> dt.date | None:
    try:
        day = dt.datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


class ReasonsField(forms.CharField):
    """Reasons, one a line; a line that stood there keeps its code, so that what was counted stays comparable."""

    def __init__(self, *, present: list[Any], **kwargs: Any) -> None:
        self.codes = {str(words): str(code) for code, words in present}
        widget = forms.Textarea(attrs={"rows": 8})
        super().__init__(
            widget=widget, help_text=gettext_lazy("One a line, in the order of the list."), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        """The words alone."""
        return "\n".join(words for _code, words in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Pairs of a code and its words."""
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        lines = list(dict.fromkeys(line for line in lines if line))
        if not lines:
            raise forms.ValidationError(_("The list needs at least one reason."))
        if len(lines) > 30 or any(len(line) > 120 for line in lines):
            raise forms.ValidationError(_("At most 30 reasons of 120 characters each."))
        pairs: list[list[str]] = []
        taken = set(self.codes.values())
        for line in lines:
            code = self.codes.get(line) or _new_code(line, taken)
            taken.add(code)
            pairs.append([code, line])
        return pairs


def _new_code(line: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", fold(line)).strip("-")[:26].strip("-") or "reason"
    return next(code for code in (base, *(f"{base}-{n}" for n in range(2, 99))) if code not in taken)
