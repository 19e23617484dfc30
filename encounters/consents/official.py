"""The consents of Annex XXIX, circular 32/2023/TT-BYT, and how binding a confirmation each of them asks for by default.

Numbers and names are the circular's; the layouts were not compared with the printed samples yet, and the forms say so.
A confirmation that isn't a digital signature is lawful (TT 13/2025/TT-BYT Art. 3, Law 20/2023/QH15 Art. 22(4)) and weaker
than one (Art. 23): where a decision is grave, a digital signature or paper is the default. The facility may choose.
"""

from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.services import facility_setting
from emr.common.choices import OneOf, declare
from encounters.consents.models import Confirmation
from encounters.documents.confirmed import confirmed_codes

Way = Confirmation.Way
STRONG, DRAWN, ANY = "strong", "drawn", "any"
_BINDING = [Way.DIGITAL, Way.PAPER]
_AT_THE_SCREEN = [Way.DRAWN, Way.WITNESSED, Way.FINGERPRINT]
ALLOWED: dict[str, list[Way]] = {
    STRONG: [*_BINDING],
    DRAWN: [*_AT_THE_SCREEN, *_BINDING],
    ANY: [*_AT_THE_SCREEN, Way.CODE, *_BINDING],
}
_OPTIONS = [
    (STRONG, _("A digital signature or signed paper")),
    (DRAWN, _("Also a signature drawn on the screen, a witness, a fingerprint")),
    (ANY, _("Also a one-time code")),
]


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """One form: its number, what it is called on screens, what it asks for by default."""

    code: str
    title: StrOrPromise
    usual: str = DRAWN
    signer: str = "BÁC SĨ GIẢI THÍCH"


FORMS: dict[str, ConsentForm] = {
    form.code: form
    for form in (
        ConsentForm("40/BV2", _("General consent on admission"), signer="NGƯỜI CUNG CẤP THÔNG TIN"),
        ConsentForm("01/BV2", _("Surgery, procedure, anaesthesia"), STRONG),
        ConsentForm("41/BV2", _("Refusal of a service")),
        ConsentForm("46/BV2", _("Discharge against medical advice")),
        ConsentForm("45/BV2", _("Transfer to another facility")),
        ConsentForm("48/BV2", _("Chemotherapy, chemoradiotherapy"), STRONG),
        ConsentForm("49/BV2", _("Radiotherapy"), STRONG),
    )
}
# What a form of another room asks for, the daily disclosure among them.
_OTHERS = "confirm_others"


def _name(code: str) -> str:
    return f"confirm_{code.lower().replace('/', '_')}"


def declare_settings() -> None:
    """One choice a form; called once, when this module is imported."""
    for form in FORMS.values():
        declare(
            OneOf(
                name=_name(form.code),
                room="consents",
                label=format_lazy("{}: {}", form.code, form.title),
                help=_("How the patient, or who stands for them, confirms it."),
                default=form.usual,
                options=_OPTIONS,
                is_grave=form.usual == STRONG,
            )
        )
    declare(
        OneOf(
            name=_OTHERS,
            room="consents",
            label=_("Daily disclosures and other forms"),
            help=_("How the patient, or who stands for them, confirms it."),
            default=ANY,
            options=_OPTIONS,
        )
    )


def allowed_ways(facility_id: int, code: str) -> list[Way]:
    """How a form of that code may be confirmed in this facility; empty for one that isn't put before patients."""
    if code not in confirmed_codes():
        return []
    name = _name(code) if code in FORMS else _OTHERS
    return ALLOWED[facility_setting(facility_id, name)]


declare_settings()
