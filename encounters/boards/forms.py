"""Shape of what is asked: a day of the briefing, the days and words of a book."""

import datetime as dt
from collections.abc import Mapping

from django import forms

from encounters.boards.books.shape import Asked
from encounters.boards.periods import span_of

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


class DayForm(forms.Form):
    """The day of a briefing."""

    day = forms.DateField(required=False, input_formats=_DAYS)


class BookForm(forms.Form):
    """Days, department and words; what can't be read counts as not asked for."""

    first = forms.DateField(required=False, input_formats=_DAYS)
    last = forms.DateField(required=False, input_formats=_DAYS)
    department = forms.IntegerField(required=False, min_value=1)
    q = forms.CharField(required=False, max_length=80)


def day_of(asked: Mapping[str, str]) -> dt.date | None:
    """The day that was asked for; None where none was, or none that exists."""
    form = DayForm(asked)
    return form.cleaned_data["day"] if form.is_valid() else None


def asked_of(kept: Mapping[str, str]) -> Asked:
    """The part of a book that was asked for."""
    form = BookForm(kept)
    form.is_valid()
    known = form.cleaned_data
    span = span_of(known.get("first"), known.get("last"))
    return Asked(span, known.get("department"), known.get("q", ""))
