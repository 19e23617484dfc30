"""HTML to PDF/A-2b. Only what is packaged with the product can be reached; the same input gives the same bytes."""

import contextlib
import datetime as dt
import io
import logging
import os
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import segno
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from emr.common.training import is_training
from encounters.documents.confirmed import PLACE
from encounters.documents.marks import read_mark, version_mark
from encounters.documents.signers import at_the_end

_PRINT = Path(settings.BASE_DIR) / "static" / "print"
PDF_VARIANT = "pdf/a-2b"
# The font library stamps each subset with the present second, unless reproducible builds' variable names another.
os.environ.setdefault("SOURCE_DATE_EPOCH", "1767200400")


class Refused(ValueError):
    """A print asked for something that isn't packaged (S-39)."""


class PackagedAssets(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """`asset:print/…`, and `asset:mark/…` for a page's code: no network, no file of the machine, no way out."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        folder, _, name = unquote(parts.path).partition("/")
        if parts.scheme == "asset" and folder == "mark":
            return URLFetcherResponse(url, _mark_svg(name), {"Content-Type": "image/svg+xml"})
        if parts.scheme != "asset" or parts.netloc or folder != "print":
            raise Refused("prints reach packaged assets only")
        path = (_PRINT / name).resolve()
        if not path.is_relative_to(_PRINT.resolve()) or not path.is_file():
            raise Refused("prints reach packaged assets only")
        return URLFetcherResponse(url, path.read_bytes())


FORM = ("form.css",)
SHEETS = ("form.css", "sheets.css")
SCANS = ("form.css", "scan.css")
OVERLAY = ("mark.css",)  # laid over pages that have their own

# WeasyPrint tells its progress through this logger alone: a line a step, and one for each page laid out.
_PROGRESS = logging.getLogger("weasyprint.progress")
_PROGRESS.propagate = False


class _Steps(logging.Handler):
    def __init__(self, on_step: Callable[[int], None]) -> None:
        super().__init__(logging.INFO)
        self.on_step = on_step
        self.thread = threading.get_ident()
        self.pages = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            if "Page" in record.msg and isinstance(record.args, tuple):
                self.pages = int(str(record.args[0]))
            self.on_step(self.pages)


@contextlib.contextmanager
def steps_told(on_step: Callable[[int], None]) -> Iterator[None]:
    """Call `on_step(pages laid out so far)` at each step of a rendering in this thread; what it raises ends that."""
    handler = _Steps(on_step)
    level = _PROGRESS.level
    _PROGRESS.addHandler(handler)
    _PROGRESS.setLevel(logging.INFO)
    try:
        yield
    finally:
        _PROGRESS.removeHandler(handler)
        if not _PROGRESS.handlers:
            _PROGRESS.setLevel(level)


@lru_cache(maxsize=8)
def _stylesheet(names: tuple[str, ...]) -> tuple[weasyprint.CSS, FontConfiguration]:
    fonts = FontConfiguration()
    css = weasyprint.CSS(
        string="\n".join((_PRINT / name).read_text(encoding="utf-8") for name in names),
        font_config=fonts,
        url_fetcher=PackagedAssets(),
        base_url="asset:print/",
    )
    return css, fonts


def _mark_svg(text: str) -> bytes:
    """The code of a page as an SVG file, 12 mm wide or a little less: three dots of a scanner at 200 dpi a module."""
    code = segno.make(text, error="m", micro=False)
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", scale=12 / code.symbol_size(border=2)[0], border=2, unit="mm")
    return buffer.getvalue()


# Pages further on carry the code of the version without their number.
_NUMBERED = range(1, 41)


def page_marks(verify_code: str) -> list[tuple[str, str]]:
    """(which pages in CSS, address of the code in their corner): every page of a version's print says what it is of."""
    numbered = [(f":nth({page})", f"asset:mark/{version_mark(verify_code, page)}") for page in _NUMBERED]
    return [("", f"asset:mark/{version_mark(verify_code)}"), *numbered]


def qr_svg(text: str) -> SafeString:
    """A QR code as inline SVG, error correction M."""
    return mark_safe(segno.make(text, error="m", micro=False).svg_inline(scale=2, border=1))  # noqa: S308  segno escapes


def render_pdf(
    html: str, *, identifier: bytes, stylesheets: tuple[str, ...] = FORM, variant: str = PDF_VARIANT
) -> bytes:
    """PDF/A-2b of the page (or `variant`). `identifier` (16 bytes) becomes the file's ID: the same input, the same bytes.

    Raises Refused when the page names anything that isn't packaged.
    """
    if is_training() and stylesheets != OVERLAY:
        stylesheets = (*stylesheets, "training.css")
    css, fonts = _stylesheet(stylesheets)
    document = weasyprint.HTML(string=html, base_url="asset:print/", url_fetcher=PackagedAssets()).render(
        stylesheets=[css], font_config=fonts
    )
    pdf: bytes = document.write_pdf(pdf_variant=variant, pdf_identifier=identifier)
    return pdf


def render_version_html(composition: dict[str, Any], *, body: SafeString, frozen_at: dt.datetime) -> str:
    """The official form around a body: national heading, facility, form code, QR, page x of y, places to sign."""
    header = composition["header"]
    mark = read_mark(header["verify_text"])
    context = {
        "header": header,
        "marks": page_marks(mark.verify_code) if mark is not None else [],
        "body": body,
        "frozen_at": frozen_at,
        "qr": qr_svg(header["verify_text"]),
        "signers": at_the_end(composition.get("signers", [])),
        "late_reason": composition.get("late_reason", ""),
        "entered_at": parse_datetime(composition.get("entered_at", "")) or frozen_at,
        "amend_reason": composition.get("amend_reason", ""),
        "overruled": [words for _key, words in composition.get("overruled", [])],
        "overruling": composition.get("overruling", ""),
        "patient_place": PLACE if composition.get("asks_patient") else "",
    }
    return render_to_string("encounters/documents/print.html", context)
