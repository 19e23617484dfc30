"""Labels of doses: whose, when, what, how much, in words and as a barcode. PDF, a page a label, or ZPL II."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from emr.terminology.selectors import displays
from encounters.medicines.models import DueDose
from encounters.medicines.selectors.doses import alert_codes
from encounters.orders.wording import number_text
from encounters.visits.labels import DOTS, Size, code128, graphic, label_of, pdf_of

SIZE = Size(50, 30)
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class DoseLabel:
    """What stands on a dose's label; `alert` is "" for most medicines."""

    name: str
    about: str
    number: str
    when: str
    what: str
    how: str
    alert: str
    place: str
    barcode: str


def dose_labels(doses: Sequence[DueDose]) -> list[DoseLabel]:
    """The words of the labels. One query a patient, two for all."""
    names = displays(
        {("dose-unit", dose.unit) for dose in doses}
        | {("medicine-route", dose.order.route) for dose in doses}
    )
    alert = alert_codes({dose.order.code for dose in doses if dose.order.code})
    people = {
        dose.encounter_id: label_of(dose.encounter) for dose in {d.encounter_id: d for d in doses}.values()
    }
    labels = []
    for dose in doses:
        person, order = people[dose.encounter_id], dose.order
        unit = names.get(("dose-unit", dose.unit), dose.unit)
        # Never a number for what a measured value decides: the label is printed hours before.
        how_much = _("by the scale, at the bed") if order.scale else f"{number_text(dose.amount)} {unit}"
        how = [how_much, names.get(("medicine-route", order.route), order.route)]
        how += [part for part in (order.diluent, order.rate) if part]
        text = order.text if len(order.text) <= _LONGEST else f"{order.text[: _LONGEST - 1]}…"
        labels.append(
            DoseLabel(
                name=person.name,
                about=person.about,
                number=_("Patient no. %(number)s") % {"number": person.barcode},
                when=f"{localtime(dose.due_at):%H:%M %d/%m}",
                what=text,
                how=" · ".join(how),
                alert=_("HIGH ALERT") if order.code in alert else "",
                place=person.place.split(" · ", maxsplit=1)[0],
                barcode=dose.number,
            )
        )
    return labels


def labels_pdf(labels: Sequence[DoseLabel]) -> bytes:
    """A page a label, each of the label's own size."""
    shown = [
        {"label": label, "barcode": code128(label.barcode), "long": len(label.name) > 22} for label in labels
    ]
    return pdf_of(render_to_string("encounters/medicines/label_print.html", {"labels": shown, "size": SIZE}))


def labels_zpl(labels: Sequence[DoseLabel]) -> str:
    """The labels one after the other for a printer of 203 dpi; plain ASCII."""
    return "".join(_zpl(label) for label in labels)


def _zpl(label: DoseLabel) -> str:
    wide, high, margin = SIZE.width * DOTS, SIZE.height * DOTS, 10
    text = wide - 2 * margin
    lines = [
        (label.name, 24),
        (f"{label.about} · {label.number}", 18),
        (f"{label.when} · {label.place}", 22),
        (" ".join(part for part in (label.alert, label.what) if part), 20),
        (label.how, 18),
    ]
    fields, y = [], margin - 6
    for words, height in lines:
        fields.append(graphic(words, height=height, width=text, x=margin, y=y))
        y += int(height * 1.25)
    code = re.sub(r"[^A-Za-z0-9-]", "", label.barcode)
    bars = max(high - y - 30, 40)
    fields.append(f"^FO{margin},{y + 2}^BY2^BCN,{bars},N,N,N^FD{code}^FS")
    fields.append(graphic(code, height=16, width=text, x=margin, y=y + bars + 4))
    return "\n".join(["^XA", "^CI28", f"^PW{wide}", f"^LL{high}", "^LH0,0", *fields, "^PQ1", "^XZ", ""])
