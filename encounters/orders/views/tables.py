"""The facility's tables of what may be ordered: read, searched, replaced from a CSV file."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.common.sheets import CSV, as_csv
from encounters.orders import permissions, services
from encounters.orders.forms import TableForm
from encounters.orders.selectors.tables import cells_of, rows_of

PAGE_SIZE = 50
TITLES = {
    "services": gettext_lazy("Tests and images"),
    "sets": gettext_lazy("Panels and order sets"),
    "windows": gettext_lazy("Validity of results"),
    "rules": gettext_lazy("Knowledge of medicines"),
    "prescription_limits": gettext_lazy("Days of prescriptions"),
    "analytes": gettext_lazy("What tests measure"),
    "scores": gettext_lazy("Early warning scores: points"),
    "responses": gettext_lazy("Early warning scores: what they ask for"),
    "phrases": gettext_lazy("Phrases of reports"),
    "limits": gettext_lazy("Critical limits"),
    "organisms": gettext_lazy("Microorganisms"),
    "antibiotics": gettext_lazy("Antibiotics tried on isolates"),
    "reflexes": gettext_lazy("Reflex tests"),
    "giving_times": gettext_lazy("Hours at which medicines are given"),
    "giving_rules": gettext_lazy("What is checked before a medicine is given"),
    "packages": gettext_lazy("Packages of medicines (GTIN)"),
}
# What the page shows of each row; the file has all columns.
SHOWN = {
    "services": ("code", "name", "category", "specimen", "loinc", "price", "valid_from", "valid_to"),
    "sets": ("set", "name", "kind", "department", "diagnosis", "category", "text"),
    "windows": ("code", "hours", "basis", "valid_from", "valid_to"),
    "prescription_limits": ("code", "days", "source", "note", "valid_from", "valid_to"),
    "rules": ("kind", "subject", "other", "level", "text", "source", "valid_to"),
    "analytes": (
        "service",
        "analyte",
        "title",
        "unit",
        "sex",
        "from_days",
        "to_days",
        "low",
        "high",
        "valid_to",
    ),
    "phrases": ("code", "service", "title", "conclusion", "valid_to"),
    "limits": (
        "test",
        "title",
        "unit",
        "sex",
        "from_age",
        "to_age",
        "age_unit",
        "low",
        "high",
        "source",
        "valid_to",
    ),
    "organisms": ("code", "title", "panel", "valid_to"),
    "antibiotics": ("panel", "position", "antibiotic", "title", "source", "valid_to"),
    "scores": ("scale", "sign", "from_months", "to_months", "up_to", "points", "source", "valid_to"),
    "responses": (
        "scale",
        "level",
        "from_score",
        "any_single",
        "every_minutes",
        "respond_minutes",
        "words",
        "valid_to",
    ),
    "reflexes": ("service", "analyte", "condition", "threshold", "words", "adds", "reason", "valid_to"),
    "giving_times": ("code", "department", "times_per_day", "times", "valid_from", "valid_to"),
    "packages": ("code", "medicine", "name", "source", "valid_from", "valid_to"),
    "giving_rules": (
        "ingredient",
        "second_nurse",
        "vital_sign",
        "within_minutes",
        "low",
        "high",
        "test_minutes",
        "source",
        "valid_to",
    ),
}
# The column's name in the file stands beside these words.
HEADINGS = {
    "code": pgettext_lazy("order table", "Code"),
    "name": pgettext_lazy("order table", "Name"),
    "category": pgettext_lazy("order table", "Category"),
    "specimen": pgettext_lazy("order table", "Specimen"),
    "loinc": pgettext_lazy("order table", "LOINC"),
    "price": pgettext_lazy("order table", "Price (đồng)"),
    "valid_from": pgettext_lazy("order table", "Valid from"),
    "valid_to": pgettext_lazy("order table", "Valid until"),
    "set": pgettext_lazy("order table", "Set"),
    "kind": pgettext_lazy("order table", "Kind"),
    "department": pgettext_lazy("order table", "Department"),
    "diagnosis": pgettext_lazy("order table", "Diagnosis"),
    "text": pgettext_lazy("order table", "Words"),
    "hours": pgettext_lazy("order table", "Hours"),
    "medicine": pgettext_lazy("order table", "Medicine"),
    "days": pgettext_lazy("order table", "Days"),
    "note": pgettext_lazy("order table", "Note"),
    "basis": pgettext_lazy("order table", "Basis"),
    "subject": pgettext_lazy("order table", "Subject"),
    "other": pgettext_lazy("order table", "Other medicine"),
    "level": pgettext_lazy("order table", "Level"),
    "source": pgettext_lazy("order table", "Source"),
    "service": pgettext_lazy("order table", "Service"),
    "analyte": pgettext_lazy("order table", "Analyte"),
    "title": pgettext_lazy("order table", "Title"),
    "unit": pgettext_lazy("order table", "Unit"),
    "sex": pgettext_lazy("order table", "Sex"),
    "from_days": pgettext_lazy("order table", "From age (days)"),
    "to_days": pgettext_lazy("order table", "Below age (days)"),
    "low": pgettext_lazy("order table", "Low"),
    "high": pgettext_lazy("order table", "High"),
    "conclusion": pgettext_lazy("order table", "Conclusion"),
    "test": pgettext_lazy("order table", "LOINC or national code"),
    "from_age": pgettext_lazy("order table", "From age"),
    "to_age": pgettext_lazy("order table", "Below age"),
    "age_unit": pgettext_lazy("order table", "Age in"),
    "panel": pgettext_lazy("order table", "Panel"),
    "position": pgettext_lazy("order table", "Place"),
    "antibiotic": pgettext_lazy("order table", "Antibiotic"),
    "condition": pgettext_lazy("order table", "Condition"),
    "threshold": pgettext_lazy("order table", "Threshold"),
    "words": pgettext_lazy("order table", "These words"),
    "adds": pgettext_lazy("order table", "Adds"),
    "reason": pgettext_lazy("order table", "Reason"),
    "scale": pgettext_lazy("order table", "Score"),
    "sign": pgettext_lazy("order table", "Sign"),
    "up_to": pgettext_lazy("order table", "Up to"),
    "points": pgettext_lazy("order table", "Points"),
    "from_months": pgettext_lazy("order table", "From age (months)"),
    "to_months": pgettext_lazy("order table", "Below age (months)"),
    "from_score": pgettext_lazy("order table", "From score"),
    "any_single": pgettext_lazy("order table", "One sign alone"),
    "every_minutes": pgettext_lazy("order table", "Next round (minutes)"),
    "respond_minutes": pgettext_lazy("order table", "Answer within (minutes)"),
    "times_per_day": pgettext_lazy("order table", "Times a day"),
    "times": pgettext_lazy("order table", "At the hours"),
    "ingredient": pgettext_lazy("order table", "Ingredient"),
    "second_nurse": pgettext_lazy("order table", "Second nurse"),
    "vital_sign": pgettext_lazy("order table", "Vital sign"),
    "test_minutes": pgettext_lazy("order table", "Reaction test read after (minutes)"),
    "within_minutes": pgettext_lazy("order table", "Measured within (minutes)"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(permissions.CONFIGURE)
def table(request: StaffRequest, table_name: str) -> HttpResponse:
    """One table, searched and paged; POST takes a CSV in, whole or not at all."""
    if table_name not in services.TABLES:
        raise Http404
    form, problems, status = TableForm(), [], 200
    if request.method == "POST":
        form = TableForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data.get("file")
            try:
                changed = services.import_table(
                    facility=request.user.facility,
                    name=table_name,
                    content=file.read() if file else services.shipped(table_name),
                    by=request.user,
                )
            except services.BadRows as bad:
                problems = bad.problems
            else:
                messages.success(request, _("%(count)d rows changed.") % {"count": changed})
                return redirect("encounters:orders:table", table_name)
        status = 422
    query = request.GET.get("q", "")[:120]
    page = Paginator(rows_of(request.user.facility_id, table_name, query), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    if request.method != "POST":
        record("order_table.read", by=request.user, detail={"table": table_name})
    context: dict[str, Any] = {
        "table_name": table_name,
        "title": TITLES[table_name],
        "titles": TITLES.items(),
        "columns": [(HEADINGS[column], column) for column in SHOWN[table_name]],
        "page": page,
        "rows": [cells_of(row, SHOWN[table_name]) for row in page],
        "query": query,
        "form": form,
        "problems": problems[:50],
    }
    return render(request, "encounters/orders/table.html", context, status=status)


@require_safe
@requires(permissions.CONFIGURE)
def table_file(request: StaffRequest, table_name: str) -> HttpResponse:
    """The table as CSV, to be changed and taken in again; the shipped sample while it is empty."""
    if table_name not in services.TABLES:
        raise Http404
    columns = services.TABLES[table_name].columns
    rows = rows_of(request.user.facility_id, table_name)
    if rows.exists():
        content = as_csv(columns, (cells_of(row, columns) for row in rows))
    else:
        content = b"\xef\xbb\xbf" + services.shipped(table_name)
    record("order_table.read", by=request.user, detail={"table": table_name, "file": True})
    response = HttpResponse(content, content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{table_name}.csv"'
    return response
