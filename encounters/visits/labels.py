"""Wristbands and record labels: a small PDF for any printer, ZPL II for label printers.

On ZPL the Vietnamese text is drawn as graphics with the packaged font, since the printers' own fonts lack the
letters; barcodes are the printer's own, so that they stay sharp.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import fontpkg_noto_sans
import segno
import weasyprint
import zxingcpp
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from PIL import Image, ImageDraw, ImageFont
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from emr.accounts.models import Organization
from emr.common.training import ON_LABELS, is_training
from encounters.visits.models import Encounter
from patients.registry import systems
from patients.registry.age import birth_text
from patients.registry.models import Identifier

_FONT = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
DOTS = 8  # per millimetre: 203 dpi, what nearly every label printer has


@dataclass(frozen=True, slots=True)
class Size:
    """A label in millimetres."""

    width: int
    height: int


# The printable part of a usual adult wristband and newborn band, and of a sticker for record covers and tubes.
SIZES = {"wristband": Size(150, 25), "newborn": Size(90, 25), "record": Size(70, 35)}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label. `barcode` is the patient's number, `qr` the stay's code."""

    name: str
    about: str
    numbers: str
    place: str
    facility: str
    barcode: str
    qr: str


def label_of(encounter: Encounter) -> Label:
    """The words of the label: name, sex and birth, numbers, ward and day of admission. One query."""
    patient = encounter.patient
    own = Identifier.objects.filter(
        patient_id=patient.root_id, is_own=True, is_active=True, system__startswith=systems.MRN_PREFIX
    ).first()
    mrn = own.value if own else str(patient.uuid)[:8]
    numbers = [f"Mã NB {mrn}"]
    if encounter.admission_number:
        numbers.append(f"Số VV {encounter.admission_number}")
    facility: Organization = encounter.facility
    department = encounter.department.name if encounter.department else ""
    return Label(
        name=f"{ON_LABELS}: {patient.full_name}".upper() if is_training() else patient.full_name.upper(),
        about=" · ".join(part for part in (str(patient.get_sex_display()), birth_text(patient)) if part),
        numbers="   ".join(numbers),
        place=" · ".join(part for part in (department, f"{localtime(encounter.begins_at):%d/%m/%Y}") if part),
        facility=facility.name,
        barcode=mrn,
        qr=encounter.identifier,
    )


class _FontsOnly(URLFetcher):  # type: ignore[misc]
    """The packaged font and nothing else (S-39)."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url != "asset:font":
            raise ValueError("labels reach the packaged font only")
        return URLFetcherResponse(url, _FONT.read_bytes())


@lru_cache(maxsize=1)
def _fonts() -> tuple[FontConfiguration, weasyprint.CSS]:
    fonts = FontConfiguration()
    face = '@font-face { font-family: "Label"; src: url("asset:font"); font-weight: 100 900; }'
    return fonts, weasyprint.CSS(string=face, font_config=fonts, url_fetcher=_FontsOnly())


def _svg(text: str) -> SafeString:
    """The drawing alone: what stands before <svg> belongs into a file of its own."""
    return mark_safe(text[text.index("<svg") :])  # noqa: S308  our barcode writers escape


def code128(text: str) -> SafeString:
    """A Code 128 barcode as inline SVG."""
    return _svg(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_svg(add_hrt=False))


def label_pdf(label: Label, kind: str) -> bytes:
    """One page of the label's own size."""
    context = {
        "label": label,
        "kind": kind,
        "size": SIZES[kind],
        "long": len(label.name) > (18 if kind == "record" else 34),
        "barcode": code128(label.barcode),
        "qr": mark_safe(segno.make(label.qr, error="m", micro=False).svg_inline(border=0)),  # noqa: S308
    }
    return pdf_of(render_to_string("encounters/visits/label_print.html", context))


def pdf_of(html: str) -> bytes:
    """Pages of labels: HTML that names the font "Label" and reaches nothing else."""
    fonts, face = _fonts()
    document = weasyprint.HTML(string=html, url_fetcher=_FontsOnly()).render(
        stylesheets=[face], font_config=fonts
    )
    pdf: bytes = document.write_pdf()
    return pdf


@lru_cache(maxsize=16)
def _face(height: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(_FONT), height)
    font.set_variation_by_axes([100, 600])
    return font


def graphic(text: str, *, height: int, width: int, x: int, y: int) -> str:
    """A line of text as a ^GFA graphic, smaller when it is long. All lengths in dots."""
    while height > 14 and _face(height).getlength(text) > width:
        height -= 2  # a name that is cut is another name
    font = _face(height)
    wide = min(max(int(font.getlength(text)) + 2, 8), width)
    wide += -wide % 8
    image = Image.new("1", (wide, int(height * 1.4)), 1)
    ImageDraw.Draw(image).text((0, 0), text, font=font, fill=0)
    # Pillow's black is 0, the printer's is 1.
    inverted = bytes(byte ^ 0xFF for byte in image.tobytes())
    total, row = len(inverted), wide // 8
    return f"^FO{x},{y}^GFA,{total},{total},{row},{inverted.hex().upper()}^FS"


def label_zpl(label: Label, kind: str) -> str:
    """The label as ZPL II for a printer of 203 dpi; plain ASCII."""
    size = SIZES[kind]
    wide, high, margin = size.width * DOTS, size.height * DOTS, 12
    qr = 168 if kind == "wristband" else 110
    text = wide - qr - 3 * margin
    small = 22 if high >= 200 else 20
    lines = [
        (label.name, 32),
        (label.about, small),
        (label.numbers, small),
        (label.place, small),
    ]
    fields, y = [], margin
    for words, height in lines:
        fields.append(graphic(words, height=height, width=text, x=margin, y=y))
        y += int(height * 1.3)
    barcode = re.sub(r"[^A-Za-z0-9-]", "", label.barcode)
    code = re.sub(r"[^A-Za-z0-9-]", "", label.qr)
    bars = max(high - y - margin, 24)
    fields.append(f"^FO{margin},{y + 4}^BY2^BCN,{bars},N,N,N^FD{barcode}^FS")
    scale = 7 if kind == "wristband" else 4
    fields.append(f"^FO{wide - qr - margin},{margin}^BQN,2,{scale}^FDMA,{code}^FS")
    return "\n".join(["^XA", "^CI28", f"^PW{wide}", f"^LL{high}", "^LH0,0", *fields, "^PQ1", "^XZ", ""])
