"""`python -m tools.prints [CODE …] [--to FOLDER] [--dpi N]`: a contact sheet of each form's print, with answers made up.

Needs pdftoppm (poppler-utils). One JPEG a form, its pages side by side, small enough for the docs.
"""

import argparse
import datetime as dt
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import django
from PIL import Image

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings.test")
django.setup()

from encounters.documents.rendering import render_pdf, render_version_html  # noqa: E402
from encounters.documents.signers import in_sections  # noqa: E402
from encounters.forms import paper  # noqa: E402
from encounters.forms.engine import Form, parse  # noqa: E402
from encounters.forms.shipped import assembled, shipped_files  # noqa: E402
from tools.filled import NOW, filled  # noqa: E402

FOLDER = Path(__file__).parents[1] / "docs" / "forms"
COLUMNS = 4
_PLACES = (
    ("management", "director", "GIÁM ĐỐC BỆNH VIỆN"),
    ("management", "head_of_department", "TRƯỞNG KHOA"),
    ("case", "case", "BÁC SĨ LÀM BỆNH ÁN"),
    ("summary", "author", "BÁC SĨ ĐIỀU TRỊ"),
)


def pdf_of(form: Form) -> bytes:
    """The form as it is printed, every question answered."""
    places = [
        {
            "slot": f"signers-{slot}",
            "role": role,
            "place": f"signature-{of}",
            "dated": "",
            "name": "",
            "of": of,
        }
        for slot, of, role in _PLACES
    ]
    is_record = form.code.endswith("/BV1")
    body = paper.print_body(form, filled(form, seed=7), sections=in_sections(places), now=NOW)
    header = {
        "title": form.title.text,
        "form_code": form.code,
        "authority": "Sở Y tế tỉnh Mẫu",
        "facility": "Bệnh viện Mẫu",
        "department": "Khoa Nội",
        "record_number": "26000123",
        "version_text": f"{form.version}",
        "numbers": [["Số vào viện", "26000123"], ["Mã người bệnh", "BN000123"]],
        "identity": [] if is_record else [[["Họ và tên", "NGUYỄN VĂN MẪU"], ["Tuổi", "40"], ["Giới", "Nam"]]],
        "verify_text": "https://mau.example/verify/ABCD/",
    }
    html = render_version_html(
        {"header": header, "signers": []}, body=body, frozen_at=dt.datetime.fromisoformat(NOW)
    )
    return render_pdf(html, identifier=form.code.encode().ljust(16, b"0")[:16])


def sheet_of(pdf: bytes, *, dpi: int) -> Image.Image:
    """The pages of a PDF side by side, in grey."""
    found = subprocess.run(
        ["pdftoppm", "-gray", "-r", str(dpi), "-"],
        input=pdf,
        capture_output=True,
        check=True,
    ).stdout
    pages = []
    stream = io.BytesIO(found)
    while stream.tell() < len(found):
        start = stream.tell()
        kind, size = stream.readline(), stream.readline()
        width, height = map(int, size.split())
        stream.readline()
        if kind != b"P5\n":
            raise ValueError(f"not a grey picture at {start}")
        pages.append(Image.frombytes("L", (width, height), stream.read(width * height)))
    width, height = max(page.width for page in pages), max(page.height for page in pages)
    columns = min(COLUMNS, len(pages))
    sheet = Image.new("L", (width * columns, height * -(-len(pages) // columns)), 200)
    for index, page in enumerate(pages):
        sheet.paste(page, (index % columns * width, index // columns * height))
    return sheet


def index_of(titles: Mapping[str, str]) -> str:
    """All sheets on one page: {file's stem: what stands above its picture}."""
    pictures = (f"### {titles[stem]}\n\n![{titles[stem]}]({stem}.jpg)\n" for stem in sorted(titles))
    return (
        "# Every form as it is printed\n\nMade by `python -m tools.prints`, with answers made up.\n\n"
        + "\n".join(pictures)
    )


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codes", nargs="*")
    parser.add_argument("--to", type=Path, default=FOLDER)
    parser.add_argument("--dpi", type=int, default=34)
    told = parser.parse_args(argv)
    told.to.mkdir(parents=True, exist_ok=True)
    titles = {}
    for path in shipped_files():
        form = parse(assembled(path))
        titles[path.stem] = f"{form.code} · {form.title.text}"
        if told.codes and path.stem not in told.codes:
            continue
        sheet = sheet_of(pdf_of(form), dpi=told.dpi)
        sheet.save(told.to / f"{path.stem}.jpg", quality=40, optimize=True)
    (told.to / "README.md").write_text(index_of(titles))


if __name__ == "__main__":
    main(sys.argv[1:])
