"""The statutory books: on the screen, on paper, as spreadsheets."""

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import override, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.accounts.access import requires
from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common import sheets
from emr.common.clock import now
from emr.common.doors import fresh
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.kept import keep_filter, kept_filter
from emr.signin.services import RECENT_MINUTES
from emr.ui.limits import at_most, heavy
from encounters.boards import permissions, services
from encounters.boards.books import BOOKS
from encounters.boards.books.shape import Asked, Book, Found, Line, found_in
from encounters.boards.forms import asked_of
from encounters.boards.models import BoardPrint
from encounters.boards.paper import book_on_paper
from encounters.visits import permissions as visits
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter
from patients.registry.access import care_days

PAGE, EXPORTED = 50, 5000
_FIELDS = ("first", "last", "department", "q", "page")


def _book(code: str) -> Book:
    if code not in BOOKS:
        raise Http404
    return BOOKS[code]


def _kept(request: StaffRequest, book: Book) -> dict[str, str]:
    return kept_filter(request, f"book_{book.code}")


def _found(request: StaffRequest, book: Book) -> tuple[Asked, Found]:
    asked = asked_of(_kept(request, book))
    return asked, found_in(book, request.user, asked)


def _departments(user: User) -> list[Organization]:
    return [
        one for one in clinical_departments(user.facility_id) if user.has_right(permissions.BOOKS, one.pk)
    ]


@requires(permissions.BOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
@heavy
def show(request: StaffRequest, book: str) -> HttpResponse:
    """A book under a filter, which travels by POST and is kept: a name never stands in an address."""
    wanted = _book(book)
    if request.method == "POST":
        keep_filter(request, f"book_{wanted.code}", _FIELDS)
        return redirect("encounters:boards:book", wanted.code)
    asked, found = _found(request, wanted)
    page = Paginator(found.rows, PAGE).get_page(_kept(request, wanted).get("page") or 1)
    lines = wanted.lines(list(page.object_list))
    detail = {"book": wanted.code, "days": asked.span.words, "count": len(lines)}
    record("book.read", by=request.user, detail=detail)
    opens = Opens(request.user)
    context = {
        "book": wanted,
        "books": BOOKS.values(),
        "asked": asked,
        "page": page,
        "lines": [
            (
                number,
                list(zip(wanted.columns, line.cells, strict=True)),
                _address(line) if opens(line.stay) else "",
            )
            for number, line in enumerate(lines, page.start_index())
        ],
        "found": found,
        "departments": _departments(request.user),
        "most": services.MOST_LINES,
    }
    return render(request, "encounters/boards/book.html", context)


def _address(line: Line) -> str:
    return line.address or reverse("encounters:visits:detail", args=[line.stay.uuid])


class Opens:
    """Whether the person still opens a stay's chart: a department does for some days after its last day of care."""

    def __init__(self, user: User) -> None:
        self.reach = user.departments_for(visits.READ) if user.has_right(visits.READ) else frozenset()
        self.since = now() - dt.timedelta(days=care_days(user.facility_id))

    def __call__(self, stay: Encounter) -> bool:
        if not isinstance(self.reach, frozenset):
            return True
        return stay.department_id in self.reach and (stay.ended_at is None or stay.ended_at >= self.since)


@requires(permissions.BOOKS)
@require_safe
@heavy
@at_most(10)
@fresh(RECENT_MINUTES)
def export(request: StaffRequest, book: str) -> HttpResponse:
    """The book under the same filter, as XLSX."""
    wanted = _book(book)
    asked, found = _found(request, wanted)
    lines = wanted.lines(list(found.rows[:EXPORTED]))
    heads = [pgettext("book", "No."), *(str(column.title) for column in wanted.columns)]
    rows: list[list[sheets.Cell]] = [[number, *line.cells] for number, line in enumerate(lines, 1)]
    detail = {"book": wanted.code, "days": asked.span.words, "count": len(rows)}
    record("book.export", by=request.user, detail=detail)
    response = HttpResponse(sheets.as_xlsx(str(wanted.title), heads, rows), content_type=sheets.XLSX)
    name = f"{wanted.code}-{asked.span.first:%Y%m%d}-{asked.span.last:%Y%m%d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@requires(permissions.BOOKS)
@require_POST
@heavy
@fresh(RECENT_MINUTES)
def ask_print(request: StaffRequest, book: str) -> HttpResponse:
    """Ask for the book under the same filter on paper."""
    wanted = _book(book)
    with override("vi"):  # paper is Vietnamese, whatever language the page is in
        asked, found = _found(request, wanted)
        chosen = next((one.name for one in _departments(request.user) if one.pk == asked.department_id), "")
        lines = wanted.lines(list(found.rows[: services.MOST_LINES + 1]))
        content = book_on_paper(wanted, asked, found, lines, request.user, department=chosen)
    try:
        row = services.request_board_print(kind=BoardPrint.Kind.BOOK, content=content, by=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("encounters:boards:book", wanted.code)
    return redirect("encounters:boards:print", row.uuid)
