"""What the lines of tasks need, and the rows of a ward.

The rows are put together here and not by a template: sixty of them come with every page, and again each minute.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from html import escape

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from emr.common.clock import local_today
from encounters.bedside.models import Execution, Precaution
from encounters.bedside.selectors import Row
from patients.registry.age import Age, age_of
from patients.registry.models import Patient

register = template.Library()
_SOON = dt.timedelta(minutes=5)
_LONGEST = 40


@register.simple_tag
def new_key() -> str:
    """A key for one entry: the form sent twice has one effect."""
    return str(uuid.uuid4())


@register.filter
def came_late(execution: Execution) -> bool:
    """Whether it arrived noticeably after it was done, so that both times are shown (R-21)."""
    return execution.created_at - execution.happened_at > _SOON


@register.simple_tag
def bed_rows(rows: Sequence[Row]) -> SafeString:
    """The ward's patients, an item of a list each: bed, who, what must be known, what comes next, the counts."""
    # One address for all: asking for each again would be a fifth of the work.
    nobody = uuid.UUID(int=0)
    address, said = reverse("encounters:bedside:patient", args=[nobody]), _Said()
    told = (_bed_row(row, address.replace(str(nobody), str(row.stay.uuid)), said) for row in rows)
    return mark_safe("".join(told))  # noqa: S308  every part is escaped


class _Said:
    """Words of one list, ready to be written: the same few for every row are looked up and escaped once."""

    def __init__(self) -> None:
        words = {
            "allergy": _("Allergy:"),
            "score": _("Early-warning score"),
            "medicines": pgettext("bedside", "Medicines"),
            "overdue": pgettext("task", "overdue"),
            "due": pgettext("task", "to do"),
            "done": pgettext("task", "done"),
        } | {choice.value: str(choice.label) for choice in (*Patient.Sex, *Precaution.Kind)}
        self.words = {name: escape(word) for name, word in words.items()}
        self._today, self._zone = local_today(), timezone.get_current_timezone()
        self._ages: dict[Age | None, str] = {None: ""}
        self._news: dict[int, str] = {}

    def age(self, patient: Patient) -> str:
        """How old; "" where it isn't known."""
        age = age_of(patient, self._today)
        if age not in self._ages:
            self._ages[age] = escape(str(age))
        return self._ages[age]

    def news(self, count: int) -> str:
        """So many new orders."""
        if count not in self._news:
            self._news[count] = escape(ngettext("%(n)s new order", "%(n)s new orders", count) % {"n": count})
        return self._news[count]

    def hour(self, moment: dt.datetime) -> str:
        """The time of day at the hospital."""
        return f"{moment.astimezone(self._zone):%H:%M}"


def _bed_row(row: Row, address: str, said: _Said) -> str:
    patient, load, words = row.patient, row.load, said.words
    level = f" warn-{row.warning.level or 'none'}" if row.warning else ""
    nurse = (
        f' <span class="muted"><i class="bi bi-person" aria-hidden="true"></i> {escape(row.nurse)}</span>'
        if row.nurse
        else ""
    )
    score = f'<abbr title="{words["score"]}">{row.warning.score}</abbr>' if row.warning else ""
    coming, dose_at = "", row.next_dose_at
    if dose_at is not None:
        coming = f"{said.hour(dose_at)} {words['medicines']}"
    elif load.next_at is not None:
        coming = f"{said.hour(load.next_at)} {escape(_short(load.next_text))}"
    overdue, due, done = row.overdue, row.due, row.done
    return (
        f'<li class="bed-row{level}"><a href="{address}">\n'
        f'<span class="bed-no">{escape(row.bed or "–")}</span>\n'
        f'<span class="bed-who"><strong>{escape(patient.full_name.upper())}</strong>'
        f" <span>{words[patient.sex]}, {said.age(patient)}</span>{nurse}\n"
        f'<span class="bed-flags">{"".join(_flags(row, said))}</span></span>\n'
        f'<span class="bed-next">{coming}</span>\n'
        f'<span class="bed-warn">{score}</span>\n'
        f'<span class="bed-counts">'
        f'<span class="{"is-overdue" if overdue else "is-none"}">{overdue} <small>{words["overdue"]}</small></span>'
        f'<span class="{"" if due else "is-none"}">{due} <small>{words["due"]}</small></span>'
        f'<span class="is-done">{done} <small>{words["done"]}</small></span></span>\n'
        "</a></li>"
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _flags(row: Row, said: _Said) -> Iterator[str]:
    """What must be known before coming near."""
    if row.allergies:
        substances = escape(_short(", ".join(row.allergies)))
        yield f'<span class="badge badge-allergy">{said.words["allergy"]} {substances}</span>'
    for level, kinds in (("danger", row.isolation), ("warning", row.risks)):
        yield from (f'<span class="badge badge-{level}">{said.words[kind]}</span>' for kind in kinds)
    if row.news:
        yield f'<span class="badge badge-info">{said.news(row.news)}</span>'
