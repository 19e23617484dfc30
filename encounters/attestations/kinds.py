"""The kinds of papers handed out: a row each; what is written on them is their Questionnaire.

TT25: circular 25/2025/TT-BYT by the sample's number; TT01: circular 01/2025/TT-BYT by its annex. Numbers, limits and rules
of a kind are data here, the words on paper are the form's.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.choices import Whole, declare

DISCHARGE, SUMMARY, REQUEST, DEATH = "TT25-02", "TT25-03", "TT25-04", "TT25-05"
INPATIENT, SICK_LEAVE, ANTENATAL = "TT25-06", "TT25-07", "TT25-11"
APPOINTMENT, REFERRAL = "TT01-V", "TT01-VI"
_PRACTITIONER = "NGƯỜI HÀNH NGHỀ KHÁM BỆNH, CHỮA BỆNH"
_UNIT = "ĐẠI DIỆN CƠ SỞ KHÁM BỆNH, CHỮA BỆNH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `series`: the letters behind the number. `second`: the place on paper after the author's; "" has none."""

    code: str
    words: StrOrPromise
    series: str
    icon: str
    author: str = _PRACTITIONER
    second: str = _UNIT
    once: bool = False  # one that stands for a stay
    ended: bool = False  # after the patient has left alone
    death: bool = False  # after a death alone
    women: bool = False
    inpatient: bool | None = None
    leave_days: int = 0  # days of leave at most; 0: the paper gives none
    long_leave_days: int = 0  # for the diseases of `LONG_LEAVE`


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            code=DISCHARGE,
            words=pgettext_lazy("paper", "Discharge paper"),
            series="GRV",
            icon="box-arrow-right",
            once=True,
            ended=True,
            inpatient=True,
            leave_days=30,
            long_leave_days=180,
        ),
        Kind(
            code=SUMMARY,
            words=pgettext_lazy("paper", "Summary of the record"),
            series="TTBA",
            icon="file-text",
        ),
        Kind(
            code=REQUEST,
            words=pgettext_lazy("paper", "Request for the summary"),
            series="DNTT",
            icon="envelope-paper",
            author="NGƯỜI TIẾP NHẬN",
            second="",
        ),
        Kind(
            code=DEATH,
            words=pgettext_lazy("paper", "Death notice"),
            series="GBT",
            icon="file-medical",
            once=True,
            death=True,
        ),
        Kind(
            code=INPATIENT,
            words=pgettext_lazy("paper", "Inpatient confirmation"),
            series="XNNT",
            icon="hospital",
            inpatient=True,
        ),
        Kind(
            code=SICK_LEAVE,
            words=pgettext_lazy("paper", "Sick-leave certificate"),
            series="GNV",
            icon="calendar-x",
            inpatient=False,
            leave_days=30,
            long_leave_days=180,
        ),
        Kind(
            code=ANTENATAL,
            words=pgettext_lazy("paper", "Antenatal leave"),
            series="NDT",
            icon="calendar-heart",
            women=True,
            leave_days=300,
        ),
        Kind(
            code=APPOINTMENT, words=pgettext_lazy("paper", "Appointment"), series="GHK", icon="calendar-check"
        ),
        Kind(code=REFERRAL, words=pgettext_lazy("paper", "Referral"), series="PCC", icon="truck"),
    )
}
LEAVES = frozenset(code for code, kind in KINDS.items() if kind.leave_days)
ONCE = frozenset(code for code, kind in KINDS.items() if kind.once)
# Tuberculosis (A15 to A19): leave of up to 180 days at a time.
LONG_LEAVE = ("A15", "A16", "A17", "A18", "A19")
REFERRAL_WORKING_DAYS = 10
GUARDIAN_BELOW = 16

declare(
    Whole(
        name="referral_working_days",
        room="attestations",
        label=_("A referral is valid for"),
        help=_("Ten working days by circular 01/2025/TT-BYT; a year for listed diseases."),
        default=REFERRAL_WORKING_DAYS,
        least=1,
        most=60,
        unit=_("working days"),
    )
)
