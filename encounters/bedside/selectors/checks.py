"""Which charts of a ward wait for the head nurse's check, and what was said of one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.bedside import permissions
from encounters.bedside.models import ChartCheck, ChartRemark
from encounters.bedside.selectors.findings import Finding, findings_of, open_remarks
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter

LEFT, HERE, CHECKED = "left", "here", "checked"
CHIPS: dict[str, StrOrPromise] = {
    LEFT: pgettext_lazy("charts", "Left, to check"),
    HERE: pgettext_lazy("charts", "Still here"),
    CHECKED: pgettext_lazy("charts", "Checked"),
}
# Who left longer ago is no longer on the ward's list; the page of the chart stays.
SINCE = dt.timedelta(days=30)


@dataclass(slots=True)
class Row:
    """One chart of the list."""

    stay: Encounter
    findings: list[Finding]
    remarks: int
    checked_at: dt.datetime | None
    checked_by: str


def stays_to_check(user: User, ward: Organization, chip: str, words: str = "") -> QuerySet[Encounter]:
    """The ward's inpatients by what the chip says; a check counts when it was made after the patient left."""
    newest = ChartCheck.objects.filter(encounter=OuterRef("pk")).order_by("-checked_at", "-pk")
    found = (
        encounters_for(user, permissions.CHECK)
        .filter(department=ward, encounter_class=Encounter.Class.INPATIENT)
        .annotate(
            checked_at=Subquery(newest.values("checked_at")[:1]),
            checked_name=Subquery(newest.values("checked_by__full_name")[:1]),
        )
        .select_related("patient", "patient__merged_into", "department")
    )
    left = Q(status=Encounter.Status.FINISHED, ended_at__gte=now() - SINCE)
    is_checked = Q(checked_at__gte=F("ended_at"))
    if chip == HERE:
        found = found.filter(status=Encounter.Status.IN_PROGRESS)
    elif chip == CHECKED:
        found = found.filter(left, is_checked)
    else:
        found = found.filter(left).filter(Q(checked_at=None) | Q(checked_at__lt=F("ended_at")))
    for word in fold(words).split():
        found = found.filter(
            Q(patient__search_name__contains=word)
            | Q(identifier__istartswith=word)
            | Q(admission_number__istartswith=word)
        )
    return found.order_by(F("ended_at").asc(nulls_last=True), "started_at", "pk")


def rows_of(stays: Sequence[Encounter]) -> list[Row]:
    """The stays of one page with what is open in each."""
    findings = findings_of(stays)
    remarks = open_remarks([stay.pk for stay in stays])
    return [
        Row(
            stay,
            findings[stay.pk],
            remarks.get(stay.pk, 0),
            stay.checked_at,  # type: ignore[attr-defined]  # annotated
            stay.checked_name or "",  # type: ignore[attr-defined]
        )
        for stay in stays
    ]


def checks_of(stay: Encounter) -> list[ChartCheck]:
    """The checks of the chart, newest first."""
    return list(ChartCheck.objects.filter(encounter=stay).select_related("checked_by"))


def remarks_of(stay: Encounter) -> list[ChartRemark]:
    """What nurses were asked to put right, the open ones first."""
    found = ChartRemark.objects.filter(encounter=stay).select_related("nurse", "made_by", "done_by")
    return sorted(found, key=lambda remark: (remark.done_at is not None, remark.made_at))
