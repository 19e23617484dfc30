"""Which tube a test needs, and what it is called where it hangs on the wall.

What counts is the additive; the cap's colour is its maker's. Vietnamese makers and ISO 6710:2017 differ, so a facility says
which words stand on its labels (setting `tube_colours`).
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.common.choices import OneOf, declare
from emr.common.vietnamese import fold

DOMESTIC, ISO = "domestic", "iso"
declare(
    OneOf(
        name="tube_colours",
        room="specimens",
        label=_("Colours of tubes on labels and lists"),
        help=_("The additive is named in any case; the colour of its cap differs from maker to maker."),
        default=DOMESTIC,
        options=[
            (DOMESTIC, _("Tubes made in Vietnam: EDTA blue, citrate green, heparin black")),
            (ISO, _("ISO 6710: EDTA lavender, citrate light blue, heparin green")),
            ("", _("No colour")),
        ],
    )
)


@dataclass(frozen=True, slots=True)
class Tube:
    """A vessel: `domestic` and `iso` are the colours of its cap, "" where there is no usual one. `order`: order of draw."""

    code: str
    title: StrOrPromise
    order: int
    domestic: StrOrPromise = ""
    iso: StrOrPromise = ""

    def colour(self, made: str) -> StrOrPromise:
        """The cap's colour in words, by the facility's setting."""
        return {DOMESTIC: self.domestic, ISO: self.iso}.get(made, "")


def words_of(code: str, made: str) -> str:
    """ "EDTA, blue cap": the additive, and the colour of its cap as `made` has it (setting `tube_colours`)."""
    tube = TUBES[code]
    colour = tube.colour(made)
    return f"{tube.title}, {colour}" if colour else str(tube.title)


# In the order of draw (CLSI GP41): cultures, citrate, serum, heparin, EDTA, fluoride; then what isn't drawn from a vein.
TUBES: dict[str, Tube] = {
    tube.code: tube
    for tube in (
        Tube("culture", _("Blood culture bottle"), 1),
        Tube("citrate", _("Sodium citrate"), 2, _("green cap"), _("light blue cap")),
        Tube("serum", _("Serum, no anticoagulant"), 3, _("red cap"), _("red or yellow cap")),
        Tube("heparin", _("Heparin"), 4, _("black cap"), _("green cap")),
        Tube("edta", _("EDTA"), 5, _("blue cap"), _("lavender cap")),
        Tube("fluoride", _("Fluoride"), 6, _("grey cap"), _("grey cap")),
        Tube("gas", _("Blood gas syringe"), 7),
        Tube("capillary", _("Capillary blood"), 8),
        Tube("urine", _("Urine container"), 9),
        Tube("stool", _("Stool container"), 10),
        Tube("sterile", _("Sterile container"), 11),
        Tube("swab", _("Swab"), 12),
        Tube("tissue", _("Tissue in formalin"), 13),
        Tube("other", _("Other container"), 14),
    )
}
_BY_KIND = {
    "BLD": "edta", "SER": "serum", "PLAS": "heparin", "CAP": "capillary", "UR": "urine", "STL": "stool",
    "SPT": "sterile", "CSF": "sterile", "PLR": "sterile", "PRT": "sterile", "SNV": "sterile", "WND": "swab",
    "THRT": "swab", "NPH": "swab", "VAG": "swab", "TISS": "tissue",
}  # fmt: skip
# Glucose and lactate go on being used up in the tube unless fluoride stops it; blood gases are drawn into a syringe.
_BY_LOINC = {
    **dict.fromkeys(("14749-6", "2345-7", "2339-0", "1558-6", "2524-7"), "fluoride"),
    **dict.fromkeys(("24336-0", "2744-1", "24338-6"), "gas"),
    **dict.fromkeys(("600-7", "17928-3"), "culture"),
}
_BY_GROUP = {"dong mau": "citrate"}


def tube_for(*, kind: str, group: str = "", loinc: str = "", name: str = "") -> str:
    """The tube of a test: by its LOINC code, then by its group among blood tests, then by the kind of specimen."""
    is_blood = kind in {"BLD", "PLAS", "SER", ""}
    words = fold(name)
    if "nuoi cay" in words or words.startswith("cay "):
        return "culture" if kind == "BLD" else "sterile" if kind == "UR" else _BY_KIND.get(kind, "sterile")
    if is_blood and (found := _BY_LOINC.get(loinc) or _BY_GROUP.get(fold(group))):
        return found
    return _BY_KIND.get(kind, "other")
