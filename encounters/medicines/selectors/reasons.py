"""Why a dose isn't given: the facility's list."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import Reasons, Whole, declare

declare(
    Reasons(
        name="not_given_reasons",
        room="medicines",
        label=_("Why a dose isn't given"),
        default=[
            ["refused", "Người bệnh từ chối"],
            ["away", "Người bệnh đi làm thủ thuật, xét nghiệm"],
            ["fasting", "Nhịn ăn, không uống được"],
            ["vomiting", "Nôn, không nuốt được"],
            ["signs", "Dấu hiệu sống không cho phép"],
            ["reaction", "Nghi phản ứng thuốc"],
            ["no-line", "Không có đường truyền"],
            ["no-supply", "Không có thuốc"],
            ["told", "Bác sĩ dặn tạm ngừng"],
        ],
    )
)
declare(
    Whole(
        name="dose_late_minutes",
        room="medicines",
        label=_("A dose is late after"),
        default=60,
        least=10,
        most=240,
        unit=pgettext_lazy("unit", "minutes"),
    )
)
declare(
    Whole(
        name="dose_missed_hours",
        room="medicines",
        label=_("A dose that nobody answered counts as missed after"),
        default=6,
        least=1,
        most=24,
        unit=pgettext_lazy("unit", "hours"),
    )
)


def not_given_reasons(facility_id: int) -> list[tuple[str, str]]:
    """(code, words), in the facility's order."""
    return [(code, words) for code, words in facility_setting(facility_id, "not_given_reasons")]


def reason_names(facility_id: int) -> dict[str, str]:
    """Every code that an answer may have, in words: the facility's, and ours for what a scale leaves out."""
    return dict(not_given_reasons(facility_id)) | {"scale": str(_("Left out by the scale"))}


def late_minutes(facility_id: int) -> int:
    """After how many minutes a dose is late."""
    return int(facility_setting(facility_id, "dose_late_minutes"))


def missed_hours(facility_id: int) -> int:
    """After how many hours a dose that nobody answered is missed."""
    return int(facility_setting(facility_id, "dose_missed_hours"))
