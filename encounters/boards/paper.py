"""What goes onto paper, as plain data, frozen when it is asked for: {"layout", "header", "columns", "rows", "notes", "for"}.

Everything is in Vietnamese. `for` is the public id of who asks: another person's print is another print.
"""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import local_now, local_today
from encounters.boards.books.shape import Asked, Book, Found, Line
from encounters.boards.columns import BRIEFING_COLUMNS, cells_of
from encounters.boards.periods import BriefingDay
from encounters.boards.selectors.briefing import Activity, Briefing

# Raised when the look changes, so that prints made before are not taken for today's.
LAYOUT = 1
Content = dict[str, Any]


def _sheet(user: User, title: StrOrPromise, period: str, department: str = "") -> Content:
    facility = Organization.objects.get(pk=user.facility_id)
    return {
        "layout": LAYOUT,
        "header": {
            "title": str(title),
            "facility": facility.name,
            "authority": facility.authority,
            "department": department,
            "period": period,
            "asked": f"{user.titled_name}, {local_today():%d/%m/%Y}",
        },
        "for": str(user.uuid),
    }


def book_on_paper(
    book: Book, asked: Asked, found: Found, lines: Sequence[Line], user: User, *, department: str
) -> Content:
    """A part of a book; lines are numbered from 1."""
    with override("vi"):
        notes = [
            _("The official layout of this book hasn't been compared yet; it is composed from the records.")
        ]
        if asked.words:
            notes.append(_("Lines that fit: %s") % asked.words)
        if found.hidden:
            notes.append(_("Charts that are kept closely, counted and not named here: %d") % found.hidden)
        notes += found.remarks
        return _sheet(user, book.title, asked.span.words, department) | {
            "columns": [
                {"title": pgettext("book", "No."), "width": 8},
                *({"title": str(column.title), "width": column.width} for column in book.columns),
            ],
            "rows": [[str(number), *line.cells] for number, line in enumerate(lines, 1)],
            "notes": notes,
        }


def briefing_on_paper(briefing: Briefing, activity: Activity, day: BriefingDay, user: User) -> Content:
    """The morning's numbers with their sum and the day before's."""
    with override("vi"):
        period = (
            f"{timezone.localtime(day.start):%H:%M %d/%m/%Y} – {timezone.localtime(day.end):%H:%M %d/%m/%Y}"
        )
        rows = [
            [row.department.name if row.department else _("Place not known"), *cells_of(row.numbers)]
            for row in briefing.rows
        ]
        rows.append([_("Together"), *cells_of(briefing.total)])
        rows.append([_("The day before"), *cells_of(briefing.before)])
        sheet = _sheet(user, _("Morning briefing"), period)
        if day.is_running:
            sheet["header"]["period"] += f" ({_('as of %s') % f'{local_now():%H:%M}'})"
        return sheet | {
            "columns": [
                {"title": _("Department"), "width": 42},
                *({"title": str(title), "width": 18} for _name, title in BRIEFING_COLUMNS),
            ],
            "rows": [[str(cell) for cell in row] for row in rows],
            "notes": [
                _(
                    "Visits %(visits)d, emergencies %(emergencies)d, operations %(surgeries)d, procedures %(procedures)d."
                )
                % {
                    "visits": activity.visits,
                    "emergencies": activity.emergencies,
                    "surgeries": activity.surgeries,
                    "procedures": activity.procedures,
                }
            ],
        }
