"""What the lines of tasks need, and the rows of a ward.

The rows are put together here and not by a template: sixty of them come with every page, and again each minute.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from emr.common.clock import local_today
from encounters.bedside.models import Execution
from encounters.bedside.selectors import Row
from patients.registry.age import age_of
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
    words = {
        "allergy": _("Allergy:"),
        "score": _("Early-warning score"),
        "overdue": pgettext("task", "overdue"),
        "due": pgettext("task", "to do"),
        "done": pgettext("task", "done"),
    } | {sex.value: str(sex.label) for sex in Patient.Sex}
    words = {name: escape(word) for name, word in words.items()}
    today = local_today()
    # One address for all: asking for each again would be a fifth of the work.
    nobody = uuid.UUID(int=0)
    address = reverse("encounters:bedside:patient", args=[nobody])
    told = (_bed_row(row, address.replace(str(nobody), str(row.stay.uuid)), words, today) for row in rows)
    return mark_safe("".join(told))  # noqa: S308  every part is escaped


def _bed_row(row: Row, address: str, words: dict[str, str], today: dt.date) -> str:
    patient, load = row.patient, row.load
    level = f" warn-{row.warning.level or 'none'}" if row.warning else ""
    nurse = (
        f' <span class="muted"><i class="bi bi-person" aria-hidden="true"></i> {escape(row.nurse)}</span>'
        if row.nurse
        else ""
    )
    score = f'<abbr title="{words["score"]}">{row.warning.score}</abbr>' if row.warning else ""
    coming = ""
    if load.next_at is not None:
        coming = f"{timezone.localtime(load.next_at):%H:%M} {escape(_short(load.next_text))}"
    counts = (
        (row.overdue, "overdue", "is-overdue" if row.overdue else "is-none"),
        (row.due, "due", "" if row.due else "is-none"),
        (row.done, "done", "is-done"),
    )
    counted = "".join(
        f'<span class="{look}">{count} <small>{words[name]}</small></span>' for count, name, look in counts
    )
    return (
        f'<li class="bed-row{level}"><a href="{address}">\n'
        f'<span class="bed-no">{escape(row.bed or "–")}</span>\n'
        f'<span class="bed-who"><strong>{escape(patient.full_name.upper())}</strong>'
        f" <span>{words[patient.sex]}, {age_of(patient, today) or ''}</span>{nurse}\n"
        f'<span class="bed-flags">{"".join(_flags(row, words["allergy"]))}</span></span>\n'
        f'<span class="bed-next">{coming}</span>\n'
        f'<span class="bed-warn">{score}</span>\n'
        f'<span class="bed-counts">{counted}</span>\n'
        "</a></li>"
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _flags(row: Row, allergy: str) -> Iterator[str]:
    """What must be known before coming near."""
    if row.allergies:
        substances = escape(_short(", ".join(row.allergies)))
        yield f'<span class="badge badge-allergy">{allergy} {substances}</span>'
    for kind, told in (("danger", row.isolation), ("warning", row.risks)):
        yield from (f'<span class="badge badge-{kind}">{escape(words)}</span>' for words in told)
    if row.news:
        news = ngettext("%(n)s new order", "%(n)s new orders", row.news) % {"n": row.news}
        yield f'<span class="badge badge-info">{escape(news)}</span>'
