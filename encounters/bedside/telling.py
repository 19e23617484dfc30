"""Who is told of a remark on a chart."""

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import User
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import notify, withdraw
from encounters.bedside.models import ChartRemark

REMARK = "bedside.remark"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=REMARK,
            title=_("The head nurse asks you to put something right in a chart, %(department)s"),
            body=_("What it is stands on the chart's page of checks; say so there when it is put right."),
            level=Level.ATTENTION,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD), Step(24 * 60, TOLD)),
        )
    )


def _key(remark: ChartRemark) -> str:
    return f"{REMARK}:{remark.pk}"


def tell_of_remark(remark: ChartRemark, *, by: User) -> None:
    """The nurse's inbox, with the way to the chart."""
    notify(
        kind=REMARK,
        key=_key(remark),
        facility=remark.facility,
        to=[remark.nurse],
        parameters={"department": remark.department.name},
        department=remark.department,
        about=remark,
        link=("encounters:bedside:check", remark.encounter.uuid),
        by=by,
    )


def stop_telling(remark: ChartRemark, *, by: User) -> None:
    """It is put right."""
    withdraw(key=_key(remark), facility=remark.facility, by=by)
