"""The vital signs that a ward takes: LOINC code, UCUM unit, what is possible, what is usual for an adult."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class VitalSign:
    """`possible` is refused outside, `usual` is asked about ("38,5 or 385?"). Both are in `unit`, and so is `step`: a change
    within a day that is asked about; None: any. `answers` are the words of a sign that is chosen, by its number.
    """

    name: str
    loinc: str
    title: StrOrPromise
    unit: str
    ucum: str
    decimals: int
    possible: tuple[Decimal, Decimal]
    usual: tuple[Decimal, Decimal]
    step: Decimal | None = None
    answers: tuple[StrOrPromise, ...] = ()

    def words(self, value: Decimal) -> str:
        """The value as it is written, without its unit: 37,5; the word of one that is chosen."""
        if self.answers:
            return str(self.answers[int(value)])
        return f"{value:.{self.decimals}f}".replace(".", ",")


def _sign(  # noqa: PLR0917  rows of a table
    name: str,
    loinc: str,
    title: StrOrPromise,
    unit: str,
    ucum: str,
    decimals: int,
    possible: tuple[str, str],
    usual: tuple[str, str],
    step: str = "",
    answers: tuple[StrOrPromise, ...] = (),
) -> VitalSign:
    low, high = (Decimal(part) for part in possible)
    usual_low, usual_high = (Decimal(part) for part in usual)
    largest = Decimal(step) if step else None
    return VitalSign(
        name, loinc, title, unit, ucum, decimals, (low, high), (usual_low, usual_high), largest, answers
    )


# FHIR vital signs profile: http://hl7.org/fhir/R4/observation-vitalsigns.html
VITAL_SIGNS: dict[str, VitalSign] = {
    sign.name: sign
    for sign in (
        _sign("pulse", "8867-4", _("Pulse"), "/ph", "/min", 0, ("0", "350"), ("40", "160"), "60"),
        _sign("temperature", "8310-5", _("Temperature"), "°C", "Cel", 1, ("25", "45"), ("35", "41"), "2.5"),
        _sign(
            "systolic",
            "8480-6",
            _("Systolic pressure"),
            "mmHg",
            "mm[Hg]",
            0,
            ("0", "350"),
            ("70", "220"),
            "60",
        ),
        _sign(
            "diastolic",
            "8462-4",
            _("Diastolic pressure"),
            "mmHg",
            "mm[Hg]",
            0,
            ("0", "250"),
            ("35", "130"),
            "50",
        ),
        _sign(
            "respiration", "9279-1", _("Breathing rate"), "/ph", "/min", 0, ("0", "120"), ("8", "40"), "20"
        ),
        _sign("oxygen", "59408-5", _("SpO2"), "%", "%", 0, ("0", "100"), ("85", "100"), "10"),
        _sign("weight", "29463-7", _("Weight"), "kg", "kg", 1, ("0.2", "400"), ("2", "150"), "5"),
        _sign("height", "8302-2", _("Height"), "cm", "cm", 0, ("20", "260"), ("45", "200")),
    )
}
# ACVPU as in NEWS2 (Royal College of Physicians 2017), by its number.
CONSCIOUSNESS = (
    pgettext_lazy("consciousness", "Alert"),
    pgettext_lazy("consciousness", "New confusion"),
    pgettext_lazy("consciousness", "Answers to voice"),
    pgettext_lazy("consciousness", "Answers to pain"),
    pgettext_lazy("consciousness", "Unresponsive"),
)
EFFORT = (
    pgettext_lazy("breathing", "Normal"),
    pgettext_lazy("breathing", "Slightly laboured"),
    pgettext_lazy("breathing", "Laboured"),
    pgettext_lazy("breathing", "Very laboured, or pauses"),
)
# What is taken beside them of whoever needs it. Oxygen flow 0 is room air.
MORE_SIGNS: dict[str, VitalSign] = {
    sign.name: sign
    for sign in (
        _sign("oxygen_flow", "3151-8", _("Oxygen given"), "L/ph", "L/min", 1, ("0", "100"), ("0", "15")),
        _sign(
            "consciousness",
            "67775-7",
            _("Consciousness"),
            "",
            "{score}",
            0,
            ("0", "4"),
            ("0", "4"),
            "",
            CONSCIOUSNESS,
        ),
        _sign("pain", "72514-3", _("Pain"), "/10", "{score}", 0, ("0", "10"), ("0", "10")),
        _sign("eyes", "9267-6", _("Glasgow: eyes"), "/4", "{score}", 0, ("1", "4"), ("1", "4")),
        _sign("speech", "9270-0", _("Glasgow: speech"), "/5", "{score}", 0, ("1", "5"), ("1", "5")),
        _sign("movement", "9268-4", _("Glasgow: movement"), "/6", "{score}", 0, ("1", "6"), ("1", "6")),
        _sign(
            "glucose",
            "14743-9",
            _("Capillary glucose"),
            "mmol/L",
            "mmol/L",
            1,
            ("0.5", "60"),
            ("3", "22"),
        ),
        _sign("refill", "44963-7", _("Capillary refill"), "s", "s", 1, ("0", "20"), ("0", "8")),
        # LOINC has no code for it that we know of: ours.
        _sign(
            "effort",
            "x-breathing-effort",
            _("Work of breathing"),
            "",
            "{score}",
            0,
            ("0", "3"),
            ("0", "3"),
            "",
            EFFORT,
        ),
    )
}
SIGNS = VITAL_SIGNS | MORE_SIGNS
BY_LOINC = {sign.loinc: sign for sign in SIGNS.values()}
