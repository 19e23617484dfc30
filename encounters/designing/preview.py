"""A form as clinicians get it and as it is printed, with made-up answers: nobody's data, nothing kept."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import override

from encounters.documents.signers import in_sections
from encounters.forms import paper, services
from encounters.forms.engine import Form, Response, initial_response, parse, write_response
from encounters.forms.models import Questionnaire
from encounters.forms.samples import NOW, filled
from encounters.forms.screen import FormView

_PLACES = (
    ("management", "director", "GIÁM ĐỐC BỆNH VIỆN"),
    ("management", "head_of_department", "TRƯỞNG KHOA"),
    ("case", "case", "BÁC SĨ LÀM BỆNH ÁN"),
    ("summary", "author", "BÁC SĨ ĐIỀU TRỊ"),
)
_CLOSES = "BÁC SĨ ĐIỀU TRỊ"


def as_page(resource: Mapping[str, Any]) -> FormView:
    """The form's page with nothing written yet. Raises InvalidQuestionnaire while the form isn't sound."""
    return _view(resource, initial_response(parse(resource), now=NOW))


def as_answered_page(resource: Mapping[str, Any]) -> FormView:
    """The form's page with every question answered. Raises InvalidQuestionnaire while the form isn't sound."""
    return _view(resource, filled(parse(resource), seed=7))


def _view(resource: Mapping[str, Any], response: Response) -> FormView:
    trial = Questionnaire(resource=resource, sha256=services.checksum(resource))
    view = services.form_view(trial, write_response(response))
    view.questionnaire = ""  # nothing is asked of the server while somebody tries it
    return view


def as_pdf(
    form: Form, *, code: str, facility: str = "Bệnh viện Mẫu", authority: str = "Sở Y tế tỉnh Mẫu"
) -> bytes:
    """The form as it is printed, every question answered: PDF/A; the same form gives the same bytes."""
    # WeasyPrint takes a second to import.
    from encounters.documents.rendering import render_pdf, render_version_html  # noqa: PLC0415

    is_record = code.endswith("/BV1")
    who = [["Họ và tên", "NGUYỄN VĂN MẪU"], ["Tuổi", "40"], ["Giới", "Nam"]]
    header = {
        "title": form.title.in_language("vi"),
        "form_code": code,
        "authority": authority,
        "facility": facility,
        "department": "Khoa Nội",
        "record_number": "26000123",
        "version_text": form.version,
        "numbers": [["Số vào viện", "26000123"], ["Mã người bệnh", "BN000123"]],
        "identity": [] if is_record else [who],
        "verify_text": "https://mau.example/verify/ABCD/",
    }
    with override("vi"):
        kept = [_place(f"signers-{slot}", of, role) for slot, of, role in _PLACES]
        body = paper.print_body(form, filled(form, seed=7), sections=in_sections(kept), now=NOW)
        html = render_version_html(
            {"header": header, "signers": [] if is_record else _signers(form)},
            body=body,
            frozen_at=dt.datetime.fromisoformat(NOW),
        )
    return render_pdf(html, identifier=code.encode().ljust(16, b"0")[:16])


def _signers(form: Form) -> list[dict[str, str]]:
    named = form.signers if dict(form.signers).get("author") else (("author", _CLOSES), *form.signers)
    return [_place("", of, role) for of, role in named]


def _place(slot: str, of: str, role: str) -> dict[str, str]:
    return {"slot": slot, "role": role, "place": f"signature-{of}", "dated": "", "name": "", "of": of}
