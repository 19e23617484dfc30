"""Prints are PDF/A, the same each time, and reach nothing outside the product."""

import datetime as dt
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
import weasyprint
from django.utils.safestring import SafeString

from encounters.documents.rendering import PackagedAssets, Refused, render_pdf, render_version_html
from tests.support.verapdf import broken_clauses

HEADER = {
    "title": "Phiếu theo dõi điều trị",
    "form_code": "36/BV2",
    "authority": "SỞ Y TẾ TỈNH X",
    "facility": "TRUNG TÂM Y TẾ HUYỆN Y",
    "department": "Khoa Nội",
    "record_number": "2026-000123",
    "version_text": "v1",
    "numbers": [["Số vào viện", "000123"], ["Mã người bệnh", "99999-000000123"]],
    "identity": [[["Họ và tên", "NGUYỄN THỊ BÍCH ĐÀO"], ["Tuổi", "39"], ["Giới", "Nữ"]]],
    "verify_text": "http://localhost:8000/verify/ABCDEFGH23456789/",
}
COMPOSITION: dict[str, Any] = {
    "header": HEADER,
    "signers": [
        {"dated": "14:30, ngày 22 tháng 11 năm 2026", "role": "BÁC SĨ ĐIỀU TRỊ", "place": "signature-1"}
    ],
}
AT = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC)


def _print(body: str) -> bytes:
    html = render_version_html(COMPOSITION, body=SafeString(body), frozen_at=AT)
    return render_pdf(html, identifier=b"0123456789abcdef")


def test_a_print_is_pdf_a_and_the_same_each_time(tmp_path: Path, need_tool: Any) -> None:
    body = (
        "<h2>Diễn biến</h2><p class='pre'>Người bệnh tỉnh, <b>không sốt</b>, <i>ăn được</i>.</p>"
        + "<p>Ổn định.</p>" * 80
    )
    first = _print(body)
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(_print(body)).hexdigest()
    file = tmp_path / "entry.pdf"
    file.write_bytes(first)
    assert broken_clauses(file) == ""
    text = subprocess.run(
        [need_tool("pdftotext", "poppler-utils"), file, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "NGUYỄN THỊ BÍCH ĐÀO" in text
    assert "Trang 3/3" in text
    fonts = subprocess.run(
        [need_tool("pdffonts", "poppler-utils"), file], capture_output=True, text=True, check=True
    ).stdout
    assert " no " not in "".join(line[50:75] for line in fonts.splitlines()[2:])


def test_the_letters_of_a_print_can_be_copied_and_searched(tmp_path: Path, need_tool: Any) -> None:
    words = "Họ và tên, điều trị, tuổi thọ, mẹ, bụng, kỵ nước, Mỹ Thọ"
    file = tmp_path / "entry.pdf"
    file.write_bytes(_print(f"<p>{words}</p><p><b>{words}</b></p><p><i>{words}</i></p>"))
    tool = need_tool("pdftotext", "poppler-utils")
    text = subprocess.run([tool, "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count(words) == 3


def test_the_check_itself_finds_a_pdf_that_is_not_pdf_a(tmp_path: Path) -> None:
    file = tmp_path / "plain.pdf"
    weasyprint.HTML(string="<p>x</p>").write_pdf(file)
    assert broken_clauses(file) != ""


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:9/x.png",
        "asset:print/../../manage.py",
        "asset:print/%2e%2e/%2e%2e/manage.py",
        "asset://host/print/form.css",
        "asset:elsewhere/form.css",
        "/etc/passwd",
    ],
)
def test_nothing_outside_is_reached(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-39."""
    with pytest.raises(Refused):
        PackagedAssets().fetch(address)
    plain = _print("<p>x</p>")
    assert len(_print(f'<p>x</p><img src="{address}">')) < len(plain) + 500  # nothing was embedded


def test_a_stylesheet_in_the_text_reaches_nothing_either() -> None:
    """S-39."""
    with pytest.raises(Refused):
        PackagedAssets().fetch("https://example.org/a.css")
