"""The style guide: every component in every state, for eyes, axe and screenshots. Demo and test settings only."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from emr.common.doors import public

if TYPE_CHECKING:
    from django.http import HttpRequest

CODES = [
    ("J18.9", "Viêm phổi, không xác định vi sinh vật"),
    ("J45.9", "Hen phế quản, không xác định"),
    ("J44.1", "Bệnh phổi tắc nghẽn mạn tính đợt cấp"),
    ("I10", "Tăng huyết áp vô căn (nguyên phát)"),
    ("E11.9", "Đái tháo đường típ 2 không biến chứng"),
]


class SampleForm(forms.Form):
    """A Django form, to show how its fields look."""

    weight = forms.DecimalField(label=gettext_lazy("Weight"), max_digits=4, decimal_places=1)
    seen_on = forms.DateField(label=gettext_lazy("Seen on"), help_text=gettext_lazy("Day, month, year"))
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        widget=forms.RadioSelect,
        choices=[("cured", gettext_lazy("Cured")), ("better", gettext_lazy("Better"))],
    )


def _rows() -> list[dict[str, Any]]:
    written = timezone.now().replace(second=0, microsecond=0)
    people = [
        ("Trần Văn Bình", "A1-03", "01/BV1", 4, "warning", _("Overdue")),
        ("Lê Thị Chi", "A1-04", "36/BV2", 1, "neutral", _("Draft")),
        ("Phạm Quốc Dũng", "A2-01", "36/BV2", 1, "info", _("In progress")),
        ("Đỗ Thị Én", "A2-02", "36/BV2", 2, "success", _("Signed")),
    ]
    keys = ("name", "bed", "document", "pages", "kind", "state")
    return [
        {**dict(zip(keys, person, strict=True)), "written": written - dt.timedelta(hours=hours)}
        for hours, person in enumerate(people)
    ]


def _only_where_shown() -> None:
    if not getattr(settings, "EMR_STYLEGUIDE", False):
        raise Http404


@require_safe
@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    _only_where_shown()
    context = {
        "crumbs": [(_("Home"), "/"), (_("Administration"), "#")],
        "sexes": [("", "—"), ("male", _("Male")), ("female", _("Female"))],
        "form": SampleForm({"weight": "x", "seen_on": "", "outcome": "better"}),
        "rows": _rows(),
        "page": Paginator(range(300), 25).page(5),
    }
    return render(request, "emr/ui/styleguide.html", context)


@require_safe
@public
def styleguide_codes(request: HttpRequest) -> JsonResponse:
    """What the sample combobox searches: `?q=` to [{"code", "text"}]."""
    _only_where_shown()
    words = request.GET.get("q", "").casefold()
    found = [{"code": code, "text": text} for code, text in CODES if words in f"{code} {text}".casefold()]
    return JsonResponse({"results": found})
