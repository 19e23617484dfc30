"""`python -m tools.prints [CODE …] [--to FOLDER] [--dpi N]`: a contact sheet of each form's print, with answers made up.

Needs pdftoppm (poppler-utils). One JPEG a form, its pages side by side, small enough for the docs.
"""

import argparse
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

from encounters.designing.preview import as_pdf  # noqa: E402
from encounters.forms.engine import parse  # noqa: E402
from encounters.forms.shipped import assembled, shipped_files  # noqa: E402

FOLDER = Path(__file__).parents[1] / "docs" / "forms"
COLUMNS = 4


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
        sheet = sheet_of(as_pdf(form, code=form.code), dpi=told.dpi)
        sheet.save(told.to / f"{path.stem}.jpg", quality=40, optimize=True)
    (told.to / "README.md").write_text(index_of(titles))


if __name__ == "__main__":
    main(sys.argv[1:])
