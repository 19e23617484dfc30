"""Pages that exist only for the tests of the scripts: a form that saves itself, a PDF, a chart, a home with a panel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.template import engines
from django_cotton.compiler_regex import CottonCompiler

from emr.common.doors import public, signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest

DOCUMENT = "6f0d5f5e-0000-4000-8000-000000000001"


@dataclass
class Server:
    """What the fake draft endpoint knows and how it answers next."""

    text: str = ""
    version: int = 1
    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    pdf: bytes = b""


server = Server()


def _page(request: HttpRequest, source: str, **context: Any) -> HttpResponse:
    return HttpResponse(
        engines["django"].from_string(CottonCompiler().process(source)).render(context, request)
    )


FORM = """{% extends "layouts/base.html" %}{% block content %}<c-page-head title="Draft" />
<form id="draft" method="post" action="/bench/submit/" data-autosave="/bench/save/" data-document="{{ document }}"
 data-version="{{ server.version }}" data-enter-next>{% csrf_token %}
<c-textarea label="Course" name="course" value="{{ server.text }}" /><c-input label="Note" name="note" />
<c-date label="Seen at" name="seen_at" kind="datetime" /><c-date label="Day" name="day" />
<c-input label="PIN" name="pin" type="password" />
<c-input label="Wristband" name="wristband" data-scan="stay" />
<c-button type="submit" kind="primary" keys="F9 Alt+S">Save</c-button>
<c-button id="stop" keys="s">Stop</c-button><c-save-state for="draft" /><div data-conflict></div></form>
<form id="other" method="get" action="/bench/elsewhere/"><c-input label="Other" name="other" /></form>
{% endblock %}"""


@signed_in
def form_page(request: HttpRequest) -> HttpResponse:
    return _page(request, FORM, server=server, document=DOCUMENT)


@signed_in
def save(request: HttpRequest) -> HttpResponse:
    server.posts.append({**request.POST.dict(), "user": request.user.get_username()})
    if server.status == 409 or request.POST["version"] != str(server.version):
        difference = f'<div class="alert alert-inline"><p>Theirs: {server.text}</p>'
        buttons = f'<button type="button" data-keep-mine="{server.version}">Mine</button></div>'
        return HttpResponse(difference + buttons, status=409)
    if server.status != 200:
        return HttpResponse("no", status=server.status)
    server.version += 1
    server.text = request.POST["course"]
    return JsonResponse({"version": server.version})


@signed_in
def submit(request: HttpRequest) -> HttpResponse:
    server.sent.append(request.POST.dict())
    return _page(request, '{% extends "layouts/base.html" %}{% block content %}<h1>Sent</h1>{% endblock %}')


@public
def pdf(request: HttpRequest) -> HttpResponse:
    return HttpResponse(server.pdf, content_type="application/pdf")


PDF = """{% extends "layouts/base.html" %}{% block content %}<h1>PDF</h1>
<form><c-pdf src="/bench/pdf/" digest_field="shown_sha256" /></form>{% endblock %}"""


@public
def pdf_page(request: HttpRequest) -> HttpResponse:
    return _page(request, PDF)


CHART = """{% extends "layouts/chart_panel.html" %}{% block content %}<h1 class="visually-hidden">Chart</h1>
{% for day in days %}<c-card title="{{ day }}"><p>{{ words }}</p></c-card>{% endfor %}{% endblock %}
{% block banner %}<div class="patient-bar" id="patient-banner" role="region" aria-label="Patient">
<div class="line"><span class="name">{{ patient.full_name }}</span><span>Nữ</span><span>54 tuổi (12/03/1972)</span>
<span class="label">Mã NB</span> 26.001234<span class="end"><c-badge kind="success">Đang điều trị</c-badge></span></div>
<div class="line"><span class="allergy">DỊ ỨNG: Penicillin</span><span>A1-03 · Khoa Nội · ngày thứ 4</span></div></div>
{% endblock %}
{% block rail %}<li><a href="#" aria-current="page">Today</a></li><li><a href="#">Results</a></li>{% endblock %}
{% block panel %}<c-card title="New entry"><c-textarea label="Course" name="course" /></c-card>{% endblock %}"""


@signed_in
def chart_page(request: HttpRequest) -> HttpResponse:
    patient = SimpleNamespace(uuid=UUID(DOCUMENT), full_name="Trần Thị Ngọc Ánh")
    days = [f"{day:02}/11/2026" for day in range(22, 2, -1)]
    words = "Bệnh nhân tỉnh, tiếp xúc tốt, không sốt, ho ít đờm trắng. " * 5
    return _page(request, CHART, patient=patient, encounter=None, days=days, words=words)


@signed_in
def panel(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>Three patients at {dt.date(2026, 11, 22):%d/%m/%Y}</p>")


@signed_in
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Trần Thị Ngọc Ánh must never be shown")
