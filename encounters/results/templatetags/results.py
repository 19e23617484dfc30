"""How a finding reads in a row; a cell and a little line of the table over the years.

Those two are put together here and not by a template: a page has a thousand of them.
"""

import datetime as dt

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from encounters.results.flags import WORDS
from encounters.results.models import Finding
from encounters.results.selectors.lines import Line
from encounters.results.selectors.reports import value_text as text_of
from encounters.results.selectors.through_time import Value

register = template.Library()


@register.filter
def iso(text: str) -> dt.datetime | None:
    """An instant that was frozen as ISO text, in the hospital's time."""
    at = parse_datetime(text) if text else None
    return timezone.localtime(at) if at else None


@register.filter
def value_text(finding: Finding) -> str:
    """The value with its unit."""
    return f"{text_of(finding)} {finding.unit}".strip()


@register.filter
def flag_sign(finding: Finding) -> str:
    """An arrow or mark beside the value."""
    return WORDS.get(finding.flag, ("", ""))[0]


@register.filter
def flag_word(finding: Finding) -> StrOrPromise:
    """The flag in words, for who doesn't see the sign."""
    return WORDS.get(finding.flag, ("", finding.flag))[1]


@register.filter
def cell(value: Value) -> SafeString:
    """One value of the years as a link to its report: number, sign and its word, what was sent, what kind of version."""
    sent = _("sent as %(value)s") % {"value": value.sent} if value.sent else ""
    title = "; ".join(part for part in (sent, value.range) if part)
    told = [
        f'<a class="cell{f" result-{value.level}" if value.level else ""}"',
        f' href="{reverse("encounters:results:report", args=[value.report_uuid])}"',
        f' title="{escape(title)}"' if title else "",
        f">{escape(value.text)}",
        f' <span aria-hidden="true">{escape(value.sign)}</span>' if value.sign else "",
        f'<span class="visually-hidden"> {escape(value.word)}</span>' if value.level else "",
        f' ≈<span class="visually-hidden"> {escape(sent)}</span>' if sent else "",
        "</a>",
    ]
    if value.is_provisional or value.is_changed:
        said = _("prelim.") if value.is_provisional else _("corr.")
        told.append(f' <span class="mark">{escape(said)}</span>')
    return mark_safe("".join(told))  # noqa: S308  every part is escaped


@register.filter
def spark(line: Line) -> SafeString:
    """A row's numbers as a little line; they stand in the table and behind its link."""
    told = [
        f'<svg class="spark" viewBox="0 0 {line.width} {line.height}" width="{line.width}" height="{line.height}"'
        ' aria-hidden="true" focusable="false">'
    ]
    if line.band:
        told.append(
            f'<rect class="band" x="0" width="{line.width}" y="{line.band[0]}" height="{line.band[1]}"/>'
        )
    told.append(f'<polyline points="{line.points}"/>')
    last = line.dots[-1]
    for dot in line.dots:
        if dot.level or dot is last:
            level = f' class="{dot.level}"' if dot.level else ""
            radius = 2.6 if dot is last else 1.8
            told.append(f'<circle{level} cx="{dot.x}" cy="{dot.y}" r="{radius}"/>')
    return mark_safe("".join([*told, "</svg>"]))  # noqa: S308  numbers and our own words
