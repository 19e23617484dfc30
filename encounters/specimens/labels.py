"""Labels of tubes: a PDF with a page a label for any printer, ZPL II for label printers.

What must stand on a tube: two things that tell the patient (name and number, and the birth date beside them), the tube's own
number as a barcode, what it is for, and which tube it is, in words (never by colour alone).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from emr.accounts.services import facility_setting
from encounters.orders.models import ServiceRequest
from encounters.specimens.models import Specimen
from encounters.specimens.selectors.wanted import RANKS
from encounters.specimens.tubes import words_of
from encounters.visits.labels import DOTS, Size, code128, graphic, label_of, pdf_of

SIZE = Size(50, 25)
_MOST_TESTS = 60


@dataclass(frozen=True, slots=True)
class TubeLabel:
    """What stands on a tube's label; `urgent` is "" for a routine one."""

    name: str
    about: str
    number: str
    tube: str
    tests: str
    place: str
    urgent: str
    barcode: str


def tube_label(specimen: Specimen) -> TubeLabel:
    """The words of one label. A few queries."""
    person = label_of(specimen.encounter)
    requests = [
        test.request
        for test in specimen.tests.select_related("request").filter(is_current=True).order_by("pk")
    ]
    tests = "; ".join(request.code or request.text for request in requests)
    priority = min((r.priority for r in requests), key=lambda code: RANKS[code], default="routine")
    place = [person.place.split(" · ", maxsplit=1)[0]]
    if specimen.due_at:
        place.append(f"{localtime(specimen.due_at):%H:%M %d/%m}")
    return TubeLabel(
        name=person.name,
        about=person.about,
        number=_("Patient no. %(number)s") % {"number": person.barcode},
        tube=words_of(specimen.tube, str(facility_setting(specimen.facility_id, "tube_colours"))),
        tests=tests if len(tests) <= _MOST_TESTS else f"{tests[: _MOST_TESTS - 1]}…",
        place=" · ".join(part for part in place if part),
        urgent="" if priority == "routine" else str(ServiceRequest.Priority(priority).label).upper(),
        barcode=specimen.accession_number,
    )


def labels_pdf(labels: Sequence[TubeLabel]) -> bytes:
    """A page a label, each of the label's own size."""
    shown = [
        {"label": label, "barcode": code128(label.barcode), "long": len(label.name) > 22} for label in labels
    ]
    return pdf_of(render_to_string("encounters/specimens/label_print.html", {"labels": shown, "size": SIZE}))


def labels_zpl(labels: Sequence[TubeLabel]) -> str:
    """The labels one after the other for a printer of 203 dpi; plain ASCII."""
    return "".join(_zpl(label) for label in labels)


def _zpl(label: TubeLabel) -> str:
    wide, high, margin = SIZE.width * DOTS, SIZE.height * DOTS, 10
    text = wide - 2 * margin
    lines = [
        (label.name, 24),
        (f"{label.about} · {label.number}", 18),
        (" · ".join(part for part in (label.urgent, label.tube) if part), 20),
        (label.tests, 16),
    ]
    fields, y = [], margin - 6
    for words, height in lines:
        fields.append(graphic(words, height=height, width=text, x=margin, y=y))
        y += int(height * 1.25)
    code = re.sub(r"[^A-Za-z0-9-]", "", label.barcode)
    foot = 18
    bars = max(high - y - foot - 8, 40)
    fields.append(f"^FO{margin},{y + 2}^BY2^BCN,{bars},N,N,N^FD{code}^FS")
    foot_words = " · ".join(part for part in (code, label.place) if part)
    fields.append(graphic(foot_words, height=16, width=text, x=margin, y=y + bars + 4))
    return "\n".join(["^XA", "^CI28", f"^PW{wide}", f"^LL{high}", "^LH0,0", *fields, "^PQ1", "^XZ", ""])
